"""`liftveil data split`, and what the manifest is to others."""

import csv
import sys
from pathlib import Path

import pytest
from PIL import Image

from liftveil.data import training_pictures, validation_pictures


@pytest.fixture
def pictures(tmp_path, photographs):
    """A folder of ten small pictures in two folders, and three files that are none."""
    with Image.open(photographs.cover) as cover:
        for number in range(10):
            path = tmp_path / "pictures" / "ab"[number % 2] / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cover.crop((number, 0, number + 32, 24)).save(path)
    complete = (tmp_path / "pictures/a/0.png").read_bytes()
    (tmp_path / "pictures/cut.png").write_bytes(complete[: len(complete) // 2])
    (tmp_path / "pictures/empty.jpg").touch()
    (tmp_path / "pictures/notes.txt").write_text("not looked at")
    return tmp_path / "pictures"


NOTES = [
    "note: pictures/cut.png: skipped: damaged or truncated (",
    "note: pictures/empty.jpg: skipped: the file is empty; get a complete copy of it",
]


def noted(finished):
    lines = finished.stderr.splitlines()
    return [line.startswith(note) for line, note in zip(lines, NOTES, strict=True)] == [True, True]


def refused(finished, problem):
    assert (finished.returncode, finished.stdout) == (1, "")
    [line] = finished.stderr.splitlines()
    assert line.startswith(f"liftveil: {problem}")


def test_a_folder_is_split(pictures, invoke):
    finished = invoke("data", "split", "pictures", "--seed", "1")
    assert finished.returncode == 0
    assert finished.stdout == "pictures/splits.csv: 6 train, 2 val, 2 test; 2 skipped\n"
    assert noted(finished)
    with (pictures / "splits.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows] == [f"{'ab'[n % 2]}/{n}.png" for n in (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)]
    assert list(rows[0]) == ["path", "split", "sha256", "width", "height"]
    assert (rows[0]["width"], rows[0]["height"]) == ("32", "24")


@pytest.mark.usefixtures("pictures")
def test_the_manifest_can_be_trained_and_validated_with(invoke):
    finished = invoke("data", "split", "pictures", "--seed", "1", "-o", "mine.csv", "--test", "0.2")
    assert finished.stdout == "mine.csv: 6 train, 2 val, 2 test; 2 skipped\n"
    train, val = training_pictures(Path("mine.csv")), validation_pictures(Path("mine.csv"))
    assert (len(train), len(val)) == (6, 2)
    assert not set(train) & set(val)
    assert [path.is_file() for path in train + val] == [True] * 8


def test_shares_and_seed_are_those_of_the_options(pictures, invoke):
    made = [
        invoke("data", "split", "pictures", "--seed", seed, "--validation", "0.5", "--test", "0", "--force")
        for seed in ("0", "1", "2")
    ]
    assert [finished.stdout for finished in made] == ["pictures/splits.csv: 5 train, 5 val, 0 test; 2 skipped\n"] * 3
    files = []
    for seed in ("0", "1", "0"):
        invoke("data", "split", "pictures", "--seed", seed, "--force")
        files.append((pictures / "splits.csv").read_bytes())
    assert files[0] == files[2] != files[1]


class TestRefuses:
    def test_a_manifest_that_exists(self, pictures, invoke):
        (pictures / "splits.csv").write_text("precious")
        refused(invoke("data", "split", "pictures", "--seed", "1"), "pictures/splits.csv: exists already")
        assert (pictures / "splits.csv").read_text() == "precious"

    @pytest.mark.usefixtures("pictures")
    def test_a_manifest_beside_the_pictures(self, invoke, tmp_path):
        (tmp_path / "beside").mkdir()
        finished = invoke("data", "split", "pictures", "--seed", "1", "-o", "beside/splits.csv")
        refused(finished, "beside/splits.csv: must lie in pictures or above it, because its paths are relative")
        assert list((tmp_path / "beside").iterdir()) == []

    def test_a_missing_folder(self, invoke):
        refused(invoke("data", "split", "nowhere", "--seed", "1"), "nowhere: is no folder; give a folder of pictures")

    @pytest.mark.usefixtures("pictures")
    def test_shares_that_leave_nothing(self, invoke):
        finished = invoke("data", "split", "pictures", "--seed", "1", "--test", "0.5", "--validation", "0.5")
        refused(finished, "pictures: cannot be split with shares of 0.5 and 0.5; they must be at least 0, together")

    def test_too_few_pictures_after_the_notes(self, pictures, invoke):
        for path in (pictures / "a").iterdir():
            path.unlink()
        finished = invoke("data", "split", "pictures", "--seed", "1")
        *notes, line = finished.stderr.splitlines()
        assert (finished.returncode, finished.stdout) == (1, "")
        assert noted(finished._replace(stderr="\n".join(notes)))
        assert line.startswith("liftveil: pictures: has 5 different readable pictures: 2 to test and 2 to validate")
        assert not (pictures / "splits.csv").exists()

    @pytest.mark.usefixtures("pictures")
    def test_to_work_without_the_extra(self, invoke, monkeypatch):
        monkeypatch.setitem(sys.modules, "liftveil.data", None)
        finished = invoke("data", "split", "pictures", "--seed", "1")
        refused(finished, "data split needs more packages; install them with: pip install 'liftveil[train]'")


class TestUsage:
    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            (("data",), "Usage: "),
            (("data", "split"), "Missing "),
            (("data", "split", "pictures"), "Missing option '--seed'"),
            (("data", "split", "pictures", "--seed", "-1"), "Invalid value for '--seed'"),
            (("data", "join", "pictures"), "No such command 'join'"),
        ],
    )
    def test_bad_usage_ends_with_2(self, invoke, arguments, problem):
        finished = invoke(*arguments)
        assert finished.returncode == 2
        assert problem in finished.stdout + finished.stderr

    def test_help_names_what_there_is(self, invoke):
        group, command = invoke("data", "--help"), invoke("data", "split", "--help")
        assert (group.returncode, command.returncode) == (0, 0)
        assert "\n  split  " in group.stdout
        for option in ("--seed", "--output", "--validation", "--test", "--force"):
            assert option in command.stdout
