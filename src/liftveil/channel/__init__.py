"""What lies between sender and receiver."""

from liftveil.channel.jpeg import jpeg
from liftveil.channel.noise import add_noise
from liftveil.channel.resize import rescale
from liftveil.channel.rounding import blocks_of, clip_levels, round_levels, through_file

__all__ = ["add_noise", "blocks_of", "clip_levels", "jpeg", "rescale", "round_levels", "through_file"]
