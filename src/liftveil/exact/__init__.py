"""Classical, bit-exact carriers without learning: residues, lowest bits, and JPEG XL hidden in them."""

from liftveil.exact.baselines import hide_jxl_digits, hide_jxl_lsb, show_jxl_digits, show_jxl_lsb
from liftveil.exact.digits import embed_digits, extract_digits
from liftveil.exact.jxl import Compressed, compress, compress_lossless, decompress
from liftveil.exact.lossless import hide_jxl_lossless, show_jxl_lossless
from liftveil.exact.lsb import hide_high_nibbles, match_lsb, read_lsb, replace_lsb, show_high_nibbles
from liftveil.exact.payload import payload_capacity
from liftveil.exact.radix import bytes_of_digits, capacity_bytes, digit_count, digits_of_bytes

__all__ = [
    "Compressed",
    "bytes_of_digits",
    "capacity_bytes",
    "compress",
    "compress_lossless",
    "decompress",
    "digit_count",
    "digits_of_bytes",
    "embed_digits",
    "extract_digits",
    "hide_high_nibbles",
    "hide_jxl_digits",
    "hide_jxl_lossless",
    "hide_jxl_lsb",
    "match_lsb",
    "payload_capacity",
    "read_lsb",
    "replace_lsb",
    "show_high_nibbles",
    "show_jxl_digits",
    "show_jxl_lossless",
    "show_jxl_lsb",
]
