"""Embedding and extraction of 8-bit pictures with the weights of a checkpoint: pad, run, round once, crop."""

from __future__ import annotations

from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from liftveil.channel import through_file
from liftveil.errors import CheckpointError
from liftveil.imaging import to_u8
from liftveil.training import Checkpoint
from liftveil.training.validation import embed_levels, extract_levels, picture_tensor


@final
class CheckpointSession:
    """A checkpoint's averaged weights, used as :class:`liftveil.runtime.Session` uses an exported model.

    Args:
        checkpoint: As read from its file.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.path = checkpoint.path
        self.model = checkpoint.average_model().frozen()

    @property
    def secret_channels(self) -> int:
        """3 if the model hides colour pictures, 1 if grey ones."""
        return self.model.config.secret_channels

    def embed(self, cover: NDArray[np.uint8], secret: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Hide one picture in another.

        Args:
            cover: RGB (height, width, 3), at least 16x16.
            secret: RGB of the same shape; for a model of grey secrets, grey levels (height, width).

        Returns:
            The stego, of the cover's shape.

        Raises:
            CheckpointError: If the weights give values that are no numbers.
            ShapeError: If a side is too short to be padded for the model.
        """
        with torch.no_grad():
            stego = through_file(embed_levels(self.model, cover, secret), self.model.shaper())
        return self._pixels(stego, cover.shape)

    def extract(self, stego: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Get the hidden picture back.

        Args:
            stego: RGB (height, width, 3), at least 16x16.

        Returns:
            The recovered picture, of the same shape, or (height, width) from a model of grey secrets.

        Raises:
            CheckpointError: If the weights give values that are no numbers.
            ShapeError: If a side is too short to be padded for the model.
        """
        with torch.no_grad():
            recovered = extract_levels(self.model, picture_tensor(stego, self.model))
        return self._pixels(recovered, stego.shape if self.secret_channels == 3 else stego.shape[:2])

    def _pixels(self, levels: Tensor, shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """Rounded, in the shape of a picture."""
        if levels.isnan().any():
            raise CheckpointError(self.path, "its weights give values that are no numbers; the training went wrong")
        return to_u8(levels[0].permute(1, 2, 0).double().numpy()).reshape(shape)
