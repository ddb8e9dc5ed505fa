"""The one model table: ``manifest.toml`` beside the shipped weights.

A release is immutable: its name ends in its version, its files never change and stay in the package for ever;
a better model gets a new version, and the alias moves on.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from liftveil.errors import ModelError

EMBED_FILE: Final = "embed.onnx"
EXTRACT_FILE: Final = "extract.onnx"
WEIGHTS_FILE: Final = "weights.safetensors"
DEFAULT_MODEL: Final = "starinn"

_ROOM = Path(__file__).parent


@dataclass(frozen=True)
class Model:
    """A model on disk: two graphs for inference, and the weights that they were made from.

    Attributes:
        name: Released name with version, or the folder as given by the user.
        folder: Where its files are.
        sha256: Expected hash by file name; empty for a user's own folder.
    """

    name: str
    folder: Path
    sha256: Mapping[str, str] = field(hash=False, compare=False)

    def file(self, name: str) -> Path:
        """Path of one of the model's files.

        Args:
            name: :data:`EMBED_FILE`, :data:`EXTRACT_FILE` or :data:`WEIGHTS_FILE`.

        Returns:
            An existing file.

        Raises:
            ModelError: If the file is missing.
        """
        path = self.folder / name
        if not path.is_file():
            advice = "reinstall liftveil" if self.sha256 else "make the folder with 'liftveil export'"
            raise ModelError(self.name, f"{path} is missing; {advice}")
        return path

    def read(self, name: str) -> bytes:
        """Content of one of the model's files, checked against the manifest.

        Args:
            name: As in :meth:`file`.

        Returns:
            The bytes.

        Raises:
            ModelError: If the file is missing or unreadable, or a released file was changed.
        """
        try:
            content = self.file(name).read_bytes()
        except OSError as error:
            raise ModelError(self.name, f"{self.folder / name} cannot be read ({error.strerror})") from error
        if name in self.sha256 and sha256(content).hexdigest() != self.sha256[name]:
            raise ModelError(self.name, f"{self.folder / name} is damaged; reinstall liftveil")
        return content

    @property
    def written(self) -> tuple[int, ...]:
        """When the graphs of a user's own model were written; empty for a release, which never changes."""
        graphs = () if self.sha256 else (self.folder / EMBED_FILE, self.folder / EXTRACT_FILE)
        return tuple(path.stat().st_mtime_ns for path in graphs if path.is_file())


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, dict[str, str]]]:
    path = _ROOM / "manifest.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError("table", f"{path} is missing or damaged; reinstall liftveil") from error


def releases() -> dict[str, Model]:
    """Every shipped model by its full name, newest first."""
    table = _table()["releases"]
    return {name: Model(name, _ROOM / name, hashes) for name, hashes in reversed(table.items())}


def aliases() -> dict[str, str]:
    """Short names and the releases that they stand for at present."""
    return {**_table()["aliases"]}  # type: ignore[dict-item]  # strings here, tables in the other section


def find_model(name: str | Path = DEFAULT_MODEL) -> Model:
    """Look a model up.

    Args:
        name: A release, an alias, or the folder of an exported model.

    Returns:
        The model; for a folder its name is the path as given.

    Raises:
        ModelError: If there is no such model; names the nearest.
    """
    shipped = releases()
    full_name = aliases().get(str(name), str(name))
    if full_name in shipped:
        return shipped[full_name]
    if name and _is_folder(Path(name)):
        return Model(str(name), Path(name).absolute(), {})
    known = [*aliases(), *shipped]
    nearest = get_close_matches(str(name), known, n=1, cutoff=0.0)[0]
    problem = f"is neither shipped nor a folder made by 'liftveil export'; did you mean '{nearest}'?"
    raise ModelError(name or "''", problem)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # such as a name that is too long
        return False
