"""`liftveil demo`: the first thing that most people run."""

import re

import numpy as np
import pytest
from PIL import Image

from liftveil.cli import demo
from liftveil.errors import LiftveilError
from liftveil.metrics import psnr

NAMES = ["cover", "overview", "recovered", "secret", "stego"]


def sizes(folder):
    found = {}
    for path in sorted(folder.iterdir()):
        with Image.open(path) as image:
            found[path.stem] = image.size
    return found


def test_hides_finds_and_shows(run_cli, tmp_path, photographs, least):
    finished = run_cli("demo", "-o", "new/demo")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    found = sizes(tmp_path / "new" / "demo")
    width, height = found.pop("overview")
    assert found == dict.fromkeys(("cover", "recovered", "secret", "stego"), (512, 512))
    assert width > 4 * height  # five pictures in a row, with captions
    for role, path in zip(("cover", "secret"), photographs, strict=True):
        with Image.open(path) as shipped, Image.open(tmp_path / "new" / "demo" / f"{role}.png") as copied:
            assert copied.tobytes() == shipped.tobytes()
    stego, recovered, hint = finished.stdout.splitlines()
    form = r" +PSNR (\d+\.\d\d) dB, SSIM (0\.\d{4}|1\.0000)"
    assert float(re.fullmatch(r"cover  -> stego " + form, stego)[1]) >= least.cover_db
    assert float(re.fullmatch(r"secret -> recovered" + form, recovered)[1]) >= least.secret_db
    assert hint == "look at new/demo/overview.png"


def test_runs_nothing_from_the_folder_it_is_started_in(run_python, tmp_path):
    (tmp_path / "secrets.py").write_text("open('ran', 'w')")
    finished = run_python("-P", "-m", "liftveil", "demo", "-o", "-odd")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert {path.name for path in tmp_path.iterdir()} == {"secrets.py", "-odd"}


def test_with_a_model_of_grey_pictures_shows_its_secret_in_grey(invoke, grey_model, tmp_path):
    finished = invoke("demo", "--model", grey_model)
    notice = "demo/secret.png: turned grey, its colours are not carried over"
    assert (finished.returncode, finished.stderr) == (0, f"note: {notice}\n")
    pictures = {role: Image.open(tmp_path / "demo" / f"{role}.png").convert("RGB") for role in ("secret", "recovered")}
    secret, recovered = (np.array(picture) for picture in pictures.values())
    assert (secret == secret[..., :1]).all()
    assert f"secret -> recovered  PSNR {psnr(secret, recovered):.2f} dB" in finished.stdout
    assert psnr(secret, recovered) > 25


class TestRefusals:
    """In this process, with its two commands left out."""

    @pytest.fixture(autouse=True)
    def ran(self, monkeypatch):
        ran = []
        monkeypatch.setattr(demo, "_run", lambda command, *_, **__: ran.append(command))
        return ran

    @pytest.mark.parametrize("name", NAMES)
    def test_any_existing_picture_is_kept(self, invoke, tmp_path, ran, name):
        folder = tmp_path / "demo"
        folder.mkdir()
        (folder / f"{name}.png").write_text("precious")
        finished = invoke("demo")
        assert (finished.returncode, finished.stdout, ran) == (1, "", [])
        assert finished.stderr.startswith(f"liftveil: demo/{name}.png: exists already; choose another name")
        assert [path.read_text() for path in folder.iterdir()] == ["precious"]

    def test_nothing_is_left_of_a_try_that_failed(self, invoke, tmp_path, monkeypatch):
        def fail(*_, **__):
            raise LiftveilError("the disk is full")

        (tmp_path / "demo").mkdir()
        (tmp_path / "demo" / "mine.txt").write_text("precious")
        monkeypatch.setattr(demo, "_run", fail)
        assert invoke("demo") == (1, "", "liftveil: the disk is full\n")
        assert [path.name for path in (tmp_path / "demo").iterdir()] == ["mine.txt"]

    def test_an_unknown_model_makes_no_folder(self, invoke, tmp_path):
        assert invoke("demo", "--model", "nope").returncode == 1
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("place", ["file", "file/demo"])
    def test_folder_that_cannot_be_made(self, invoke, tmp_path, ran, place):
        (tmp_path / "file").write_text("precious")
        finished = invoke("demo", "-o", place)
        assert (finished.returncode, finished.stdout, ran) == (1, "", [])
        [line] = finished.stderr.splitlines()
        assert line.startswith(f"liftveil: {place}: cannot be made (")
        assert line.endswith("); name another folder with -o")
        assert (tmp_path / "file").read_text() == "precious"


@pytest.mark.parametrize("command", ["embed", "extract"])
def test_failure_of_a_part_is_told_in_its_words(tmp_path, command):
    paths = [tmp_path / f"{name}.png" for name in ("one", "two", "three")][-2 - (command == "embed") :]
    with pytest.raises(LiftveilError, match=rf"^{re.escape(str(paths[0]))}: no such file; check the path$"):
        demo._run(command, *paths, model="starinn", force=True)
