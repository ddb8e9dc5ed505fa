r"""Conditioners: the ordinary networks inside the couplings, from half the channels to scale and shift.

Each starts at zero output, so that its coupling starts as the identity. Nothing in them depends on other
samples of the batch, nor on randomness: the same function must come out at embedding and at extraction.

References:
    Ma et al., "Rewrite the Stars", CVPR 2024 (the star operation: an element-wise product of two branches).
    Liu et al., "A ConvNet for the 2020s", CVPR 2022 (a depthwise 7x7 convolution, then products over channels).
    Chen et al., "Simple Baselines for Image Restoration", ECCV 2022 (NAFNet: a gate instead of a nonlinearity).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, cast, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from liftveil.invertible.base import Activation

_SLOPE = 0.1

_LIMIT = 10.0
"""Bound on what a conditioner is shown, in deviations of a channel.

Wavelet coefficients have heavy tails. Without a bound, the rare edge of twenty deviations drove the product of
the star's branches, and with it the stego, far out of range. Nothing is lost: a conditioner need not be
invertible.
"""


@final
class MatrixConv(nn.Module):
    """A convolution whose kernel is stored as the matrix (outputs, size * size * inputs).

    As a matrix it suits optimisers that orthogonalise matrices, and seen as a kernel it lies in memory the way
    channels-last activations want it.

    Args:
        inputs: Channels read.
        outputs: Channels written.
        size: Side of the kernel, odd; the border is padded with zeros.
    """

    def __init__(self, inputs: int, outputs: int, size: int) -> None:
        super().__init__()
        self.inputs = inputs
        self.size = size
        bound = (inputs * size * size) ** -0.5
        self.weight = nn.Parameter(torch.empty(outputs, size * size * inputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Activation) -> Activation:
        """Convolve."""
        kernel = self.weight.view(-1, self.size, self.size, self.inputs).permute(0, 3, 1, 2)
        return functional.conv2d(x, kernel, self.bias, padding=self.size // 2)

    def zeroed(self) -> MatrixConv:
        """Itself, with a kernel of zeros."""
        nn.init.zeros_(self.weight)
        return self


@final
class DepthwiseConv(nn.Module):
    """A convolution of each channel with a kernel of its own.

    Args:
        channels: Channels read and written.
        size: Side of the kernels, odd; the border is padded with zeros.
    """

    def __init__(self, channels: int, size: int) -> None:
        super().__init__()
        self.channels = channels
        self.size = size
        self.weight = nn.Parameter(torch.empty(channels, 1, size, size).uniform_(-1 / size, 1 / size))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Activation) -> Activation:
        """Convolve."""
        return functional.conv2d(x, self.weight, self.bias, padding=self.size // 2, groups=self.channels)


@final
class PlainConditioner(nn.Module):
    """3x3 convolution, residual 3x3 convolution, 3x3 convolution.

    Args:
        inputs: Channels of the given half.
        outputs: Channels of scale and shift together.
        width: Channels in between.
    """

    def __init__(self, inputs: int, outputs: int, width: int) -> None:
        super().__init__()
        self.entry = MatrixConv(inputs, width, 3)
        self.middle = MatrixConv(width, width, 3)
        self.exit = MatrixConv(width, outputs, 3).zeroed()

    def forward(self, x: Activation) -> Activation:
        """Scale and shift."""
        x = functional.leaky_relu(self.entry(x.clamp(-_LIMIT, _LIMIT)), _SLOPE)
        x = x + functional.leaky_relu(self.middle(x), _SLOPE)
        return cast(Tensor, self.exit(x))


@final
class StarConditioner(nn.Module):
    """3x3 convolution, residual star block (product of two 1x1 branches), 3x3 convolution.

    Args:
        inputs: Channels of the given half.
        outputs: Channels of scale and shift together.
        width: Channels in between; each branch of the star has twice as many.
    """

    def __init__(self, inputs: int, outputs: int, width: int) -> None:
        super().__init__()
        self.entry = MatrixConv(inputs, width, 3)
        self.branches = MatrixConv(width, 4 * width, 1)
        self.join = MatrixConv(2 * width, width, 1)
        self.exit = MatrixConv(width, outputs, 3).zeroed()

    def forward(self, x: Activation) -> Activation:
        """Scale and shift."""
        x = functional.leaky_relu(self.entry(x.clamp(-_LIMIT, _LIMIT)), _SLOPE)
        x = x + self.join(_starred(self.branches(x)))
        return cast(Tensor, self.exit(functional.leaky_relu(x, _SLOPE)))


@final
class NextConditioner(nn.Module):
    """3x3 convolution, residual block of a depthwise 7x7 convolution and a star, 1x1 convolution.

    A wide view for few products: nearly all of them are spent on channels.

    Args:
        inputs: Channels of the given half.
        outputs: Channels of scale and shift together.
        width: Channels in between; each branch of the star has twice as many.
    """

    def __init__(self, inputs: int, outputs: int, width: int) -> None:
        super().__init__()
        self.entry = MatrixConv(inputs, width, 3)
        self.spread = DepthwiseConv(width, 7)
        self.branches = MatrixConv(width, 4 * width, 1)
        self.join = MatrixConv(2 * width, width, 1)
        self.exit = MatrixConv(width, outputs, 1).zeroed()

    def forward(self, x: Activation) -> Activation:
        """Scale and shift."""
        x = functional.leaky_relu(self.entry(x.clamp(-_LIMIT, _LIMIT)), _SLOPE)
        x = x + self.join(_starred(self.branches(self.spread(x))))
        return cast(Tensor, self.exit(functional.leaky_relu(x, _SLOPE)))


@final
class NafConditioner(nn.Module):
    """3x3 convolution, a block of NAFNet without its normalisations and pooling, 3x3 convolution.

    Its only nonlinearity is the product of two halves of the channels.

    Args:
        inputs: Channels of the given half.
        outputs: Channels of scale and shift together.
        width: Channels in between.
    """

    def __init__(self, inputs: int, outputs: int, width: int) -> None:
        super().__init__()
        self.entry = MatrixConv(inputs, width, 3)
        self.widen = MatrixConv(width, 2 * width, 1)
        self.spread = DepthwiseConv(2 * width, 3)
        self.join = MatrixConv(width, width, 1)
        self.branches = MatrixConv(width, 2 * width, 1)
        self.end = MatrixConv(width, width, 1)
        self.exit = MatrixConv(width, outputs, 3).zeroed()

    def forward(self, x: Activation) -> Activation:
        """Scale and shift."""
        x = self.entry(x.clamp(-_LIMIT, _LIMIT))
        x = x + self.join(_gated(self.spread(self.widen(x))))
        x = x + self.end(_gated(self.branches(x)))
        return cast(Tensor, self.exit(x))


def _starred(x: Activation) -> Activation:
    """The star of both halves of the channels: their product, one of them held to 0..6."""
    gate, value = x.chunk(2, dim=1)
    return functional.relu6(gate) * value


def _gated(x: Activation) -> Activation:
    """The product of both halves of the channels."""
    first, second = x.chunk(2, dim=1)
    return first * second


Conditioner = Callable[[int, int, int], nn.Module]
CONDITIONERS: Final[Mapping[str, Conditioner]] = MappingProxyType(
    {"plain": PlainConditioner, "star": StarConditioner, "next": NextConditioner, "naf": NafConditioner}
)
"""Conditioners by name; each takes (inputs, outputs, width)."""
