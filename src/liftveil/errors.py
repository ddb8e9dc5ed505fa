"""Everything that liftveil can refuse, as one tree; each error carries the facts it speaks of.

.. code-block:: text

    LiftveilError
    ├── PictureError            a picture or its file: carries ``path`` and ``advice``
    │   ├── UnreadablePicture   missing, empty, truncated, not a picture, a decompression bomb
    │   ├── UnsupportedOutput   a file name whose format would lose or change pixels
    │   ├── OutputExists        the target exists and replacing it was not asked for
    │   ├── OutputNotWritten    the disk, a folder or a permission is in the way
    │   └── PictureSizeError    too small for the model: carries ``width`` and ``height``
    ├── ShapeError              an array of the wrong shape: carries ``actual_shape``
    ├── ConfigError             a key, value or file of the configuration: carries ``path``
    ├── ModelError              a model that is unknown, damaged or of another kind: carries ``model``
    ├── MissingExtraError       a command that needs an extra: carries ``extra``
    ├── CapacityError           more than the carrier holds: carries ``needed_bytes`` and ``capacity_bytes``
    ├── PayloadError            what was hidden cannot be opened: carries ``payload``
    ├── PasswordError           a password that cannot be had: carries ``source``
    ├── DataError               a folder of pictures that cannot serve: carries ``path``
    ├── CheckpointError         a run's file that cannot be read or written: carries ``path``
    ├── RefusalError            a system refuses a pair: carries ``system``
    ├── DivergenceError         a training that no lower rate could save: carries ``step``
    └── HardwareError           a way of computing that this machine is worse off with: carries ``key``

The text of an error is one line: what is wrong, with which file, what to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


class LiftveilError(Exception):
    """Base class of every error that liftveil raises on purpose.

    Errors can be copied and pickled, so they pass from a worker process to the one that waits for it.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        """Text and facts, for :func:`_rebuilt`: what a class is constructed from is not kept."""
        return _rebuilt, (type(self), self.args), self.__dict__


def _rebuilt(kind: type[LiftveilError], args: tuple[Any, ...]) -> LiftveilError:
    """An error of a class with its text; its facts follow."""
    return kind.__new__(kind, *args)


class PictureError(LiftveilError):
    """A picture, or the file that holds or shall hold it, cannot serve.

    Attributes:
        path: The file, or a short name such as ``"cover"`` when the picture came as an array.
        advice: What the user can do about it.
    """

    def __init__(self, path: str | Path, problem: str, advice: str) -> None:
        super().__init__(f"{path}: {problem}; {advice}")
        self.path = str(path)
        self.advice = advice


class UnreadablePicture(PictureError):  # noqa: N818 - reads as what it is: an unreadable picture
    """The file is missing, empty, truncated, too large to be safe, or no picture at all."""


class UnsupportedOutput(PictureError):  # noqa: N818
    """The output's file format is lossy or unknown, so the hidden picture would not survive."""


class OutputExists(PictureError):  # noqa: N818
    """The output file exists already."""


class OutputNotWritten(PictureError):  # noqa: N818
    """The output could not be written; nothing was left behind."""


class PictureSizeError(PictureError):
    """The picture is too small to carry another.

    Attributes:
        width: Width of the refused picture in pixels.
        height: Height of the refused picture in pixels.
    """

    def __init__(self, path: str | Path, *, width: int, height: int, least: int) -> None:
        problem = f"{width}x{height} pixels is too small"
        super().__init__(path, problem, f"use a picture of at least {least}x{least}")
        self.width = width
        self.height = height


class ShapeError(LiftveilError):
    """An array has a shape that the operation cannot take.

    Attributes:
        actual_shape: The shape that was met.
    """

    def __init__(self, actual_shape: tuple[int, ...], expected: str) -> None:
        super().__init__(f"got an array of shape {tuple(actual_shape)}, expected {expected}")
        self.actual_shape = tuple(actual_shape)


class ConfigError(LiftveilError):
    """A configuration cannot be used.

    Attributes:
        path: The file it came from, or ``"config"``.
    """

    def __init__(self, path: str | Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = str(path)


class ModelError(LiftveilError):
    """A model is unknown, damaged, or not what its manifest says.

    Attributes:
        model: Name or path as asked for.
    """

    def __init__(self, model: str | Path, problem: str) -> None:
        super().__init__(f"model {model}: {problem}")
        self.model = str(model)


class MissingExtraError(LiftveilError):
    """A command needs packages that the base installation does not bring.

    Attributes:
        extra: The extra to install, as in ``pip install 'liftveil[train]'``.
    """

    def __init__(self, extra: str, what: str) -> None:
        super().__init__(f"{what} needs more packages; install them with: pip install 'liftveil[{extra}]'")
        self.extra = extra


class CapacityError(LiftveilError):
    """More is to be hidden than the carrier can hold.

    Attributes:
        needed_bytes: What it takes at least.
        capacity_bytes: What there is room for.
    """

    def __init__(self, needed_bytes: int, capacity_bytes: int) -> None:
        super().__init__(
            f"{needed_bytes} bytes are needed and {capacity_bytes} are there; hide less or use a larger cover"
        )
        self.needed_bytes = needed_bytes
        self.capacity_bytes = capacity_bytes


class PayloadError(LiftveilError):
    """What a picture is said to carry cannot be opened.

    Attributes:
        payload: What it should have been.
    """

    def __init__(self, payload: str, problem: str) -> None:
        super().__init__(f"{payload}: {problem}")
        self.payload = payload


class PasswordError(LiftveilError):
    """A password cannot be had or used; its text never holds one.

    Attributes:
        source: The file or option that it should come from.
    """

    def __init__(self, source: str | Path, problem: str) -> None:
        super().__init__(f"{source}: {problem}")
        self.source = str(source)


class DataError(LiftveilError):
    """A folder of pictures cannot serve for training or evaluation.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: str | Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = str(path)


class CheckpointError(LiftveilError):
    """A checkpoint cannot be read or written.

    Attributes:
        path: The checkpoint's file or folder.
    """

    def __init__(self, path: str | Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = str(path)


class RefusalError(LiftveilError):
    """A system that is measured, in a process of its own, refuses what it was given.

    Attributes:
        system: Its name.
    """

    def __init__(self, system: str, problem: str) -> None:
        super().__init__(problem)
        self.system = system


class DivergenceError(LiftveilError):
    """A training went wrong again and again, whatever the rate.

    Attributes:
        step: Where it went wrong last.
    """

    def __init__(self, step: int, problem: str) -> None:
        super().__init__(f"step {step}: {problem}")
        self.step = step


class HardwareError(LiftveilError):
    """A way of computing was asked for that this machine lacks or is slower with.

    Attributes:
        key: The key of the configuration that asks for it.
    """

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key!r} {problem}")
        self.key = key


def lacks_memory(problem: str) -> bool:
    """Whether a last line of an error says that memory ran out.

    Args:
        problem: As ``"TYPE: TEXT"``: torch on the CPU says it in the text, torch on a GPU and Python in the type.
    """
    return any(words in problem for words in ("can't allocate memory", "OutOfMemoryError", "MemoryError"))
