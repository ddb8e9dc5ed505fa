"""What tests of every room share: photographs, models, and the command line in a process of its own or in this one."""

import json
import os
import subprocess
import sys
import tomllib
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

CONFIGS = Path(__file__).parents[1] / "configs"
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
    # torch makes this folder, for compiled code, as soon as it can compile; it stays empty.
    environment |= {"TORCHINDUCTOR_CACHE_DIR": str(tmp_path_factory.mktemp("compiled"))}
    # Lightning imports torchmetrics, which the tests need, and that imports matplotlib, which makes this one.
    environment |= {"MPLCONFIGDIR": str(tmp_path_factory.mktemp("matplotlib"))}
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
    from liftveil.__main__ import main

    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Finished:
        monkeypatch.setattr(sys, "argv", ["liftveil", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        return Finished(int(end.value.code or 0), *capsys.readouterr())

    return run


SMALL: dict[str, dict[str, object]] = {
    "model": {"levels": 1, "blocks": 2, "width": 4},
    "data": {"crop_px": 24, "batch": 2},
    "optimiser": {"warmup_steps": 2, "ema_decay": 0.8},
    "training": {
        "steps": 20,
        "validate_every": 10,
        "validation_pairs": 2,
        "validation_px": 32,
        "picture_every": 0,
        "checkpoint_every": 10,
    },
    "compute": {"recompute": "never", "workers": 0},
}


@pytest.fixture
def small_config(tmp_path: Path) -> Callable[..., Path]:
    """Write small.toml, a published configuration made small, with further changes by section."""

    def write(**changes: dict[str, object]) -> Path:
        table = tomllib.loads((CONFIGS / "quick.toml").read_text("utf-8"))
        lines = []
        for section, values in table.items():
            small = values | SMALL.get(section, {}) | changes.get(section, {})
            lines += [f"[{section}]", *(f"{key} = {_toml(value)}" for key, value in small.items())]
        (tmp_path / "small.toml").write_text("\n".join(lines))
        return tmp_path / "small.toml"

    return write


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + "}"
    return json.dumps(value)


@pytest.fixture(scope="session")
def small_photographs(tmp_path_factory: pytest.TempPathFactory, photographs: Photographs) -> Path:
    """A folder of six pictures of 48x40 pixels, cut from the photographs; read only."""
    folder = tmp_path_factory.mktemp("small-photographs")
    for number in range(6):
        picture = Image.open(photographs[number % 2])
        left = 70 * number
        picture.crop((left, left, left + 96, left + 80)).resize((48, 40)).save(folder / f"{number}.png")
    return folder


# In place of the finest diagonal band of the cover, the coarse band of the secret, made small.
LINEAR_HEAD = """
<ir_version: 10, opset_import: ["" : 20], metadata_props: ["multiple": "2", "reach_px": "2"]>
"""
LINEAR_CONSTANTS = """
<
  float[3, 1, 2, 2] coarse = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5},
  float[3, 1, 2, 2] fine = {0.5, -0.5, -0.5, 0.5, 0.5, -0.5, -0.5, 0.5, 0.5, -0.5, -0.5, 0.5},
  float centre = {256}, float strength = {0.0625}
>
"""
LINEAR = {
    "embed.onnx": """
        embed (float[1, 3, H, W] cover, float[1, 3, H, W] secret) => (float[1, 3, H, W] stego)
        CONSTANTS
        {
          hidden = Conv <group: int = 3, strides: ints = [2, 2]> (secret, coarse)
          centred = Sub (hidden, centre)
          small = Mul (centred, strength)
          replaced = Conv <group: int = 3, strides: ints = [2, 2]> (cover, fine)
          change = Sub (small, replaced)
          spread = ConvTranspose <group: int = 3, strides: ints = [2, 2]> (change, fine)
          stego = Add (cover, spread)
        }
    """,
    "extract.onnx": """
        extract (float[1, 3, H, W] stego) => (float[1, 3, H, W] recovered)
        CONSTANTS
        {
          small = Conv <group: int = 3, strides: ints = [2, 2]> (stego, fine)
          centred = Div (small, strength)
          hidden = Add (centred, centre)
          recovered = ConvTranspose <group: int = 3, strides: ints = [2, 2]> (hidden, coarse)
        }
    """,
}


# The same for a grey secret, in the finest horizontal band of all three colours, but with the opposite sign in green.
GREY_HEAD = """
<ir_version: 10, opset_import: ["" : 20], metadata_props: ["multiple": "2", "reach_px": "2", "secret_channels": "1"]>
"""
GREY_CONSTANTS = """
<
  float[1, 1, 2, 2] coarse = {0.5, 0.5, 0.5, 0.5},
  float[3, 1, 2, 2] fine = {0.5, -0.5, 0.5, -0.5, -0.5, 0.5, -0.5, 0.5, 0.5, -0.5, 0.5, -0.5},
  float[1, 3, 1, 1] mean = {0.33333334, 0.33333334, 0.33333334},
  float centre = {256}, float strength = {0.0625}
>
"""
GREY = {
    "embed.onnx": """
        embed (float[1, 3, H, W] cover, float[1, 1, H, W] secret) => (float[1, 3, H, W] stego)
        CONSTANTS
        {
          hidden = Conv <strides: ints = [2, 2]> (secret, coarse)
          centred = Sub (hidden, centre)
          small = Mul (centred, strength)
          replaced = Conv <group: int = 3, strides: ints = [2, 2]> (cover, fine)
          change = Sub (small, replaced)
          spread = ConvTranspose <group: int = 3, strides: ints = [2, 2]> (change, fine)
          stego = Add (cover, spread)
        }
    """,
    "extract.onnx": """
        extract (float[1, 3, H, W] stego) => (float[1, 1, H, W] recovered)
        CONSTANTS
        {
          thrice = Conv <group: int = 3, strides: ints = [2, 2]> (stego, fine)
          small = Conv (thrice, mean)
          centred = Div (small, strength)
          hidden = Add (centred, centre)
          recovered = ConvTranspose <strides: ints = [2, 2]> (hidden, coarse)
        }
    """,
}


@pytest.fixture(scope="session")
def linear_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the folder of a model that hides although nobody trained it; the secret comes back at half resolution.

    Exporting one takes torch most of a minute; tests/cli/test_training.py does it once.
    """
    return _written(tmp_path_factory, "linear", LINEAR_HEAD, LINEAR_CONSTANTS, LINEAR)


@pytest.fixture(scope="session")
def grey_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the folder of one that hides grey pictures."""
    return _written(tmp_path_factory, "grey", GREY_HEAD, GREY_CONSTANTS, GREY)


# The linear model hides in one diagonal of every 2x2 pixels of a colour: errors along it come back 16 times as large.
DIAGONAL = np.array([0.5, -0.5, -0.5, 0.5])
LINEAR_GAIN = 16.0


@pytest.fixture(scope="session")
def linear_metric() -> np.ndarray:
    """What errors of a block of the linear model's stego cost, its own and those of the recovered picture together."""
    places = np.arange(48).reshape(3, 2, 2, 2, 2).transpose(0, 1, 3, 2, 4).reshape(-1, 4)  # by colour and 2x2 pixels
    metric = np.eye(48)
    for place in places:
        metric[np.ix_(place, place)] += LINEAR_GAIN**2 * np.outer(DIAGONAL, DIAGONAL)
    return metric.astype(np.float32)


@pytest.fixture(scope="session")
def shaped_model(tmp_path_factory: pytest.TempPathFactory, linear_model: Path, linear_metric: np.ndarray) -> Path:
    """Make the folder of the linear model with shaped noise."""
    import onnx

    folder = tmp_path_factory.mktemp("models") / "shaped"
    folder.mkdir()
    for file in LINEAR:
        model = onnx.load(linear_model / file)
        entry = model.metadata_props.add()
        entry.key, entry.value = "rounding_metric", b64encode(linear_metric.tobytes()).decode()
        (folder / file).write_bytes(model.SerializeToString())
    return folder


@pytest.fixture(scope="session")
def jpeg_model(tmp_path_factory: pytest.TempPathFactory, linear_model: Path) -> Path:
    """Make the folder of the linear model that says of itself that it survives JPEG from quality 80 on."""
    import onnx

    folder = tmp_path_factory.mktemp("models") / "jpeg"
    folder.mkdir()
    for file in LINEAR:
        model = onnx.load(linear_model / file)
        entry = model.metadata_props.add()
        entry.key, entry.value = "jpeg_quality", "80"
        (folder / file).write_bytes(model.SerializeToString())
    return folder


def _written(factory: pytest.TempPathFactory, name: str, head: str, constants: str, graphs: dict[str, str]) -> Path:
    from onnx import parser

    folder = factory.mktemp("models") / name
    folder.mkdir()
    for file, graph in graphs.items():
        model = parser.parse_model(head + graph.replace("CONSTANTS", constants))
        (folder / file).write_bytes(model.SerializeToString())
    return folder
