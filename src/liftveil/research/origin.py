"""Where figures come from: the packages that computed them, and the processor."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from liftveil import __version__

_PACKAGES = ("numpy", "onnxruntime", "pillow", "pillow-jxl-plugin")


@cache
def package_versions() -> dict[str, str]:
    """Versions of everything that a study's figures may depend on.

    Returns:
        Numbers by name: liftveil, the packages that are installed, Python.
    """
    return {"liftveil": __version__} | installed_versions(_PACKAGES) | {"python": platform.python_version()}


@cache
def code_digest() -> str:
    """A hash of the package's own code, which changes more often than its version.

    Returns:
        SHA-256 in hexadecimal digits, over the names and contents of all modules.
    """
    room = Path(__file__).parents[1]
    found = sha256()
    for path in sorted(room.rglob("*.py")):
        content = path.read_bytes()
        found.update(f"{path.relative_to(room).as_posix()} {len(content)}\n".encode() + content)
    return found.hexdigest()


def installed_versions(names: Iterable[str]) -> dict[str, str]:
    """Versions of packages.

    Args:
        names: Of packages that a figure may depend on; extras need not be there.

    Returns:
        Numbers by name, of those that are installed.
    """
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # such as JPEG XL, where no classical system is measured
    return found


def cpu_name() -> str:
    """Processor and number of cores."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()} ({len(names) or '?'} cores)"
