"""Noise shaping: rounding whose errors lie where the receiver hardly feels them."""

from liftveil.shaping.shaper import NoiseShaper

__all__ = ["NoiseShaper"]
