"""What is hidden bit for bit: messages in pictures, and what they are made of (residues, lowest bits, JPEG XL)."""

from liftveil.exact.body import Message, suggested_name
from liftveil.exact.container import CLOSED, embed_message, extract_message
from liftveil.exact.digits import embed_digits, extract_digits
from liftveil.exact.jxl import Compressed, compress, compress_lossless, decompress
from liftveil.exact.keys import Stretch, argon2id
from liftveil.exact.lsb import match_lsb, read_lsb, replace_lsb
from liftveil.exact.pictures import content_at, fitted_message, picture_of, require_room
from liftveil.exact.radix import bytes_of_digits, capacity_bytes, digit_count, digits_of_bytes
from liftveil.exact.slots import LEAST_SAMPLES

__all__ = [
    "CLOSED",
    "LEAST_SAMPLES",
    "Compressed",
    "Message",
    "Stretch",
    "argon2id",
    "bytes_of_digits",
    "capacity_bytes",
    "compress",
    "compress_lossless",
    "content_at",
    "decompress",
    "digit_count",
    "digits_of_bytes",
    "embed_digits",
    "embed_message",
    "extract_digits",
    "extract_message",
    "fitted_message",
    "match_lsb",
    "picture_of",
    "read_lsb",
    "replace_lsb",
    "require_room",
    "suggested_name",
]
