"""Which files count as pictures."""

import errno
import os
from pathlib import Path

import pytest

from liftveil.errors import DataError
from liftveil.imaging import picture_files


def test_pictures_are_found_at_every_depth_in_the_order_of_their_paths(tmp_path):
    names = ["b.png", "a/z.JPG", "a/b/c.webp", "B.tiff", "c.bmp", "d.ppm", "e.jpeg", "f.TIF", "h.avif", "i.jp2"]
    others = ["notes.txt", "a/list.json", "png", "x.png.part", "y.eps", "z.pdf", "a/.png"]
    for name in names + others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "album.png").mkdir()
    assert picture_files(tmp_path) == sorted(tmp_path / name for name in names)


def test_there_may_be_none(tmp_path):
    assert picture_files(tmp_path) == []


def test_a_folder_that_cannot_be_searched_is_told(tmp_path, monkeypatch):
    (tmp_path / "a" / "shut").mkdir(parents=True)
    (tmp_path / "a" / "b.png").touch()
    scandir = os.scandir

    def guarded(path):
        if Path(path).name == "shut":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    with pytest.raises(DataError, match=r"a.shut: cannot be searched \(Permission denied\); make it readable"):
        picture_files(tmp_path)
