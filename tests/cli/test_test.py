"""`liftveil test`: a checkpoint tried on whole pictures, and what it refuses."""

import json
import sys
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from liftveil.config import config_from
from liftveil.training.checkpoint import save_checkpoint
from liftveil.training.state import fresh_state

CONFIG = Path(__file__).parents[2] / "configs" / "quick.toml"
SMALL = {"levels": 1, "blocks": 2, "width": 4}
ROLES = ("cover", "recovered", "secret", "stego")


@pytest.fixture
def checkpoint(tmp_path):
    """A checkpoint of an untrained network, which leaves covers as they are."""
    table = tomllib.loads(CONFIG.read_text("utf-8"))
    config = config_from(table | {"model": table["model"] | SMALL})
    save_checkpoint(tmp_path / "run.safetensors", fresh_state(config), config=config, journal_bytes=0)
    return "run.safetensors"


@pytest.fixture
def pictures(tmp_path, photographs):
    """Seven small pictures of odd sizes, 0.png to 6.png; called by their full path, by which decoded ones are kept."""
    (tmp_path / "pictures").mkdir()
    with Image.open(photographs.cover) as cover:
        for number in range(7):
            cover.crop((number, number, number + 31, number + 25)).save(tmp_path / "pictures" / f"{number}.png")
    return tmp_path / "pictures"


def refused(finished, *parts):
    assert (finished.returncode, finished.stdout) == (1, "")
    line = finished.stderr.splitlines()[-1]
    assert line.startswith("liftveil: ")
    assert [part for part in parts if part not in line] == []


def results(folder):
    return sorted(path.name for path in folder.iterdir())


def pairs(folder):
    found = json.loads((folder / "metrics.json").read_text())["pairs"]
    return [(Path(pair["cover"]).name, Path(pair["secret"]).name) for pair in found]


