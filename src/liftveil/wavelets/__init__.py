"""Lifting wavelets: schemes as data, one engine for integers and floats, NumPy and torch."""

from liftveil.wavelets.lifting import NUMPY_FLOAT, NUMPY_INTEGER, Arithmetic
from liftveil.wavelets.padding import pad_by_reflection
from liftveil.wavelets.schemes import SCHEMES, LiftingScheme, LiftingStep
from liftveil.wavelets.transform import (
    Pyramid,
    Subbands,
    decompose,
    decompose_once,
    pack,
    packed_band_gains,
    reconstruct,
    reconstruct_once,
    unpack,
)

__all__ = [
    "NUMPY_FLOAT",
    "NUMPY_INTEGER",
    "SCHEMES",
    "Arithmetic",
    "LiftingScheme",
    "LiftingStep",
    "Pyramid",
    "Subbands",
    "decompose",
    "decompose_once",
    "pack",
    "packed_band_gains",
    "pad_by_reflection",
    "reconstruct",
    "reconstruct_once",
    "unpack",
]
