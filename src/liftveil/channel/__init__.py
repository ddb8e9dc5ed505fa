"""What lies between sender and receiver."""

from liftveil.channel.rounding import clip_levels, round_levels, through_file

__all__ = ["clip_levels", "round_levels", "through_file"]
