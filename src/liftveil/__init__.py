"""Hide a whole colour picture inside another of the same size and get it back from the saved PNG alone.

``embed`` and ``extract`` take paths, Pillow pictures or arrays; ``save`` writes losslessly. ``embed_bytes`` and
``extract_bytes`` do the same for any bytes. Importing this package loads neither the inference engine nor torch; both
wait until they are needed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from liftveil.errors import LiftveilError

if TYPE_CHECKING:
    from liftveil.api import HiddenFile, LiftveilNotice, embed, embed_bytes, extract, extract_bytes, save

    __version__: str

__all__ = [
    "HiddenFile",
    "LiftveilError",
    "LiftveilNotice",
    "__version__",
    "embed",
    "embed_bytes",
    "extract",
    "extract_bytes",
    "save",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the public name stands for
    if name == "__version__":
        return import_module("importlib.metadata").version("liftveil")
    if name in __all__:
        return getattr(import_module("liftveil.api"), name)
    raise AttributeError(f"module 'liftveil' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
