"""What tests of every room share: photographs, and the command line in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

PICTURES = Path(__file__).parents[1] / "src" / "liftveil" / "pictures"

# Read by torch when a test first imports it: more threads than this only slow small pictures down.
os.environ.setdefault("OMP_NUM_THREADS", "2")


class Photographs(NamedTuple):
    """Two different photographs of 512x512 pixels, 8-bit RGB."""

    cover: Path
    secret: Path


@pytest.fixture(scope="session")
def photographs() -> Photographs:
    """The files of the demo's cover and secret; read only."""
    return Photographs(PICTURES / "cover.png", PICTURES / "secret.png")


RunCli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run_cli(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> RunCli:
    """Run `liftveil ARGUMENTS` as a new user would: fresh process, empty home, in the test's own folder."""
    home = tmp_path_factory.mktemp("home")
    environment = {
        key: value for key, value in os.environ.items() if key != "CI" and not key.startswith("XDG_")
    }
    environment |= {"HOME": str(home), "USERPROFILE": str(home)}
    environment |= {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "120", "PYTHONIOENCODING": "utf-8"}

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "liftveil", *map(str, arguments)]
        finished = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=600,
            check=False,
        )
        assert list(home.iterdir()) == [], f"liftveil {arguments[0]} left something in the home folder"
        return finished

    return run
