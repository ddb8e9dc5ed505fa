"""What tests of every room share: photographs, models, and the command line in a process of its own or in this one."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

PICTURES = Path(__file__).parents[1] / "src" / "liftveil" / "pictures"

# Read by torch when a test first imports it: more threads than this only slow small pictures down.
os.environ.setdefault("OMP_NUM_THREADS", "2")


class Photographs(NamedTuple):
    """Two different photographs of 512x512 pixels, 8-bit RGB."""

    cover: Path
    secret: Path


class LeastQuality(NamedTuple):
    """What the default model has to reach, through the file; a better release raises it here.

    Attributes:
        cover_db: On the demo's photographs.
        secret_db: On the demo's photographs.
        recognisable_db: On any kind and size of picture, in both directions.
    """

    cover_db: float = 38.0
    secret_db: float = 38.0
    recognisable_db: float = 25.0


@pytest.fixture(scope="session")
def least() -> LeastQuality:
    """Thresholds for whatever is measured with the shipped model."""
    return LeastQuality()


@pytest.fixture(scope="session")
def photographs() -> Photographs:
    """The files of the demo's cover and secret; read only."""
    return Photographs(PICTURES / "cover.png", PICTURES / "secret.png")


@pytest.fixture(scope="session")
def cropped(photographs: Photographs) -> Callable[[int, int], list[np.ndarray]]:
    """Make cover and secret of any width and height: the middle of the photographs, or all of them scaled."""

    def crop(width: int, height: int) -> list[np.ndarray]:
        pictures = [Image.open(path) for path in photographs]
        left, top = (512 - width) // 2, (512 - height) // 2
        box = (left, top, left + width, top + height)
        fits = width <= 512 and height <= 512
        scaled = [picture.crop(box) if fits else picture.resize((width, height)) for picture in pictures]
        return [np.array(picture) for picture in scaled]

    return crop


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run_python(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run `python ARGUMENTS` in a fresh process, with empty folders for home and temporary files that stay empty."""
    home, temporary = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("temporary")
    environment = {key: value for key, value in os.environ.items() if key != "CI" and not key.startswith("XDG_")}
    environment |= {"HOME": str(home), "USERPROFILE": str(home)}
    environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    environment |= {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "120", "PYTHONIOENCODING": "utf-8"}

    def run(*arguments: str | Path, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        finished = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=600,
            check=False,
        )
        left = [*home.iterdir(), *temporary.iterdir()]
        assert left == [], f"something was left in the folders for home and temporary files: {left}"
        return finished

    return run


@pytest.fixture
def run_cli(run_python: Run) -> Run:
    """Run `liftveil ARGUMENTS` as a new user would: fresh process, empty home, in the test's own folder."""
    return lambda *arguments, **options: run_python("-m", "liftveil", *arguments, **options)


class Finished(NamedTuple):
    """What a command ended with, as in a process of its own."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def invoke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Finished]:
    """Run `liftveil ARGUMENTS` in this process, in the test's own folder: quicker, and open to monkeypatching."""
    from liftveil.cli import main

    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Finished:
        monkeypatch.setattr(sys, "argv", ["liftveil", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        return Finished(int(end.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def linear_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the folder of an exported model that hides without having been trained.

    By rotations of pairs of channels it puts the coarse bands of the secret, made small, in place of the
    finest diagonal bands of the cover; what comes back is the secret at half its resolution.
    """
    import torch

    from liftveil.config import ModelConfig
    from liftveil.export import export_model
    from liftveil.networks import StarINN

    config = ModelConfig(
        wavelet="haar",
        wavelet_mode="float",
        levels=2,
        colour="opponent",
        luma_strength=1.0,
        chroma_strength=1.0,
        learned_strengths=False,
        blocks=1,
        conditioner="plain",
        width=4,
        mixing="orthogonal",
        scale_bound=2.0,
    )
    model = StarINN(config)
    block, _ = model.chain
    coarse = torch.arange(12)
    finest = model.channels - 12 + coarse
    with torch.no_grad():
        block.normalisation.log_scale[model.channels + coarse] = -float(np.log(16))
        block.mix.generator[model.channels + coarse, finest] = 1.0
    folder = tmp_path_factory.mktemp("models") / "linear"
    export_model(model, folder, facts={"steps": "0"}, force=False)
    return folder
