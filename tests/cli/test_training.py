"""`liftveil train` and `liftveil export`, from pictures to a model that hides."""

import json
import tomllib
from pathlib import Path

import pytest
from PIL import Image
from safetensors import safe_open

from liftveil.weights import find_model

CONFIGS = Path(__file__).parents[2] / "configs"
SMALL = {
    "model": {"levels": 1, "blocks": 2, "width": 4},
    "data": {"crop_px": 32, "batch": 2},
    "optimiser": {"warmup_steps": 2},
    "training": {
        "steps": 20,
        "validate_every": 10,
        "validation_pairs": 2,
        "validation_px": 48,
        "picture_every": 20,
        "checkpoint_every": 10,
    },
    "compute": {"workers": 0},
}


@pytest.fixture
def config(tmp_path):
    """Write small.toml, the published configuration made small, with further changes by section."""

    def write(**changes):
        table = tomllib.loads((CONFIGS / "starinn-1.toml").read_text("utf-8"))
        for section in table:
            table[section] |= SMALL.get(section, {}) | changes.get(section, {})
        lines = [
            line
            for section, values in table.items()
            for line in (f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items()))
        ]
        (tmp_path / "small.toml").write_text("\n".join(lines))
        return "small.toml"

    return write


@pytest.fixture
def folders(tmp_path, cropped):
    """Two folders of three pictures each, as small as they may be."""
    for folder, side in (("train", 48), ("val", 256)):
        (tmp_path / folder).mkdir()
        pictures = cropped(512, 512)
        for number in range(3):
            start = 80 * number
            picture = pictures[number % 2][start : start + side, start : start + side]
            Image.fromarray(picture).save(tmp_path / folder / f"{number}.png")
    return ("--data", "train", "--validation", "val")


def refused(finished, *parts):
    assert finished.returncode == 1
    [line] = finished.stderr.splitlines()
    assert line.startswith("liftveil: ")
    assert [part for part in parts if part not in line] == []


@pytest.mark.slow
def test_from_pictures_to_a_model_that_hides(config, folders, invoke, tmp_path):
    trained = invoke("train", config(), *folders)
    assert (trained.stderr, trained.returncode) == ("", 0)
    checkpoint = Path("runs/small/checkpoint.safetensors")
    assert trained.stdout.splitlines()[-1].startswith(f"{checkpoint}: make it a model with: liftveil export")
    assert "step 10: cover " in trained.stdout
    journal = [json.loads(line) for line in (tmp_path / "runs/small/journal.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in journal] == [10, 20]

    refused(invoke("train", config(), *folders), "runs/small: holds a run already; go on with --resume or replace it")
    assert invoke("train", config(training={"steps": 22}), *folders, "--resume").returncode == 0
    assert invoke("train", config(training={"steps": 4}), *folders, "--force").returncode == 0

    exported = invoke("export", checkpoint, "-o", "models/mine")
    files = [str(Path("models/mine") / name) for name in find_model().sha256]
    assert (exported.returncode, sorted(exported.stdout.splitlines()), exported.stderr) == (0, sorted(files), "")
    with safe_open("models/mine/weights.safetensors", "np") as file:
        assert file.metadata()["steps"] == "4"
    before = {file: Path(file).read_bytes() for file in files}
    refused(invoke("export", checkpoint, "-o", "models/mine"), "models/mine/", ".onnx: exists already")
    assert {file: Path(file).read_bytes() for file in files} == before

    embedded = invoke("embed", "train/0.png", "train/1.png", "-o", "stego.png", "--model", "models/mine")
    assert embedded.returncode == 0
    assert embedded.stdout.startswith("stego.png: 48x48, hidden with models/mine\n")
    extracted = invoke("extract", "stego.png", "-o", "recovered.png", "--model", "models/mine")
    assert extracted == (0, "recovered.png: 48x48, extracted with models/mine\n", "")


class TestTrainRefuses:
    def test_a_missing_configuration(self, folders, invoke):
        refused(invoke("train", "missing.toml", *folders), "missing.toml: cannot be read", "No such file or directory")

    def test_an_unknown_key(self, config, folders, invoke):
        finished = invoke("train", config(model={"widht": 3}), *folders)
        refused(finished, "small.toml: unknown key 'model.widht'; the nearest that exists is 'model.width'")

    def test_a_value_that_cannot_be(self, config, folders, invoke):
        refused(invoke("train", config(data={"batch": "four"}), *folders), "small.toml: 'data.batch' is 'four'")

    @pytest.mark.parametrize("lost", [1, 3])
    def test_a_missing_folder_of_pictures(self, config, folders, invoke, lost):
        words = list(folders)
        words[lost] = "nowhere"
        refused(invoke("train", config(), *words), "nowhere: is no folder; give a folder of pictures")

    @pytest.mark.parametrize("short", ["train", "val"])
    def test_a_folder_of_one_picture(self, config, folders, invoke, tmp_path, short):
        for name in ("1.png", "2.png"):
            (tmp_path / short / name).unlink()
        refused(invoke("train", config(), *folders), f"{short}: holds fewer than two pictures")

    def test_to_go_on_from_nothing(self, config, folders, invoke):
        finished = invoke("train", config(), *folders, "--resume")
        refused(finished, "runs/small/checkpoint.safetensors: cannot be read as a checkpoint")

    def test_an_output_that_is_no_folder(self, config, folders, invoke, tmp_path):
        (tmp_path / "taken").write_text("precious")
        refused(invoke("train", config(), *folders, "-o", "taken"), "taken: cannot be made a folder")


class TestExportRefuses:
    def test_a_missing_checkpoint(self, invoke, tmp_path):
        finished = invoke("export", "missing.safetensors", "-o", "mine")
        refused(finished, "missing.safetensors: cannot be read as a checkpoint")
        assert list(tmp_path.iterdir()) == []

    def test_garbage(self, invoke, tmp_path):
        (tmp_path / "garbage.safetensors").write_bytes(b"garbage" * 100)
        finished = invoke("export", "garbage.safetensors", "-o", "mine")
        refused(finished, "garbage.safetensors: cannot be read as a checkpoint")

    def test_weights_that_were_exported_already(self, invoke):
        weights = find_model().file("weights.safetensors")
        refused(invoke("export", weights, "-o", "mine"), "holds tensors but no training run; give a checkpoint")
