"""Pairs are those of the benchmark, and are read as they are hidden."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from liftveil.errors import UnreadablePicture
from liftveil.research import Pair, load_pair, pairs_of


def rgb(path):
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


@pytest.mark.parametrize("count", [2, 3, 5, 24])
def test_picture_i_hides_picture_i_plus_5(tmp_path, count):
    paths = [tmp_path / f"{index}.png" for index in range(count)]
    pairs = pairs_of(paths)
    assert [pair.number for pair in pairs] == list(range(1, count + 1))
    assert [pair.cover for pair in pairs] == paths
    shift = 1 if count == 5 else 5
    assert [pair.secret for pair in pairs] == [paths[(index + shift) % count] for index in range(count)]
    assert all(pair.cover != pair.secret for pair in pairs)


def test_fewer_pairs_are_the_first_ones(tmp_path):
    paths = [tmp_path / f"{index}.png" for index in range(24)]
    assert pairs_of(paths, 3) == pairs_of(paths)[:3]
    assert pairs_of(paths, 99) == pairs_of(paths)
    assert [pair.label for pair in pairs_of(paths)[8:10]] == ["09", "10"]
    assert pairs_of(paths)[8].job("probe") == "09-probe"
    assert Pair(123, *paths[:2], tmp_path).label == "123"


def test_names_tell_pictures_of_several_folders_apart(tmp_path):
    pairs = pairs_of([tmp_path / "set" / name / "1.png" for name in ("a", "b/c")])
    names = [(pair.cover_name, pair.secret_name) for pair in pairs]
    assert names == [("a/1.png", "b/c/1.png"), ("b/c/1.png", "a/1.png")]


def test_colour_secrets_are_read_as_they_are(pictures):
    loaded = load_pair(Pair(1, pictures / "a.png", pictures / "b.png", pictures), 3)
    assert np.array_equal(loaded.cover, rgb(pictures / "a.png"))
    assert np.array_equal(loaded.secret, rgb(pictures / "b.png"))
    assert loaded.notices == ()


def test_secrets_that_lie_the_other_way_are_turned_and_it_is_said(pictures):
    loaded = load_pair(Pair(1, pictures / "a.png", pictures / "c.png", pictures), 3)
    assert np.array_equal(loaded.secret, np.rot90(rgb(pictures / "c.png")))
    [notice] = loaded.notices
    assert notice.startswith("c.png: turned by 90 degrees")


def test_grey_secrets_have_one_channel(pictures):
    loaded = load_pair(Pair(1, pictures / "a.png", pictures / "b.png", pictures), 1)
    with Image.open(pictures / "b.png") as picture:
        expected = np.asarray(picture.convert("L")).astype(int)
    assert loaded.secret.shape == (64, 80)
    assert loaded.secret.flags.c_contiguous
    assert np.abs(loaded.secret - expected).max() <= 1  # Pillow's luma in fixed point
    assert loaded.cover.shape == (64, 80, 3)


def test_only_what_happened_to_the_secret_on_its_way_is_told(tmp_path, pictures):
    """What reading it dropped is told of every picture, and would be told twice."""
    Image.open(pictures / "b.png").resize((40, 32)).convert("RGBA").save(tmp_path / "small.png")
    loaded = load_pair(Pair(1, pictures / "a.png", tmp_path / "small.png", Path("/")), 3)
    assert loaded.secret.shape == (64, 80, 3)
    assert [notice for notice in loaded.notices if "80x64" in notice] == list(loaded.notices) != []


def test_broken_pictures_are_named(tmp_path, pictures):
    (tmp_path / "broken.png").write_bytes((pictures / "a.png").read_bytes()[:300])
    with pytest.raises(UnreadablePicture, match=r"broken\.png"):
        load_pair(Pair(1, pictures / "a.png", tmp_path / "broken.png", Path("/")), 3)
