"""Where a run's pictures come from."""

import shutil

import pytest

from liftveil.data import Shares, find_pictures, pictures_of, split_folder, training_pictures, validation_pictures
from liftveil.errors import DataError


@pytest.fixture
def folder(made_folder):
    """Eight pictures, four to train, two to validate, two to test, and their manifest."""
    folder, _ = made_folder(*[(16, 16)] * 8)
    split_folder(folder, folder / "splits.csv", seed=0, shares=Shares(0.25, 0.25), on_skip=pytest.fail)
    return folder


def test_of_a_folder_all_pictures_are_taken(folder):
    every = find_pictures(folder)
    assert len(every) == 8
    assert training_pictures(folder) == validation_pictures(folder) == pictures_of(folder, "test") == every


def test_of_a_manifest_those_of_the_split_are_taken(folder):
    manifest = folder / "splits.csv"
    splits = [training_pictures(manifest), validation_pictures(manifest), pictures_of(manifest, "test")]
    assert [len(paths) for paths in splits] == [4, 2, 2]
    assert sorted(path for paths in splits for path in paths) == find_pictures(folder)
    assert [paths == sorted(paths) for paths in splits] == [True] * 3
    listed = [line.split(",")[:2] for line in manifest.read_text().splitlines()[1:]]
    assert {(path.name, "train") for path in splits[0]} <= {tuple(fields) for fields in listed}
    assert {(path.name, "val") for path in splits[1]} <= {tuple(fields) for fields in listed}


def test_paths_are_relative_to_the_manifest_s_folder(folder, tmp_path, monkeypatch):
    split_folder(folder, tmp_path / "above.csv", seed=0, shares=Shares(0.25, 0.25), on_skip=pytest.fail)
    assert training_pictures(tmp_path / "above.csv") == training_pictures(folder / "splits.csv")
    shutil.move(folder, tmp_path / "moved")
    monkeypatch.chdir(tmp_path / "moved")
    paths = training_pictures(tmp_path / "moved" / "splits.csv")
    assert len(paths) == 4
    assert [path.is_file() for path in paths] == [True] * 4
    assert {path.parent for path in paths} == {tmp_path / "moved"}


@pytest.mark.parametrize("source", ["folder", "manifest"])
def test_an_unknown_split_is_refused(folder, source):
    path = folder if source == "folder" else folder / "splits.csv"
    with pytest.raises(DataError, match="'training' is no split; use one of train, val, test") as refusal:
        pictures_of(path, "training")
    assert refusal.value.path == str(path)


def test_a_listed_file_that_is_missing_is_refused_where_it_is_needed(folder):
    manifest = folder / "splits.csv"
    lost = training_pictures(manifest)[1]
    lost.unlink()
    with pytest.raises(DataError) as refusal:
        training_pictures(manifest)
    assert str(refusal.value) == f"{manifest}: lists {lost}, which is missing (1 of 4 are)"
    assert len(validation_pictures(manifest)) == 2


def test_a_split_of_fewer_than_two_is_refused(folder):
    manifest = folder / "splits.csv"
    lines = manifest.read_text().splitlines()
    without = next(number for number, line in enumerate(lines) if ",val," in line)
    manifest.write_text("\n".join(lines[:without] + lines[without + 1 :]))
    with pytest.raises(DataError, match="lists fewer than two pictures of the split 'val'") as refusal:
        validation_pictures(manifest)
    assert refusal.value.path == str(manifest)
    assert len(training_pictures(manifest)) == 4


@pytest.mark.parametrize("take", [training_pictures, validation_pictures])
def test_what_is_neither_folder_nor_manifest_is_refused(folder, take):
    with pytest.raises(DataError, match="is no manifest of splits"):
        take(folder / "00.png")
    with pytest.raises(DataError, match="is no folder; give a folder of pictures"):
        take(folder / "missing")
