"""What is hidden bit for bit: residues, lowest bits, bytes as digits, and JPEG XL of a wanted size."""

from liftveil.exact.digits import embed_digits, extract_digits
from liftveil.exact.jxl import Compressed, compress, compress_lossless, decompress
from liftveil.exact.lsb import match_lsb, read_lsb, replace_lsb
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
    "match_lsb",
    "read_lsb",
    "replace_lsb",
]
