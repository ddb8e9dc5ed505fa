"""TensorBoard, for those who watch many runs at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import final

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import CheckpointError, MissingExtraError


@final
class Board:
    """Writes figures and pictures of a run for TensorBoard.

    Args:
        folder: Where its files go.
        after_step: What an earlier part of the run wrote behind this step is hidden.

    Every method raises a CheckpointError if the files cannot be written.

    Raises:
        MissingExtraError: If TensorBoard is not installed.
        CheckpointError: If the folder cannot be made.
    """

    def __init__(self, folder: Path, after_step: int) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ModuleNotFoundError as error:
            raise MissingExtraError("tensorboard", "--tensorboard") from error
        self._folder = folder
        with self._refusals():
            self._writer = SummaryWriter(folder, purge_step=after_step + 1)

    def figures(self, step: int, record: Mapping[str, object]) -> None:
        """Show the numbers of a record.

        Args:
            step: Steps taken so far.
            record: Numbers, and texts that are left out.
        """
        with self._refusals():
            for name, value in record.items():
                if isinstance(value, int | float):
                    self._writer.add_scalar(name, value, step)
            self._writer.flush()

    def picture(self, step: int, picture: NDArray[np.uint8]) -> None:
        """Show a validation picture.

        Args:
            step: Steps taken so far.
            picture: Of shape (height, width, 3).
        """
        with self._refusals():
            self._writer.add_image("validation", picture, step, dataformats="HWC")

    def close(self) -> None:
        """Write what is left."""
        with self._refusals():
            self._writer.close()

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            problem = f"cannot be written for TensorBoard ({error.strerror or error})"
            raise CheckpointError(self._folder, problem) from error
