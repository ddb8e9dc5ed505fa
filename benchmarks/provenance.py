"""Where a figure comes from: commit, weights, versions, machine."""

import platform
import subprocess
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from liftveil.research.origin import cpu_name, installed_versions
from liftveil.weights import EMBED_FILE, EXTRACT_FILE, WEIGHTS_FILE, Model

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("liftveil", "numpy", "onnxruntime", "pillow", "pillow-jxl-plugin", "torch")


def provenance(model: Model) -> dict[str, object]:
    """What a reader needs to judge or repeat a measurement of a model."""
    files = (EMBED_FILE, EXTRACT_FILE, WEIGHTS_FILE)
    hashes = {name: sha256(model.file(name).read_bytes()).hexdigest() for name in files}
    return {"model": Path(model.name).name, "weights_sha256": hashes, **machine()}


def machine() -> dict[str, object]:
    """Code, packages and processor of a measurement."""
    return {
        "commit": _git("rev-parse", "HEAD"),
        "uncommitted_changes": bool(_git("status", "--porcelain", "--", "src", "configs", "benchmarks/*.py")),
        "versions": installed_versions(PACKAGES) | {"python": platform.python_version()},
        "cpu": cpu_name(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
