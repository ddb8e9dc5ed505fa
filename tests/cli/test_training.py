"""`liftveil train` and `liftveil export`, from pictures to a model that hides."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from safetensors import safe_open
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from liftveil.weights import find_model

RUN = Path("runs/small")
SHORT = {"steps": 2, "normalise": False}


@pytest.fixture
def pictures(tmp_path_factory, small_photographs):
    """Options for training with pictures, and judging by copies of them."""
    judged = shutil.copytree(small_photographs, tmp_path_factory.mktemp("judged") / "photographs")
    return ("--data", small_photographs, "--validation", judged)


@pytest.fixture
def copied(tmp_path, small_photographs):
    """A folder of pictures that may be changed."""
    return shutil.copytree(small_photographs, tmp_path / "pictures")


def refused(finished, *parts):
    assert finished.returncode == 1
    [line] = finished.stderr.splitlines()
    assert line.startswith("liftveil: ")
    assert [part for part in parts if part not in line] == []


def done(finished):
    assert (finished.returncode, finished.stderr) == (0, "")
    return finished.stdout.splitlines()


def facts(checkpoint):
    """The configuration that a run's checkpoint holds, and its tensors."""
    with safe_open(checkpoint, "np") as file:
        tensors = {name: file.get_tensor(name).tobytes() for name in file.keys()}  # noqa: SIM118 - not a dict
        return json.loads(file.metadata()["config"]), tensors


