r"""StarINN: the invertible network that merges cover and secret, and parts them again.

.. math::
    [u_0; v_0] &= [T(c); S(s)], \qquad T = D \, W \, C \\
    w &= A_k (e^{a_k} \odot [u; v] + b_k), \qquad [p; q] = w, \qquad p' = p \odot e^{\sigma(r)} + t,
    \quad (r, t) = f_k(q) \\
    y &= T^{-1}(u_K), \qquad z = v_K

with cover :math:`c`, secret :math:`s`, colour transform :math:`C`, wavelet :math:`W`, colour strengths
:math:`D`; per block an ActNorm :math:`(a_k, b_k)`, an invertible 1x1 convolution :math:`A_k` and an affine
coupling with conditioner :math:`f_k`. The stego :math:`y` is what is saved, the residual :math:`z` is what is
lost; extraction runs the same chain backwards with :math:`z = 0`. One more ActNorm closes the chain.

A secret in colour passes through :math:`S = T`. A grey one is luma already: its :math:`S` only centres it, and
it adds a third as many channels. The couplings split the channels in two equal halves :math:`p, q`, which with a
secret in colour are cover and secret; with a grey one, two thirds of the cover, and the rest.

The halves take turns in changing instead of changing places, which is the same chain up to a relabelling and
makes a fresh network the identity (stego = cover) for any number of blocks.
"""

from __future__ import annotations

from copy import deepcopy
from typing import cast, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from liftveil.config import ModelConfig
from liftveil.invertible import (
    ActNorm,
    AffineCoupling,
    ColourStrength,
    Folded,
    GreyCentring,
    Invertible,
    Mixing,
    Sequence,
    Wavelet,
    mixing,
)
from liftveil.invertible import colour as colour_transform
from liftveil.invertible.base import Activation
from liftveil.invertible.coupling import Half
from liftveil.networks.subnets import CONDITIONERS, DepthwiseConv, MatrixConv
from liftveil.shaping import NoiseShaper
from liftveil.wavelets import SCHEMES

Cover = Float[Tensor, "batch 3 height width"]
Secret = Float[Tensor, "batch channel height width"]


@final
class FlowBlock(Invertible):
    """ActNorm, invertible 1x1 convolution, affine coupling.

    The first two are one affine map of the channels, so they are computed as one convolution.

    Args:
        normalisation: The ActNorm.
        mix: The 1x1 convolution.
        coupling: The coupling.
    """

    def __init__(self, normalisation: ActNorm, mix: Mixing, coupling: AffineCoupling) -> None:
        super().__init__()
        self.normalisation = normalisation
        self.mix = mix
        self.coupling = coupling

    def forward(self, x: Activation) -> Activation:
        """One block of the chain."""
        matrix = self.mix.matrix()
        weight = matrix * self.normalisation.log_scale.exp()
        bias = matrix @ self.normalisation.bias
        coupled: Tensor = self.coupling(functional.conv2d(x, weight[:, :, None, None], bias))
        return coupled

    def inverse(self, y: Activation) -> Activation:
        """The block undone."""
        scale = (-self.normalisation.log_scale).exp()
        weight = scale[:, None] * self.mix.inverse_matrix()
        bias = -scale * self.normalisation.bias
        return functional.conv2d(self.coupling.inverse(y), weight[:, :, None, None], bias)

    def log_abs_det(self, x: Activation) -> Float[Tensor, " batch"]:
        """Sum of the three steps."""
        return self.unfused().log_abs_det(x)

    def unfused(self) -> Sequence:
        """The same map as three separate steps, sharing the parameters."""
        return Sequence(self.normalisation, self.mix, self.coupling)


