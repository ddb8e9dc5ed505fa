r"""Colour inside the chain: RGB to luma and chroma, and the strengths that share the distortion among them.

``opponent`` is the orthonormal transform

.. math:: Y = (R + G + B) / \sqrt 3, \quad U = (R - B) / \sqrt 2, \quad V = (R - 2G + B) / \sqrt 6,

which keeps white noise white; ``reversible`` is the integer transform of JPEG 2000,

.. math:: Y = \lfloor (R + 2G + B) / 4 \rfloor, \quad U = B - G, \quad V = R - G,

exact on integers and therefore the partner of the integer wavelet. Grey pictures are luma already and are only
centred.

References:
    ISO/IEC 15444-1 Annex G (reversible component transform).
"""

from __future__ import annotations

from math import log, sqrt
from typing import Literal, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from liftveil.invertible.base import Activation, Invertible, per_sample, pixels
from liftveil.invertible.wavelet import straight_through_floor

ColourTransform = Literal["opponent", "reversible"]

_CENTRE = 128.0
_OPPONENT = (
    (1 / sqrt(3), 1 / sqrt(3), 1 / sqrt(3)),
    (1 / sqrt(2), 0.0, -1 / sqrt(2)),
    (1 / sqrt(6), -2 / sqrt(6), 1 / sqrt(6)),
)


@final
class OpponentColour(Invertible):
    """Centred RGB in 0..255 to orthonormal luma and chroma."""

    def forward(self, x: Activation) -> Activation:
        """RGB to luma and chroma."""
        return torch.einsum("kc,bchw->bkhw", x.new_tensor(_OPPONENT), x - _CENTRE)

    def inverse(self, y: Activation) -> Activation:
        """Luma and chroma to RGB, by the transpose."""
        return torch.einsum("kc,bkhw->bchw", y.new_tensor(_OPPONENT), y) + _CENTRE

    def log_abs_det(self, x: Activation) -> Float[Tensor, " batch"]:
        """Zero: a rotation (and a mirror)."""
        return per_sample(x, x.new_zeros(()))


@final
class ReversibleColour(Invertible):
    """Centred RGB in 0..255 to the luma and chroma of JPEG 2000; integers to integers."""

    def forward(self, x: Activation) -> Activation:
        """RGB to luma and chroma."""
        red, green, blue = (x - _CENTRE).unbind(dim=1)
        luma = straight_through_floor((red + 2 * green + blue) / 4)
        return torch.stack((luma, blue - green, red - green), dim=1)

    def inverse(self, y: Activation) -> Activation:
        """Luma and chroma to RGB."""
        luma, u, v = y.unbind(dim=1)
        green = luma - straight_through_floor((u + v) / 4)
        return torch.stack((v + green, green, u + green), dim=1) + _CENTRE

    def log_abs_det(self, x: Activation) -> Float[Tensor, " batch"]:
        """Zero: three shears and a permutation."""
        return per_sample(x, x.new_zeros(()))


@final
class GreyCentring(Invertible):
    """Grey levels in 0..255 to levels about 0; integers to integers."""

    def forward(self, x: Activation) -> Activation:
        """Grey levels to luma."""
        return x - _CENTRE

    def inverse(self, y: Activation) -> Activation:
        """Luma to grey levels."""
        return y + _CENTRE

    def log_abs_det(self, x: Activation) -> Float[Tensor, " batch"]:
        """Zero: a shift."""
        return per_sample(x, x.new_zeros(()))


@final
class ColourStrength(Invertible):
    r"""Divide luma channels by :math:`64 k_Y` and chroma channels by :math:`64 k_C`.

    What a network adds to a channel then reaches the picture multiplied by that channel's strength: a larger
    chroma strength lets colours change more, at the same activity of the network.

    Args:
        channels: Number of channels; every third one, from the first on, is luma.
        luma: Strength of luma, above 0.
        chroma: Strength of chroma, above 0; None if every channel is luma, as of a grey picture.
        learned: Whether training may change the strengths.
    """

    UNIT = 64.0

    def __init__(self, channels: int, *, luma: float, chroma: float | None, learned: bool) -> None:
        super().__init__()
        self.channels = channels
        start = torch.tensor([log(luma)] if chroma is None else [log(luma), log(chroma)])
        self.log_strength = nn.Parameter(start, requires_grad=learned)

    def forward(self, x: Activation) -> Activation:
        """Divide by the strengths."""
        return x * (-self._log_scale()).exp()

    def inverse(self, y: Activation) -> Activation:
        """Multiply by the strengths."""
        return y * self._log_scale().exp()

    def log_abs_det(self, x: Activation) -> Float[Tensor, " batch"]:
        """Minus the sum of the log-strengths, once for each position."""
        return per_sample(x, -self._log_scale().sum() * pixels(x))

    def _log_scale(self) -> Float[Tensor, "channel 1 1"]:
        luma, *chroma = self.log_strength.unbind()
        pixel = torch.stack((luma, *chroma, *chroma))
        return (pixel.repeat(self.channels // len(pixel)) + log(self.UNIT))[:, None, None]


def colour(name: ColourTransform) -> Invertible:
    """Build a colour transform by name.

    Args:
        name: ``"opponent"`` or ``"reversible"``.

    Returns:
        The transform.

    Raises:
        KeyError: If the name is unknown (the configuration's reader checks it before).
    """
    transforms: dict[str, type[Invertible]] = {"opponent": OpponentColour, "reversible": ReversibleColour}
    return transforms[name]()
