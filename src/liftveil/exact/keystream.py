"""Uniform numbers from a key: the ChaCha20 keystream, and what is drawn from it.

A stream is the output of ChaCha20 (RFC 8439) for a key of 32 bytes, the block counter starting at 0 and a constant
nonce: twelve bytes that hold a small number, little-endian. It is read from the front; words of several bytes are
little-endian. No library's random generator is involved, so the numbers never change with a version.
"""

from __future__ import annotations

import sys
from typing import Final, final

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from numpy.typing import NDArray

KEY_BYTES: Final = 32
_NONCE_BYTES = 12
_COUNTER = bytes(4)
_ZEROS = bytes(2**16)
_BYTE_VALUES = 256


@final
class Keystream:
    """Bytes of ChaCha20, from the first one on.

    Args:
        key: 32 bytes that serve nothing but this stream and its siblings of other numbers.
        number: Which of the key's streams.
    """

    def __init__(self, key: bytes, number: int = 0) -> None:
        nonce = number.to_bytes(_NONCE_BYTES, "little")
        # mypy takes the mode for mandatory, which it is not for a cipher that makes a stream by itself.
        self._encryptor = Cipher(ChaCha20(key, _COUNTER + nonce), mode=None).encryptor()

    def fill(self, target: NDArray[np.uint8] | NDArray[np.uint64]) -> None:
        """Overwrite an array with the next bytes.

        Args:
            target: Contiguous; words are little-endian whatever the machine is.
        """
        view = target.view(np.uint8).data
        for first in range(0, len(view), len(_ZEROS)):
            part = view[first : first + len(_ZEROS)]
            self._encryptor.update_into(_ZEROS[: len(part)], part)
        if sys.byteorder == "big" and target.dtype.itemsize > 1:
            target.byteswap(inplace=True)

    def take(self, count: int) -> NDArray[np.uint8]:
        """The next bytes."""
        taken = np.empty(count, np.uint8)
        self.fill(taken)
        return taken

    def bits(self, count: int) -> NDArray[np.bool_]:
        """The next ``count`` bits, each byte's most significant bit first; what is left of the last byte is lost."""
        return np.unpackbits(self.take(-(-count // 8)), count=count).astype(np.bool_)

    def digits(self, modulus: int, count: int) -> NDArray[np.uint8]:
        """Uniform digits by rejection: bytes below the greatest multiple of the modulus count, by their remainder.

        Args:
            modulus: 2..256.
            count: Digits wanted; bytes behind the last one that was needed are lost.

        Returns:
            Digits in 0..modulus - 1, each exactly as probable as the others.
        """
        accepted = _BYTE_VALUES - _BYTE_VALUES % modulus
        remainders = (np.arange(_BYTE_VALUES) % modulus).astype(np.uint8)
        drawn, found = np.empty(count, np.uint8), 0
        while found < count:
            candidates = self.take(min(count - found, len(_ZEROS)))
            if accepted < _BYTE_VALUES:
                candidates = candidates[candidates < accepted]
            drawn[found : found + candidates.size] = remainders[candidates]
            found += candidates.size
        return drawn
