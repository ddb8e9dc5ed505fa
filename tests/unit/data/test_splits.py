"""Splits of made-up pictures: disjoint, by content, the same everywhere."""

import csv
import shutil
from collections import Counter
from hashlib import sha256

import numpy as np
import pytest
from PIL import Image

from liftveil.data import Shares, SplitCounts, find_pictures, load_rgb, split_folder
from liftveil.data.checking import LEAST_PX
from liftveil.errors import DataError, OutputExists, OutputNotWritten

SMALL = [(16, 17 + number) for number in range(20)]


def split(folder, manifest=None, *, seed=0, validation=0.1, test=0.1, skipped=None, force=False):
    """Split, and return the manifest's rows by path."""
    manifest = manifest or folder / "splits.csv"
    shares = Shares(validation, test)
    skip = pytest.fail if skipped is None else (lambda path, reason: skipped.append((path, reason)))
    counts = split_folder(folder, manifest, seed=seed, shares=shares, force=force, on_skip=skip)
    with manifest.open(newline="") as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    held = Counter(row["split"] for row in rows.values())
    assert counts == SplitCounts(held["train"], held["val"], held["test"], len(skipped or []))
    return rows


def test_a_row_says_what_the_file_holds(made_folder):
    folder, pictures = made_folder(*SMALL)
    rows = split(folder)
    assert list(rows) == [path.name for path in find_pictures(folder)]
    for row, picture in zip(rows.values(), pictures, strict=True):
        assert row["sha256"] == sha256((folder / row["path"]).read_bytes()).hexdigest()
        assert (int(row["height"]), int(row["width"])) == picture.shape[:2]


def test_sizes_are_those_of_the_picture_as_it_is_seen(made_folder):
    folder, pictures = made_folder(*SMALL)
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    Image.fromarray(pictures[0]).save(folder / "turned.jpg", exif=exif)
    row = split(folder)["turned.jpg"]
    assert (int(row["height"]), int(row["width"]), 3) == load_rgb(folder / "turned.jpg").shape == (17, 16, 3)


@pytest.mark.parametrize(
    ("shares", "held"),
    [
        ({}, {"train": 16, "val": 2, "test": 2}),
        ({"validation": 0.25, "test": 0.5}, {"train": 5, "val": 5, "test": 10}),
        ({"validation": 0.01, "test": 0.3}, {"train": 12, "val": 2, "test": 6}),
        ({"validation": 0.5, "test": 0.4}, {"train": 2, "val": 10, "test": 8}),
        ({"test": 0}, {"train": 18, "val": 2}),
        ({"validation": 0, "test": 0}, {"train": 20}),
    ],
)
def test_as_many_are_held_out_as_asked_for_but_two_at_least(made_folder, shares, held):
    folder, _ = made_folder(*SMALL)
    assert Counter(row["split"] for row in split(folder, **shares).values()) == held


def test_neither_names_nor_places_nor_the_order_of_files_count(made_folder, tmp_path):
    folder, _ = made_folder(*SMALL)
    here = {row["sha256"]: row["split"] for row in split(folder, seed=5).values()}
    for number, path in enumerate(reversed(find_pictures(folder))):
        target = tmp_path / "elsewhere" / str(number % 3) / f"{number}.bmp.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    there = {row["sha256"]: row["split"] for row in split(tmp_path / "elsewhere", seed=5).values()}
    assert there == here


def test_every_seed_makes_other_splits_and_the_same_seed_the_same(made_folder):
    folder, _ = made_folder(*SMALL)
    made = [tuple(row["split"] for row in split(folder, seed=seed, force=True).values()) for seed in range(10)]
    assert len(set(made)) == 10
    again = [tuple(row["split"] for row in split(folder, seed=seed, force=True).values()) for seed in range(10)]
    assert again == made


def test_every_picture_is_held_out_about_as_often(made_folder):
    folder, _ = made_folder(*SMALL)
    held = Counter()
    for seed in range(40):
        rows = split(folder, seed=seed, validation=0.25, test=0.25, force=True)
        held.update(path for path, row in rows.items() if row["split"] != "train")
    assert len(held) == 20
    assert 8 < min(held.values()) <= max(held.values()) < 32  # 20 on average, with a deviation of 3


def test_another_share_to_validate_with_moves_nothing_in_or_out_of_the_test(made_folder):
    folder, _ = made_folder(*SMALL)
    made = [split(folder, validation=share, test=0.2, force=True) for share in (0, 0.1, 0.5)]
    tested = [{path for path, row in rows.items() if row["split"] == "test"} for rows in made]
    assert tested[0] == tested[1] == tested[2]


@pytest.mark.parametrize("seed", range(5))
def test_identical_files_stay_together(made_folder, seed):
    folder, _ = made_folder(*SMALL)
    for copy in ("a", "b/c"):
        (folder / copy).mkdir(parents=True)
        for path in find_pictures(folder)[-20:]:
            shutil.copy(path, folder / copy / f"again-{path.name}")
    rows = split(folder, seed=seed, validation=0.25, test=0.25)
    splits = {}
    for row in rows.values():
        splits.setdefault(row["sha256"], set()).add(row["split"])
    assert len(rows) > len(splits) == 20
    assert {len(where) for where in splits.values()} == {1}
    assert Counter(where.pop() for where in splits.values()) == {"train": 10, "val": 5, "test": 5}


