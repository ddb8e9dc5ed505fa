"""Every script in examples/ does what its docstring says."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import liftveil
from liftveil.metrics import psnr

EXAMPLES = Path(__file__).parents[2] / "examples"
MOST_LINES = 60


def pixels(path):
    with Image.open(path) as image:
        return np.array(image)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def notices(finished):
    return [line.split("LiftveilNotice: ")[1] for line in finished.stderr.splitlines() if not line.startswith(" ")]


def test_every_example_is_short_and_tested_here():
    lines = {path.name: len(path.read_text("utf-8").splitlines()) for path in EXAMPLES.iterdir() if path.is_file()}
    assert sorted(lines) == ["arrays.py", "folder.py", "hide_and_find.py", "keep_a_file.py"]
    assert [name for name, count in lines.items() if count > MOST_LINES] == []


def test_arrays(run_python, tmp_path):
    finished = run_python(EXAMPLES / "arrays.py")
    assert (finished.returncode, names(tmp_path)) == (0, [])
    assert notices(finished) == ["cover: ICC profile not carried over"]
    error = re.fullmatch(r"512x512 pixels came back, off by (\d\.\d\d) grey levels on average\n", finished.stdout)[1]
    assert 0 < float(error) < 4


class TestKeepAFile:
    def test_with_itself(self, run_python, tmp_path):
        script = EXAMPLES / "keep_a_file.py"
        finished = run_python(script)
        assert finished.returncode == 0
        size = script.stat().st_size
        line = f"kept.png keeps {script.name}; found again as found-{script.name}, {size} bytes\n"
        assert finished.stdout == line
        assert (tmp_path / f"found-{script.name}").read_bytes() == script.read_bytes()

    def test_with_a_file_that_is_too_large(self, run_python, photographs, tmp_path):
        (tmp_path / "big").write_bytes(bytes(10**6))
        finished = run_python(EXAMPLES / "keep_a_file.py", photographs.cover, "big", tmp_path)
        assert (finished.returncode, finished.stdout) == (1, "")
        assert finished.stderr.startswith("not done: 1000000 bytes are needed and ")
        assert names(tmp_path) == ["big"]


class TestHideAndFind:
    def test_with_the_photographs(self, run_python, photographs, tmp_path, least):
        finished = run_python(EXAMPLES / "hide_and_find.py")
        assert finished.returncode == 0
        assert notices(finished) == [f"{path}: ICC profile, PNG text not carried over" for path in photographs]
        assert finished.stdout == "stego.png hides secret.png; it came back as recovered.png\n"
        assert names(tmp_path) == ["recovered.png", "stego.png"]
        assert psnr(pixels(photographs.cover), pixels(tmp_path / "stego.png")) >= least.cover_db
        assert psnr(pixels(photographs.secret), pixels(tmp_path / "recovered.png")) >= least.secret_db

    def test_with_a_picture_that_is_missing(self, run_python, photographs, tmp_path):
        finished = run_python(EXAMPLES / "hide_and_find.py", photographs.cover, "missing.png", tmp_path)
        assert (finished.returncode, finished.stdout) == (1, "")
        assert finished.stderr == "not done: missing.png: no such file; check the path\n"
        assert names(tmp_path) == []


@pytest.mark.parametrize("given", [False, True])
def test_folder(run_python, photographs, tmp_path, given):
    pictures = photographs.cover.parent
    arguments = [pictures, photographs.secret, "stegos"] if given else []
    finished = run_python(EXAMPLES / "folder.py", *arguments)
    assert (finished.returncode, finished.stderr) == (0, "")
    skipped, *hidden = finished.stdout.splitlines()
    assert skipped.startswith(f"skipped: {pictures / 'README.md'}: is no picture")
    assert hidden == [f"{name}.png -> stegos/{name}.png" for name in ("cover", "secret")]
    assert names(tmp_path) == ["stegos"]
    assert names(tmp_path / "stegos") == ["cover.png", "secret.png"]
    recovered = liftveil.extract(tmp_path / "stegos" / "cover.png")
    assert psnr(pixels(photographs.secret), recovered) > psnr(pixels(photographs.secret), pixels(photographs.cover))
