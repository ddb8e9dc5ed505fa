"""Invertible modules: each is a bijection with an exact inverse and a log-determinant."""

from liftveil.invertible.actnorm import ActNorm
from liftveil.invertible.base import Invertible
from liftveil.invertible.color import ColourStrength, GreyCentring, OpponentColour, ReversibleColour, colour
from liftveil.invertible.coupling import AffineCoupling
from liftveil.invertible.folded import Folded
from liftveil.invertible.mixing import Mixing, OrthogonalMixing, TriangularMixing, mixing
from liftveil.invertible.recompute import recomputed_forward, recomputed_inverse
from liftveil.invertible.sequence import Sequence
from liftveil.invertible.wavelet import TORCH_FLOAT, TORCH_INTEGER, Wavelet, straight_through_floor

__all__ = [
    "TORCH_FLOAT",
    "TORCH_INTEGER",
    "ActNorm",
    "AffineCoupling",
    "ColourStrength",
    "Folded",
    "GreyCentring",
    "Invertible",
    "Mixing",
    "OpponentColour",
    "OrthogonalMixing",
    "ReversibleColour",
    "Sequence",
    "TriangularMixing",
    "Wavelet",
    "colour",
    "mixing",
    "recomputed_forward",
    "recomputed_inverse",
    "straight_through_floor",
]
