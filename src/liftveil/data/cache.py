"""Decoded pictures, kept while there is room for them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import final

import numpy as np
from numpy.typing import NDArray

Decoded = NDArray[np.uint8]


@final
class PictureCache:
    """Pictures by path, up to a total size; the least recently used make room for new ones.

    Any number of threads may ask at once. Those that miss the same picture together each decode it, but all
    get the same array.

    Args:
        decode: Makes the array of a path.
        limit_bytes: Most bytes of pixels to keep; a picture larger than that is handed out but not kept.
    """

    def __init__(self, decode: Callable[[Path], Decoded], limit_bytes: int) -> None:
        self._decode = decode
        self._limit_bytes = limit_bytes
        self._kept: OrderedDict[Path, Decoded] = OrderedDict()
        self._kept_bytes = 0
        self._lock = threading.Lock()

    @property
    def kept_bytes(self) -> int:
        """Bytes of pixels that are kept now."""
        return self._kept_bytes

    def __call__(self, path: Path) -> Decoded:
        """Take a picture from the cache, or decode it.

        Args:
            path: A picture file.

        Returns:
            Its array; the same one as before while it is kept.
        """
        with self._lock:
            if path in self._kept:
                self._kept.move_to_end(path)
                return self._kept[path]
        return self._keep(path, self._decode(path))  # nobody waits for somebody else's decoding

    def _keep(self, path: Path, picture: Decoded) -> Decoded:
        if picture.nbytes > self._limit_bytes:
            return picture
        with self._lock:
            if path in self._kept:
                return self._kept[path]
            self._kept[path] = picture
            self._kept_bytes += picture.nbytes
            while self._kept_bytes > self._limit_bytes:
                self._kept_bytes -= self._kept.popitem(last=False)[1].nbytes
        return picture
