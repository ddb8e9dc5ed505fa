"""Classical systems without learning and without keys, against which everything else is measured."""

from liftveil.classical.baselines import hide_jxl_digits, hide_jxl_lsb, show_jxl_digits, show_jxl_lsb
from liftveil.classical.lossless import hide_jxl_lossless, show_jxl_lossless
from liftveil.classical.nibbles import hide_high_nibbles, show_high_nibbles
from liftveil.classical.payload import payload_capacity

__all__ = [
    "hide_high_nibbles",
    "hide_jxl_digits",
    "hide_jxl_lossless",
    "hide_jxl_lsb",
    "payload_capacity",
    "show_high_nibbles",
    "show_jxl_digits",
    "show_jxl_lossless",
    "show_jxl_lsb",
]