@final
class StarINN(nn.Module):
    """Cover and secret to stego and residual, and back.

    Pictures are float tensors in grey levels, 0..255, whose height and width are multiples of
    :attr:`multiple`; nothing is rounded here. A secret has three channels, or one if the configuration says so.

    Args:
        config: Sizes and choices; see :class:`liftveil.config.ModelConfig`.

    Attributes:
        rounding_metric: What errors of the stego cost, for :class:`liftveil.shaping.NoiseShaper`; the identity, which
            rounds to the nearest, until training finds better.
    """

    rounding_metric: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.cover_channels = 3 * 4**config.levels
        self.secret_channels = config.secret_channels * 4**config.levels
        self.transform: Invertible = self._transform(colour_transform(config.colour), config.chroma_strength)
        grey = config.secret_channels == 1
        self.grey_transform: Invertible | None = self._transform(GreyCentring(), None) if grey else None
        blocks = (self._block(index) for index in range(config.blocks))
        self.chain = Sequence(*blocks, ActNorm(self.cover_channels + self.secret_channels))
        self.register_buffer("rounding_metric", torch.eye(NoiseShaper.BLOCK_SAMPLES))

    @property
    def secret_transform(self) -> Invertible:
        """What secrets pass through: the covers' transform, or one of their own if they are grey."""
        return self.transform if self.grey_transform is None else self.grey_transform

    @property
    def multiple(self) -> int:
        """What height and width must be divisible by."""
        return int(2**self.config.levels)

    def padded(self, side: int) -> int:
        """The side that a picture has to be padded to.

        Args:
            side: Height or width in pixels.

        Returns:
            The next multiple of :attr:`multiple`.
        """
        return -(-side // self.multiple) * self.multiple

    @property
    def reach_px(self) -> int:
        """An upper bound on how far away, in pixels, a pixel can matter to another one's result."""
        convolutions = (MatrixConv, DepthwiseConv)
        cells = sum(module.size // 2 for module in self.chain.modules() if isinstance(module, convolutions))
        scheme_px = SCHEMES[self.config.wavelet].reach * (self.multiple - 1)
        return (cells + 1) * self.multiple + 2 * scheme_px

    def embed(self, cover: Cover, secret: Secret) -> tuple[Cover, Activation]:
        """Merge two pictures.

        Args:
            cover: Grey levels in 0..255.
            secret: Grey levels in 0..255, of the same size.

        Returns:
            Stego in grey levels, neither rounded nor clipped, and the residual that extraction will lack.
        """
        kept, residual = self._split(self.chain(self._entering(cover, secret)))
        return self.transform.inverse(kept), residual

    def extract(self, stego: Cover, residual: Activation | None = None) -> Secret:
        """Get the secret back.

        Args:
            stego: Grey levels in 0..255.
            residual: What :meth:`embed` returned beside the stego; None for zeros, as when only the file is
                there.

        Returns:
            The recovered secret in grey levels, neither rounded nor clipped.
        """
        return self.part(stego, residual)[1]

    def part(self, stego: Cover, residual: Activation | None = None) -> tuple[Cover, Secret]:
        """The whole inverse: cover and secret.

        Args:
            stego: Grey levels in 0..255.
            residual: As in :meth:`extract`.

        Returns:
            Cover and secret in grey levels.
        """
        kept = self.transform(stego)
        lost = torch.zeros_like(kept[:, : self.secret_channels]) if residual is None else residual
        cover, secret = self._split(self.chain.inverse(torch.cat((kept, lost), dim=1)))
        return self.transform.inverse(cover), self.secret_transform.inverse(secret)

    def shaper(self, *, reduced: bool = True) -> NoiseShaper | None:
        """What rounds the stegos of this network: with shaped noise, or None to the nearest.

        Args:
            reduced: Whether to take the time for a reduced basis, which rounds better.
        """
        metric = self.rounding_metric.double().cpu().numpy()
        return None if np.array_equal(metric, np.eye(len(metric))) else NoiseShaper(metric, reduced=reduced)

    def log_abs_det(self, cover: Cover, secret: Secret) -> Float[Tensor, " batch"]:
        """Log-determinant of the map from (cover, secret) to (stego, residual)."""
        # The covers' transform is affine, so what it adds at the entry is what it takes away at the exit.
        return self.secret_transform.log_abs_det(secret) + self.chain.log_abs_det(self._entering(cover, secret))

    @torch.no_grad()
    def normalise(self, cover: Cover, secret: Secret) -> None:
        """Data-dependent start: the first ActNorm normalises a fixed sample, the closing one undoes it.

        Since every other step is the identity then, all blocks see normalised channels and the chain still
        starts at stego = cover.

        Args:
            cover: A fixed, seeded sample of covers, the same in every process.
            secret: Secrets for them.
        """
        opening, *_, closing = self.chain
        cast("FlowBlock", opening).normalisation.normalise(self._entering(cover, secret))
        cast("ActNorm", closing).undo(cast("FlowBlock", opening).normalisation)

    def recompute(self, on: bool) -> None:
        """Choose whether the chain's gradients are taken by reconstruction instead of from stored activations.

        Args:
            on: Off at first, and in frozen copies; see :mod:`liftveil.invertible.recompute`.
        """
        self.chain.recompute = on

    def frozen(self) -> StarINN:
        """A copy for inference: 1x1 convolutions are computed once, and Haar wavelets are folded with their colours."""
        copy = deepcopy(self).eval().requires_grad_(False)
        copy.recompute(False)
        for block in copy.modules():
            if isinstance(block, FlowBlock):
                block.mix = block.mix.frozen()
        if self.config.wavelet == "haar" and self.config.wavelet_mode == "float":
            copy.transform = Folded(copy.transform, channels=3, side=self.multiple)
            if copy.grey_transform is not None:
                copy.grey_transform = Folded(copy.grey_transform, channels=1, side=self.multiple)
        return copy

    def _transform(self, colours: Invertible, chroma_strength: float | None) -> Sequence:
        """Colour transform, wavelet and strengths; without a chroma strength, for one channel of luma."""
        config = self.config
        count = 1 if chroma_strength is None else 3
        return Sequence(
            colours,
            Wavelet(config.wavelet, levels=config.levels, mode=config.wavelet_mode, colours=count),
            ColourStrength(
                count * 4**config.levels,
                luma=config.luma_strength,
                chroma=chroma_strength,
                learned=config.learned_strengths,
            ),
        )

    def _block(self, index: int) -> FlowBlock:
        config, channels = self.config, self.cover_channels + self.secret_channels
        conditioner = CONDITIONERS[config.conditioner](channels // 2, channels, config.width)
        changes: Half = "first" if index % 2 == 0 else "second"
        coupling = AffineCoupling(conditioner, changes=changes, bound=config.scale_bound)
        return FlowBlock(ActNorm(channels), mixing(config.mixing, channels), coupling)

    def _entering(self, cover: Cover, secret: Secret) -> Activation:
        """Both pictures as the channels that enter the chain."""
        if self.grey_transform is None:  # one batch, which is quicker than two
            return torch.cat(self.transform(torch.cat((cover, secret))).chunk(2), dim=1)
        return torch.cat((self.transform(cover), self.grey_transform(secret)), dim=1)

    def _split(self, channels: Activation) -> tuple[Activation, Activation]:
        """The cover's (or the stego's) channels, and the secret's (or the residual's)."""
        first, second = torch.split(channels, [self.cover_channels, self.secret_channels], dim=1)
        return first, second