@pytest.mark.slow
def test_from_pictures_to_a_model_that_hides(small_config, pictures, small_photographs, invoke):
    lines = done(invoke("train", small_config(), *pictures))
    checkpoint = RUN / "checkpoint.safetensors"
    assert lines[-1] == f"{checkpoint}: make it a model with: liftveil export {checkpoint} -o FOLDER"
    assert [line for line in lines if line.startswith("step 10: cover ")]
    journal = [json.loads(line) for line in (RUN / "journal.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in journal] == [10, 20]

    refused(invoke("train", small_config(), *pictures), "runs/small: holds a run already; go on with --resume or")
    done(invoke("train", small_config(training={"steps": 22}), *pictures, "--resume"))
    done(invoke("train", small_config(training={"steps": 4}), *pictures, "--force"))

    exported = invoke("export", checkpoint, "-o", "models/mine")
    files = [str(Path("models/mine") / name) for name in find_model().sha256]
    assert (exported.returncode, sorted(exported.stdout.splitlines()), exported.stderr) == (0, sorted(files), "")
    with safe_open("models/mine/weights.safetensors", "np") as file:
        assert file.metadata()["steps"] == "4"
    before = {file: Path(file).read_bytes() for file in files}
    refused(invoke("export", checkpoint, "-o", "models/mine"), "models/mine/", ".onnx: exists already")
    assert {file: Path(file).read_bytes() for file in files} == before

    cover, secret = sorted(small_photographs.iterdir())[:2]
    embedded = invoke("embed", cover, secret, "-o", "stego.png", "--model", "models/mine")
    assert embedded.returncode == 0
    assert embedded.stdout.startswith("stego.png: 48x40, hidden with models/mine\n")
    extracted = invoke("extract", "stego.png", "-o", "recovered.png", "--model", "models/mine")
    assert extracted == (0, "recovered.png: 48x40, extracted with models/mine\n", "")


class TestTrain:
    def test_shows_where_it_is(self, small_config, pictures, invoke):
        lines = done(invoke("train", small_config(training=SHORT), *pictures))
        assert [part for part in ("loss ", "cover ", "secret ", "rate ") if part not in lines[-2]] == []
        assert lines[-3].startswith("step 2: cover ")

    def test_takes_another_seed(self, small_config, pictures, invoke):
        made = []
        for words in ((), ("--seed", "7"), ("--seed", "0")):
            done(invoke("train", small_config(training=SHORT | {"seed": 0}), *pictures, *words, "--force"))
            made.append(facts(RUN / "checkpoint.safetensors"))
        (first, weights), (other, others), again = made
        assert (first["training"]["seed"], other["training"]["seed"]) == (0, 7)
        assert other == first | {"training": first["training"] | {"seed": 7}}
        assert weights.keys() == others.keys()
        assert weights != others
        assert again == (first, weights)

    def test_starts_from_another_run(self, small_config, pictures, invoke):
        words = ("train", small_config(training=SHORT), *pictures)
        done(invoke(*words, "-o", "first"))
        done(invoke(*words, "-o", "second", "--initial", "first/checkpoint.safetensors"))
        with safe_open("second/checkpoint.safetensors", "np") as file:
            [earlier] = json.loads(file.metadata()["earlier"])
        assert earlier["steps"] == "2"

    def test_starts_from_another_run_or_goes_on_but_not_both(self, small_config, pictures, invoke):
        finished = invoke("train", small_config(training=SHORT), *pictures, "--resume", "--initial", "missing")
        assert (finished.returncode, finished.stdout) == (2, "")
        assert "--initial: cannot go with --resume" in finished.stderr

    @pytest.mark.parametrize("wanted", [False, True])
    def test_writes_for_tensorboard_if_asked_to(self, small_config, pictures, invoke, wanted):
        words = ["--tensorboard"] * wanted
        done(invoke("train", small_config(training=SHORT | {"picture_every": 2}), *pictures, *words))
        assert (RUN / "tensorboard").exists() == wanted
        if wanted:
            found = EventAccumulator(str(RUN / "tensorboard")).Reload()
            assert [event.step for event in found.Scalars("secret_file_db")] == [2]
            assert [event.step for event in found.Images("validation")] == [2]

    def test_takes_both_shares_of_a_manifest(self, small_config, copied, invoke):
        words = ("--seed", "1", "--validation", "0.4", "--test", "0")
        [told] = done(invoke("data", "split", copied, *words))
        assert "4 train, 2 val, 0 test" in told
        done(invoke("train", small_config(training=SHORT), "--data", copied / "splits.csv"))
        assert (RUN / "checkpoint.safetensors").is_file()

    def test_names_pictures_that_it_leaves_out(self, small_config, copied, small_photographs, invoke):
        (copied / "0.png").write_bytes(b"")
        Path(os.fsdecode(os.fsencode(copied) + b"/1\n\xff.png")).write_bytes(b"")
        words = ("--data", copied, "--validation", small_photographs)
        first, second, *_ = done(invoke("train", small_config(training=SHORT), *words))
        assert first.startswith(f"{copied / '0.png'} is left out: the file is empty")
        assert second.startswith(f"{copied / '1'} \\udcff.png is left out: the file is empty")


class TestTrainRefuses:
    def test_a_missing_configuration(self, pictures, invoke):
        refused(invoke("train", "missing.toml", *pictures), "missing.toml: cannot be read", "No such file or directory")

    def test_an_unknown_key(self, small_config, pictures, invoke):
        finished = invoke("train", small_config(model={"widht": 3}), *pictures)
        refused(finished, "small.toml: unknown key 'model.widht'; the nearest that exists is 'model.width'")

    def test_a_value_that_cannot_be(self, small_config, pictures, invoke):
        finished = invoke("train", small_config(data={"batch": "four"}), *pictures)
        refused(finished, "small.toml: 'data.batch' is 'four'")

    def test_a_seed_that_cannot_be(self, small_config, pictures, invoke):
        refused(
            invoke("train", small_config(), *pictures, "--seed", str(2**63)), "'training.seed' is 9223372036854775808"
        )
        finished = invoke("train", small_config(), *pictures, "--seed", "-1")
        assert finished.returncode == 2
        assert "--seed" in finished.stderr

    @pytest.mark.parametrize("lost", [1, 3])
    def test_a_missing_folder_of_pictures(self, small_config, pictures, invoke, lost):
        words = list(pictures)
        words[lost] = "nowhere"
        refused(invoke("train", small_config(), *words), "nowhere: is no folder; give a folder of pictures")

    @pytest.mark.parametrize("short", [1, 3])
    def test_a_folder_of_one_picture(self, small_config, pictures, copied, invoke, short):
        for path in sorted(copied.iterdir())[1:]:
            path.unlink()
        words = list(pictures)
        words[short] = copied
        refused(invoke("train", small_config(), *words), "pictures: holds fewer than two pictures")

    @pytest.mark.usefixtures("copied")
    def test_a_folder_without_another_to_validate_with(self, small_config, invoke):
        finished = invoke("train", small_config(), "--data", "pictures")
        refused(
            finished, "pictures: is a folder of pictures to train on; give another one to judge by with --validation"
        )
        assert not RUN.exists()

    @pytest.mark.parametrize("file", ["checkpoint.safetensors", "journal.jsonl"])
    def test_a_folder_with_another_run_or_its_journal(self, small_config, pictures, invoke, file):
        RUN.mkdir(parents=True)
        (RUN / file).write_text("precious")
        refused(invoke("train", small_config(), *pictures), "runs/small: holds a run already; go on with --resume or")
        assert (RUN / file).read_text() == "precious"

    def test_to_go_on_from_nothing(self, small_config, pictures, invoke):
        finished = invoke("train", small_config(), *pictures, "--resume")
        refused(finished, "runs/small/checkpoint.safetensors: cannot be read as a checkpoint")

    def test_an_output_that_is_no_folder(self, small_config, pictures, invoke, tmp_path):
        (tmp_path / "taken").write_text("precious")
        refused(invoke("train", small_config(), *pictures, "-o", "taken"), "taken: cannot be made a folder")

    def test_tensorboard_without_its_extra(self, small_config, pictures, invoke, monkeypatch):
        for name in [name for name in sys.modules if name.startswith("torch.utils.tensorboard")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "tensorboard", None)
        finished = invoke("train", small_config(training=SHORT), *pictures, "--tensorboard")
        refused(finished, "--tensorboard needs more packages; install them with: pip install 'liftveil[tensorboard]'")


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