class TestTest:
    @pytest.mark.parametrize("split", ["val", "test"])
    def test_takes_a_split_of_a_manifest(self, checkpoint, pictures, invoke, tmp_path, split):
        rows = [f"{n}.png,{'val' if n < 3 else 'test'},{n:064x},31,25" for n in range(7)]
        (pictures / "splits.csv").write_text("\n".join(["path,split,sha256,width,height", *rows, ""]))
        words = ("--split", split, "--pairs", "1")
        finished = invoke("test", checkpoint, "--data", pictures / "splits.csv", "-o", "out", *words)
        assert (finished.returncode, finished.stderr) == (0, "")
        assert pairs(tmp_path / "out")[0][0] == {"val": "0.png", "test": "3.png"}[split]
        assert json.loads((tmp_path / "out/metrics.json").read_text())["split"] == split

    def test_writes_pictures_and_figures(self, checkpoint, pictures, invoke, tmp_path):
        finished = invoke("test", checkpoint, "--data", pictures, "-o", "new/out", "--pairs", "2")
        assert (finished.returncode, finished.stderr) == (0, "")
        first, _, _, one, two, mean, worst, last = finished.stdout.splitlines()
        assert first == "run.safetensors, step 0: 2 pairs through files"
        assert one.startswith("01 0.png / 5.png ")
        assert two.startswith("02 1.png / 6.png ")
        assert (mean.split()[0], worst.split()[0]) == ("mean", "worst")
        assert last == "look at new/out/grid.png"
        out = tmp_path / "new/out"
        files = [f"{number}-{role}.png" for number in ("01", "02") for role in ROLES]
        assert results(out) == [*files, "grid.png", "metrics.json"]
        sizes = set()
        for file in files:
            with Image.open(out / file) as picture:
                sizes.add(picture.size)
        assert sizes == {(31, 25)}
        found = json.loads((out / "metrics.json").read_text())
        assert (found["data"], found["seed"], found["step"]) == (str(pictures), None, 0)

    def test_pairs_five_or_as_many_as_there_are(self, checkpoint, pictures, invoke, tmp_path):
        invoke("test", checkpoint, "--data", pictures, "-o", "five")
        assert pairs(tmp_path / "five") == [(f"{n}.png", f"{(n + 5) % 7}.png") for n in range(5)]
        invoke("test", checkpoint, "--data", pictures, "-o", "all", "--pairs", "99")
        assert len(pairs(tmp_path / "all")) == 7

    def test_draws_pairs_by_the_seed(self, checkpoint, pictures, invoke, tmp_path):
        for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
            invoke("test", checkpoint, "--data", pictures, "-o", name, "--seed", seed)
        drawn = [pairs(tmp_path / name) for name in "abc"]
        assert drawn[0] == drawn[1] != drawn[2]

    def test_names_and_skips_broken_pictures(self, checkpoint, pictures, invoke, tmp_path):
        (pictures / "2.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
        finished = invoke("test", checkpoint, "--data", pictures, "-o", "out", "--pairs", "3")
        assert finished.returncode == 0
        assert finished.stderr.startswith(f"note: {pictures}/2.png: skipped: ")
        assert pairs(tmp_path / "out") == [("0.png", "6.png"), ("1.png", "0.png"), ("3.png", "1.png")]

    def test_tells_how_secrets_were_fitted(self, checkpoint, pictures, invoke):
        with Image.open(pictures / "5.png") as secret:
            secret.resize((62, 50)).save(pictures / "5.png")
        finished = invoke("test", checkpoint, "--data", pictures, "-o", "out", "--pairs", "1")
        assert finished.stderr == f"note: {pictures}/5.png: resized from 62x50 to 31x25\n"

    def test_takes_the_validation_pictures_of_a_manifest(self, checkpoint, pictures, invoke, tmp_path):
        assert invoke("data", "split", pictures, "--seed", "1", "--validation", "0.3").returncode == 0
        manifest = (pictures / "splits.csv").read_text().splitlines()
        chosen = {line.split(",")[0] for line in manifest if ",val," in line}
        assert invoke("test", checkpoint, "--data", f"{pictures}/splits.csv", "-o", "out").returncode == 0
        assert {name for pair in pairs(tmp_path / "out") for name in pair} == chosen

    def test_replaces_an_older_trial_only_if_asked(self, checkpoint, pictures, invoke, tmp_path):
        invoke("test", checkpoint, "--data", pictures, "-o", "out", "--pairs", "2")
        refused(invoke("test", checkpoint, "--data", pictures, "-o", "out", "--pairs", "1"), "out: is not empty")
        assert len(pairs(tmp_path / "out")) == 2
        invoke("test", checkpoint, "--data", pictures, "-o", "out", "--pairs", "1", "--force")
        assert results(tmp_path / "out") == [*(f"01-{role}.png" for role in ROLES), "grid.png", "metrics.json"]


class TestTestRefuses:
    @pytest.fixture
    def words(self, checkpoint, pictures):
        return ["test", checkpoint, "--data", pictures, "-o", "out"]

    @pytest.fixture
    def refuses(self, invoke, tmp_path):
        """Check that a command ends with one line and changes nothing."""

        def files():
            return {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")}

        def check(words, *parts):
            before = files()
            refused(invoke(*words), *parts)
            assert files() == before

        return check

    @pytest.mark.parametrize("name", ["missing", "garbage", "."])
    def test_what_is_no_checkpoint(self, words, refuses, tmp_path, name):
        (tmp_path / "garbage").write_bytes(b"garbage" * 99)
        words[1] = name
        refuses(words, f"{name}: cannot be read as a checkpoint")

    def test_a_missing_folder_of_pictures(self, words, refuses):
        words[3] = "nowhere"
        refuses(words, "nowhere: is no folder; give a folder of pictures")

    def test_a_single_picture(self, words, refuses, tmp_path):
        (tmp_path / "single").mkdir()
        (tmp_path / "single/0.png").write_bytes((tmp_path / "pictures/0.png").read_bytes())
        words[3] = "single"
        refuses(words, "single: holds fewer than two pictures")

    def test_an_output_that_is_a_file(self, words, refuses, tmp_path):
        (tmp_path / "taken").write_text("precious")
        words[5] = "taken"
        refuses([*words, "--force"], "taken: cannot be written (Not a directory)")

    def test_to_run_without_its_extra(self, words, refuses, monkeypatch):
        monkeypatch.setitem(sys.modules, "liftveil.evaluation", None)
        refuses(words, "testing needs more packages", "pip install 'liftveil[train]'")

    @pytest.mark.parametrize(("option", "value"), [("--pairs", "0"), ("--seed", "-1")])
    def test_numbers_out_of_range(self, words, invoke, option, value):
        finished = invoke(*words, option, value)
        assert (finished.returncode, finished.stdout) == (2, "")
        assert f"Invalid value for '{option}'" in finished.stderr
