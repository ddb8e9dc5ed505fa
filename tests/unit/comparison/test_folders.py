"""Which files belong together."""

from pathlib import Path

import pytest

from liftveil.comparison import Pair, Problem, match_folders
from liftveil.comparison.folders import match_files
from liftveil.errors import DataError


@pytest.fixture
def folders(tmp_path):
    """Fill two folders with empty files."""

    def fill(references, pictures):
        for folder, names in (("r", references), ("p", pictures)):
            (tmp_path / folder).mkdir()
            for name in names:
                (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / folder / name).touch()
        return tmp_path / "r", tmp_path / "p"

    return fill


def test_names_match_without_their_suffixes_at_every_depth(folders):
    r, p = folders(["b.jpg", "a/b.png", "x.y.PNG", "a/c/d.tif"], ["b.png", "a/b.webp", "x.y.bmp", "a/c/d.tif"])
    pairs, problems = match_folders(r, p)
    assert problems == []
    assert pairs == [
        Pair("a/b", r / "a/b.png", p / "a/b.webp"),
        Pair("a/c/d", r / "a/c/d.tif", p / "a/c/d.tif"),
        Pair("b", r / "b.jpg", p / "b.png"),
        Pair("x.y", r / "x.y.PNG", p / "x.y.bmp"),
    ]


def test_hidden_files_and_what_is_no_picture_are_not_looked_at(folders):
    ignored = [".a.png", "._b.png", ".hidden/a.png", "a/.thumbs/b.png", "notes.txt", "a.json", "b", "Makefile"]
    r, p = folders(["a.png", *ignored], ["a.png"])
    assert match_folders(r, p) == ([Pair("a", r / "a.png", p / "a.png")], [])
    assert match_folders(p, r) == ([Pair("a", p / "a.png", r / "a.png")], [])


def test_a_folder_that_is_hidden_itself_can_be_evaluated(tmp_path):
    for name in (".r", ".p"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").touch()
    pairs, problems = match_folders(tmp_path / ".r", tmp_path / ".p")
    assert ([pair.name for pair in pairs], problems) == (["a"], [])


def test_missing_partners_are_named_on_either_side(folders):
    r, p = folders(["a.png", "b.png", "s/c.jpg"], ["b.png", "c.png", "A.png"])
    pairs, problems = match_folders(r, p)
    assert [pair.name for pair in pairs] == ["b"]
    assert problems == [
        Problem("A", f"{p}/A.png has no partner in {r}"),
        Problem("a", f"{r}/a.png has no partner in {p}"),
        Problem("c", f"{p}/c.png has no partner in {r}"),
        Problem("s/c", f"{r}/s/c.jpg has no partner in {p}"),
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_ambiguous_names_are_problems_once(folders, turned):
    sides = (["a.png", "a.jpg", "b.png", "c.png", "c.PNG"], ["a.png", "b.png"])
    r, p = folders(*(sides[::-1] if turned else sides))
    many = p if turned else r
    pairs, problems = match_folders(r, p)
    assert [pair.name for pair in pairs] == ["b"]
    assert problems == [
        Problem("a", f"{many}/a.jpg and {many}/a.png have the same name without suffix; keep one of them"),
        Problem("c", f"{many}/c.PNG and {many}/c.png have the same name without suffix; keep one of them"),
    ]


def test_folders_without_pictures_are_refused(folders):
    r, p = folders(["notes.txt"], [])
    with pytest.raises(DataError, match="holds no pictures, and neither does") as refusal:
        match_folders(r, p)
    assert refusal.value.path == str(r)


def test_two_files_are_a_pair_whatever_their_names():
    assert match_files(Path("x/a.png"), Path("b.jpg")) == Pair("a.png / b.jpg", Path("x/a.png"), Path("b.jpg"))


def test_a_file_and_a_folder_are_none(folders):
    r, _ = folders(["a.png"], [])
    for pair in ((r, r / "a.png"), (r / "a.png", r), (r, r / "missing")):
        with pytest.raises(DataError, match="give two pictures or two folders") as refusal:
            match_files(*pair)
        assert refusal.value.path == str(r)