def test_files_that_cannot_serve_are_told_and_left_out(made_folder):
    folder, _ = made_folder(*SMALL, (LEAST_PX - 1, 90))
    complete = (folder / "03.png").read_bytes()
    (folder / "cut.png").write_bytes(complete[: len(complete) // 2])
    (folder / "x\ny.png").write_bytes(complete)
    (folder / "x\ry.png").write_bytes(complete)
    skipped = []
    rows = split(folder, skipped=skipped)
    assert [path.name for path, _ in skipped] == ["20.png", "cut.png", "x\ny.png", "x\ry.png"]
    small, cut, *broken = [reason for _, reason in skipped]
    assert small.startswith("90x15 pixels is too small")
    assert cut.startswith("damaged or truncated")
    assert set(broken) == {"its name holds a line break, which a manifest cannot; rename it"}
    assert len(rows) == 20


def test_too_few_different_pictures_are_refused_after_the_bad_ones_were_told(made_folder):
    folder, _ = made_folder(*[(16, 16)] * 5)
    shutil.copy(folder / "00.png", folder / "copy.png")
    (folder / "bad.png").touch()
    skipped = []
    with pytest.raises(DataError) as refusal:
        split(folder, skipped=skipped)
    assert str(refusal.value).startswith(f"{folder}: has 5 different readable pictures: 2 to test and 2 to validate")
    assert [path.name for path, _ in skipped] == ["bad.png"]
    assert not (folder / "splits.csv").exists()
    Image.fromarray(np.full((16, 16), 7, np.uint8)).save(folder / "sixth.png")
    assert len(split(folder, skipped=[])) == 7


@pytest.mark.parametrize("shares", [(-0.1, 0.1), (0.1, -0.1), (0.5, 0.5), (1.0, 0.0), (float("nan"), 0.1)])
def test_shares_that_cannot_be_are_refused_before_any_work(made_folder, shares, monkeypatch):
    folder, _ = made_folder(*SMALL)
    monkeypatch.setattr("liftveil.data.splits.read_picture", pytest.fail)
    with pytest.raises(DataError, match="cannot be split with shares of") as refusal:
        split(folder, validation=shares[0], test=shares[1])
    assert refusal.value.path == str(folder)


class TestPlace:
    def test_above_the_folder(self, made_folder, tmp_path):
        folder, _ = made_folder(*SMALL)
        inside, above = split(folder), split(folder, tmp_path / "above.csv")
        assert [f"pictures/{path}" for path in inside] == list(above)
        assert [row["split"] for row in inside.values()] == [row["split"] for row in above.values()]

    @pytest.mark.parametrize("names", [(".", "splits.csv"), ("../pictures", "../splits.csv"), (".", "../x/../y.csv")])
    def test_told_in_relative_terms(self, made_folder, tmp_path, names, monkeypatch):
        folder, _ = made_folder(*SMALL)
        (tmp_path / "x").mkdir()
        monkeypatch.chdir(folder)
        where, manifest = (type(folder)(name) for name in names)
        for path in split(where, manifest):
            assert (manifest.parent / path).is_file()

    def test_above_a_link_to_the_folder(self, made_folder, tmp_path):
        folder, _ = made_folder(*SMALL)
        (tmp_path / "project").mkdir()
        (tmp_path / "project" / "link").symlink_to(folder)
        rows = split(tmp_path / "project" / "link", tmp_path / "project" / "splits.csv")
        assert next(iter(rows)) == "link/00.png"

    @pytest.mark.parametrize("name", ["pictures/below/splits.csv", "beside/splits.csv"])
    def test_elsewhere_is_refused_before_any_work(self, made_folder, tmp_path, name, monkeypatch):
        folder, _ = made_folder(*SMALL)
        (tmp_path / name).parent.mkdir()
        monkeypatch.setattr("liftveil.data.splits.read_picture", pytest.fail)
        with pytest.raises(DataError, match=f"must lie in {folder} or above it") as refusal:
            split(folder, tmp_path / name)
        assert refusal.value.path == str(tmp_path / name)

    def test_taken_is_refused_before_any_work_unless_forced(self, made_folder, monkeypatch):
        folder, _ = made_folder(*SMALL)
        (folder / "splits.csv").write_text("precious")
        with monkeypatch.context() as patch:
            patch.setattr("liftveil.data.splits.read_picture", pytest.fail)
            with pytest.raises(OutputExists):
                split(folder)
        assert (folder / "splits.csv").read_text() == "precious"
        assert len(split(folder, force=True)) == 20

    def test_taken_in_the_meantime_is_kept(self, made_folder):
        folder, _ = made_folder(*SMALL)
        (folder / "bad.png").touch()

        def take(*_):
            (folder / "splits.csv").write_text("precious")

        with pytest.raises(OutputExists):
            split_folder(folder, folder / "splits.csv", seed=0, shares=Shares(), on_skip=take)
        assert (folder / "splits.csv").read_text() == "precious"

    def test_in_a_missing_folder_is_refused(self, made_folder):
        folder, _ = made_folder(*SMALL)
        with pytest.raises(OutputNotWritten, match="its folder does not exist"):
            split(folder, folder / "missing" / ".." / "splits.csv")

    def test_a_failure_while_writing_leaves_the_old_manifest(self, made_folder, monkeypatch):
        folder, _ = made_folder(*SMALL)
        split(folder)
        before = (folder / "splits.csv").read_bytes()

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(OutputNotWritten, match="the disk is full"):
            split(folder, seed=1, force=True)
        assert (folder / "splits.csv").read_bytes() == before
        assert [path.name for path in folder.iterdir() if path.suffix != ".png"] == ["splits.csv"]
