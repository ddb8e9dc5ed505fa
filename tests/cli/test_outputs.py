"""What embed and extract write, print and refuse, and how they end."""

import errno
import json
import os
import shlex
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from liftveil.errors import LiftveilError
from liftveil.imaging import luma as bt601_luma
from liftveil.imaging import to_u8
from liftveil.metrics import psnr
from liftveil.runtime import Session
from liftveil.weights import Model, find_model, releases


@pytest.fixture
def start(cropped, tmp_path, invoke):
    """Put cover, secret and a stego of them into the test's folder; returns words that only lack the output."""
    for name, pixels in zip(("cover.png", "secret.png"), cropped(64, 48), strict=True):
        Image.fromarray(pixels).save(tmp_path / name)
    assert invoke("embed", "cover.png", "secret.png", "-o", "hidden.png").returncode == 0
    return {"embed": ("embed", "cover.png", "secret.png"), "extract": ("extract", "hidden.png")}


def files(folder):
    return {str(path.relative_to(folder)): path.is_dir() or path.read_bytes() for path in folder.rglob("*")}


def pixels(path):
    with Image.open(path) as image:
        return np.array(image)


def refused(finished, *parts):
    """One line that says all of it, exit code 1, and no result."""
    assert (finished.returncode, finished.stdout) == (1, "")
    [line] = finished.stderr.splitlines()
    assert line.startswith("liftveil: ")
    assert [part for part in parts if part not in line] == []


@pytest.mark.parametrize("command", ["embed", "extract"])
class TestOutput:
    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("out.jpg", "JPEG changes pixels, which destroys any hidden picture; save as .png"),
            ("out.JPEG", "JPEG changes pixels"),
            ("out.avif", "AVIF changes pixels"),
            ("out.gif", "GIF keeps only 256 colours"),
            ("out.jp2", "JPEG 2000 is mostly lossy"),
            ("out.bmp", "the suffix '.bmp' names no lossless format; use one of .png, .webp, .tif, .tiff"),
            ("out.xyz", "the suffix '.xyz' names no lossless format"),
            ("out", "the name has no suffix; use one of .png"),
            ("no/such/out.png", "its folder does not exist; create the folder first"),
            ("cover.png/out.png", "its folder is not a folder"),
            ("folder.png", "is a folder; give the name of a file to write"),
            ("x" * 300 + ".png", "the name is too long"),
        ],
    )
    def test_that_cannot_serve_is_refused(self, start, invoke, tmp_path, command, *, name, reason):
        (tmp_path / "folder.png").mkdir()
        before = files(tmp_path)
        for force in ([], ["--force"]):
            refused(invoke(*start[command], "-o", name, *force), f"{name}: ", reason)
        assert files(tmp_path) == before

    def test_that_exists_is_kept_without_force_and_replaced_with_it(self, start, invoke, tmp_path, command):
        (tmp_path / "out.png").write_text("precious")
        before = files(tmp_path)
        refused(invoke(*start[command], "-o", "out.png"), "out.png: exists already")
        assert files(tmp_path) == before
        assert invoke(*start[command], "-o", "out.png", "--force").returncode == 0
        assert pixels(tmp_path / "out.png").shape == (48, 64, 3)

    def test_in_a_folder_that_cannot_be_written_is_refused(self, start, invoke, tmp_path, command, monkeypatch):
        (tmp_path / "shut").mkdir(mode=0o555)
        # Permissions do not bind the superuser, who may be running this.
        monkeypatch.setattr(os, "access", lambda path, mode: (path.name, mode) != ("shut", os.W_OK))
        refused(invoke(*start[command], "-o", "shut/out.png"), "shut/out.png: permission denied; choose a folder")
        assert list((tmp_path / "shut").iterdir()) == []

    @pytest.mark.parametrize("existing", [None, b"precious"])
    def test_that_fails_while_being_written_leaves_nothing(
        self, start, invoke, tmp_path, command, *, existing, monkeypatch
    ):
        if existing:
            (tmp_path / "out.png").write_bytes(existing)
        before = files(tmp_path)

        def fail(_):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", fail)
        refused(invoke(*start[command], "-o", "out.png", "--force"), "out.png: the disk is full; free some space")
        assert files(tmp_path) == before

    @pytest.mark.parametrize("existing", [None, b"precious"])
    def test_that_is_interrupted_leaves_nothing(self, start, invoke, tmp_path, command, *, existing, monkeypatch):
        if existing:
            (tmp_path / "out.png").write_bytes(existing)
        before = files(tmp_path)

        def interrupt(_):
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "fsync", interrupt)
        finished = invoke(*start[command], "-o", "out.png", "--force")
        assert finished == (130, "", "liftveil: interrupted\n")
        assert files(tmp_path) == before

    def test_may_take_the_place_of_the_input(self, start, invoke, tmp_path, command):
        expected = start[command][1]
        assert invoke(*start[command], "-o", "elsewhere.png").returncode == 0
        assert invoke(*start[command], "-o", expected, "--force").returncode == 0
        np.testing.assert_array_equal(pixels(tmp_path / expected), pixels(tmp_path / "elsewhere.png"))

    @pytest.mark.parametrize("suffix", [".png", ".webp", ".tif", ".tiff"])
    def test_is_the_same_in_every_format(self, start, invoke, tmp_path, command, suffix):
        for name in ("one.png", f"other{suffix}"):
            assert invoke(*start[command], "-o", name).returncode == 0
        np.testing.assert_array_equal(pixels(tmp_path / "one.png"), pixels(tmp_path / f"other{suffix}"))

    def test_is_named_even_if_its_name_is_strange(self, start, invoke, tmp_path, command):
        name = "a  b\nc \N{SNOWMAN}\udcff.png"
        finished = invoke(*start[command], "-o", name)
        assert finished.returncode == 0
        assert finished.stdout.splitlines()[0].startswith("a  b c \N{SNOWMAN}\\udcff.png: 64x48, ")
        assert (tmp_path / name).is_file()
        refused(invoke(*start[command], "-o", name), "exists already")


class TestText:
    def test_of_embed(self, start, invoke, tmp_path):
        finished = invoke(*start["embed"], "-o", "stego.png")
        assert (finished.returncode, finished.stderr) == (0, "")
        model, cover, secret = finished.stdout.splitlines()
        assert model == f"stego.png: 64x48, hidden with {find_model().name}"
        measured = psnr(pixels(tmp_path / "cover.png"), pixels(tmp_path / "stego.png"))
        assert cover.split() == ["cover", "as", "seen", f"{measured:.2f}", "dB"]
        assert secret.startswith("secret recovered ")
        assert secret.endswith(" dB  (extracted from the written file)")

    def test_of_extract(self, start, invoke):
        finished = invoke(*start["extract"], "-o", "recovered.png")
        first = f"recovered.png: 64x48, extracted with {find_model().name}"
        assert finished == (0, f"{first}\nif a password was used, give --password-prompt\n", "")


class TestJson:
    def test_of_embed(self, start, invoke, tmp_path):
        finished = invoke(*start["embed"], "-o", "stego.png", "--json")
        assert (finished.returncode, finished.stderr) == (0, "")
        assert len(finished.stdout.splitlines()) == 1
        record = json.loads(finished.stdout)
        assert invoke("extract", "stego.png", "-o", "recovered.png").returncode == 0
        measured = [
            psnr(pixels(tmp_path / before), pixels(tmp_path / after))
            for before, after in (("cover.png", "stego.png"), ("secret.png", "recovered.png"))
        ]
        assert [record.pop("cover_psnr_db"), record.pop("secret_psnr_db")] == pytest.approx(measured, abs=1e-3)
        assert record == {
            "stego": "stego.png",
            "width": 64,
            "height": 48,
            "carrier": "neural",
            "model": find_model().name,
            "notices": [],
        }

    def test_of_extract(self, start, invoke):
        finished = invoke(*start["extract"], "-o", "recovered.png", "--json")
        assert (finished.returncode, finished.stderr) == (0, "")
        record = json.loads(finished.stdout)
        scores, name = record.pop("scores"), find_model().name
        assert scores.keys() == releases().keys()
        assert 0 < scores[name] <= 1
        assert scores[name] == max(scores.values())
        facts = {"recovered": "recovered.png", "width": 64, "height": 48, "notices": []}
        assert record == facts | {"carrier": "neural", "model": name}

    @pytest.mark.usefixtures("start")
    def test_holds_the_notices_too(self, invoke, tmp_path):
        Image.open(tmp_path / "secret.png").resize((32, 24)).save(tmp_path / "small.png")
        finished = invoke("embed", "cover.png", "small.png", "-o", "stego.png", "--json")
        notice = "small.png: resized from 32x24 to 64x48"
        assert json.loads(finished.stdout)["notices"] == [notice]
        assert finished.stderr == f"note: {notice}\n"

    def test_says_null_for_identical_pictures(self, start, invoke, monkeypatch):
        monkeypatch.setattr("liftveil.metrics.psnr", lambda *_: np.inf)
        record = json.loads(invoke(*start["embed"], "-o", "stego.png", "--json").stdout)
        assert (record["cover_psnr_db"], record["secret_psnr_db"]) == (None, None)

    def test_says_null_for_scores_that_are_no_numbers(self, start, invoke, monkeypatch):
        monkeypatch.setattr("liftveil.api.neural.plausibility", lambda _: -np.inf)
        record = json.loads(invoke(*start["extract"], "-o", "recovered.png", "--json").stdout)
        assert record["scores"] == dict.fromkeys(releases())


class TestGreySecrets:
    """With a model that hides grey pictures, grey is compared with grey."""

    @pytest.fixture
    def grey(self, start, tmp_path):  # noqa: ARG002 - the files have to be there first
        """The luma of secret.png, beside it as grey.png."""
        luma = to_u8(bt601_luma(pixels(tmp_path / "secret.png")))
        Image.fromarray(luma).save(tmp_path / "grey.png")
        return luma

    def test_embed_tells_of_lost_colours_and_measures_the_luma(self, start, invoke, grey_model, grey, tmp_path):
        finished = invoke(*start["embed"], "-o", "stego.png", "--model", grey_model, "--json")
        notice = "secret.png: turned grey, its colours are not carried over"
        assert (finished.returncode, finished.stderr) == (0, f"note: {notice}\n")
        record = json.loads(finished.stdout)
        assert record["notices"] == [notice]
        assert invoke("extract", "stego.png", "-o", "recovered.png", "--model", grey_model).returncode == 0
        with Image.open(tmp_path / "recovered.png") as recovered:
            assert (recovered.mode, recovered.size) == ("L", (64, 48))
        assert record["secret_psnr_db"] == pytest.approx(psnr(grey, pixels(tmp_path / "recovered.png")), abs=1e-3)
        measured = psnr(pixels(tmp_path / "cover.png"), pixels(tmp_path / "stego.png"))
        assert record["cover_psnr_db"] == pytest.approx(measured, abs=1e-3)

    @pytest.mark.usefixtures("grey")
    def test_a_grey_secret_loses_nothing_worth_a_note(self, invoke, grey_model):
        finished = invoke("embed", "cover.png", "grey.png", "-o", "stego.png", "--model", grey_model)
        assert (finished.returncode, finished.stderr) == (0, "")
        assert finished.stdout.splitlines()[0] == f"stego.png: 64x48, hidden with {grey_model}"

    def test_extract_says_the_size(self, start, invoke, grey_model):
        finished = invoke(*start["extract"], "-o", "recovered.png", "--model", grey_model)
        assert finished == (0, f"recovered.png: 64x48, extracted with {grey_model}\n", "")


class TestNotes:
    @pytest.mark.usefixtures("start")
    def test_of_a_secret_with_another_aspect(self, invoke, tmp_path):
        Image.open(tmp_path / "secret.png").resize((48, 48)).save(tmp_path / "square.png")
        finished = invoke("embed", "cover.png", "square.png", "-o", "stego.png")
        assert finished.returncode == 0
        assert finished.stderr == (
            "note: square.png: fitted whole from 48x48 into 64x48: resized to 48x48, with black bars around it\n"
        )

    def test_of_a_secret_that_comes_back_badly(self, start, invoke, monkeypatch):
        monkeypatch.setattr("liftveil.metrics.psnr", lambda *_: 12.345)
        weak = "stego.png: the secret comes back at only 12.35 dB; try another cover"
        finished = invoke(*start["embed"], "-o", "stego.png", "--json")
        assert (finished.returncode, finished.stderr) == (0, f"note: {weak}\n")
        assert json.loads(finished.stdout)["notices"] == [weak]

    def test_identical_pictures_are_called_so(self, start, invoke, monkeypatch):
        monkeypatch.setattr("liftveil.metrics.psnr", lambda *_: np.inf)
        finished = invoke(*start["embed"], "-o", "stego.png")
        assert finished.stderr == ""
        assert finished.stdout.count("identical") == 2


class TestModel:
    @pytest.mark.parametrize("name", ["starinn", "starinn-1"])
    def test_by_name_or_alias(self, start, invoke, name):
        finished = invoke(*start["embed"], "-o", "stego.png", "--model", name)
        full = find_model(name).name
        assert (finished.returncode, finished.stdout.splitlines()[0]) == (0, f"stego.png: 64x48, hidden with {full}")
        finished = invoke("extract", "stego.png", "-o", "recovered.png", "--model", name)
        assert finished == (0, f"recovered.png: 64x48, extracted with {full}\n", "")

    def test_by_folder(self, start, invoke, tmp_path, linear_model):
        (tmp_path / "mine").symlink_to(linear_model)
        finished = invoke(*start["embed"], "-o", "stego.png", "--model", "mine")
        assert (finished.returncode, finished.stdout.splitlines()[0]) == (0, "stego.png: 64x48, hidden with mine")
        finished = invoke("extract", "stego.png", "-o", "recovered.png", "--model", linear_model, "--json")
        assert (finished.returncode, json.loads(finished.stdout)["model"]) == (0, str(linear_model))
        assert psnr(pixels(tmp_path / "secret.png"), pixels(tmp_path / "recovered.png")) > 20

    @pytest.mark.parametrize("command", ["embed", "extract"])
    @pytest.mark.parametrize(
        ("name", "problem"),
        [
            ("starin", "did you mean 'starinn'?"),
            ("no/such/folder", "is neither shipped nor a folder made by 'liftveil export'"),
            ("", "is neither shipped nor a folder made by 'liftveil export'"),
            ("m" * 5000, "is neither shipped nor a folder made by 'liftveil export'"),
            ("cover.png", "is neither shipped nor a folder made by 'liftveil export'"),
            ("blank", "onnx is missing; make the folder with 'liftveil export'"),
            ("garbage", "its graph cannot be opened ("),
        ],
    )
    def test_that_cannot_serve_is_refused_before_anything_is_written(
        self, start, invoke, tmp_path, command, *, name, problem
    ):
        (tmp_path / "blank").mkdir()
        (tmp_path / "garbage").mkdir()
        for file in ("embed.onnx", "extract.onnx", "weights.safetensors"):
            (tmp_path / "garbage" / file).write_bytes(b"garbage")
        before = files(tmp_path)
        refused(invoke(*start[command], "-o", "out.png", "--model", name), f"model {name}", problem)
        assert files(tmp_path) == before

    @pytest.mark.parametrize("file", ["embed.onnx", "extract.onnx"])
    def test_half_damaged_hides_nothing(self, start, invoke, tmp_path, linear_model, file):
        (tmp_path / "mine").mkdir()
        for path in linear_model.iterdir():
            content = path.read_bytes()
            (tmp_path / "mine" / path.name).write_bytes(content[:-100] if path.name == file else content)
        before = files(tmp_path)
        refused(invoke(*start["embed"], "-o", "out.png", "--model", "mine"), "model mine: its graph cannot be")
        assert files(tmp_path) == before

    @pytest.mark.parametrize("command", ["embed", "extract"])
    def test_of_the_release_that_was_changed_is_refused(self, start, invoke, tmp_path, command, monkeypatch):
        model = find_model()
        changed = type(model)(model.name, model.folder, dict.fromkeys(model.sha256, "0" * 64))
        monkeypatch.setattr("liftveil.api.neural.find_model", lambda _: changed)
        monkeypatch.setattr("liftveil.api.neural.releases", lambda: {changed.name: changed})
        monkeypatch.setattr("liftveil.api.neural._opened", lambda model, _: Session(model))
        before = files(tmp_path)
        refused(
            invoke(*start[command], "-o", "out.png"), f"model {model.name}: ", ".onnx is damaged; reinstall liftveil"
        )
        assert files(tmp_path) == before


def test_too_little_memory_is_one_line(start, invoke, tmp_path, monkeypatch):
    def fail(*_):
        raise MemoryError("Failed to allocate memory for requested buffer of size 9")

    monkeypatch.setattr("liftveil.runtime.session.run_graph", fail)
    before = files(tmp_path)
    refused(
        invoke(*start["embed"], "-o", "out.png"),
        "not enough memory; use smaller pictures or, in a training, a smaller 'data.batch' or 'data.crop_px'",
    )
    assert files(tmp_path) == before


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, LiftveilError("lost")])
def test_a_stego_appears_only_once_it_is_verified(start, invoke, tmp_path, monkeypatch, trouble):
    def fail(*_, **__):
        raise trouble

    monkeypatch.setattr("liftveil.api.extract_picture", fail)
    before = files(tmp_path)
    assert invoke(*start["embed"], "-o", "stego.png").returncode in {1, 130}
    assert files(tmp_path) == before


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_closed_streams_are_no_trouble(start, tmp_path):
    command = shlex.join([sys.executable, "-m", "liftveil", *start["embed"], "-o", "stego.png"])
    finished = subprocess.run(["sh", "-c", f"exec {command} <&- >&- 2>&-"], cwd=tmp_path, check=False)
    assert finished.returncode == 0
    assert pixels(tmp_path / "stego.png").shape == (48, 64, 3)


class TestJpeg:
    """Stegos in JPEG, from a model that says it is made for that."""

    def test_is_written_and_verified(self, start, invoke, tmp_path, jpeg_model):
        finished = invoke(*start["embed"], "-o", "stego.jpg", "--model", jpeg_model, "--quality", "95", "--json")
        assert finished.returncode == 0
        told = json.loads(finished.stdout)
        with Image.open(tmp_path / "stego.jpg") as image:
            assert image.format == "JPEG"
        assert told["cover_psnr_db"] == pytest.approx(
            psnr(pixels(tmp_path / "cover.png"), pixels(tmp_path / "stego.jpg")), abs=1e-3
        )
        assert not [notice for notice in told["notices"] if "is made for" in notice or "transparency" in notice]

    def test_of_a_quality_below_the_model_s_is_told(self, start, invoke, jpeg_model):
        finished = invoke(*start["embed"], "-o", "stego.jpg", "--model", jpeg_model, "--quality", "70")
        assert finished.returncode == 0
        assert f"note: stego.jpg: {jpeg_model} is made for JPEG of quality 80 and above" in finished.stderr.splitlines()

    def test_does_not_bare_what_lies_below_transparent_parts(self, start, invoke, tmp_path, jpeg_model):
        cover = pixels(tmp_path / "cover.png")
        alpha = np.full_like(cover[..., 0], 255)
        cover[:24], alpha[:24] = (200, 0, 0), 0
        Image.fromarray(np.dstack([cover, alpha])).save(tmp_path / "cover.png")
        finished = invoke(*start["embed"], "-o", "stego.jpg", "--model", jpeg_model)
        assert finished.returncode == 0
        assert "note: cover.png: transparent parts laid on white" in finished.stderr.splitlines()
        assert pixels(tmp_path / "stego.jpg")[:16].min() > 150

    def test_says_nothing_of_an_alpha_channel_that_is_opaque(self, start, invoke, tmp_path, jpeg_model):
        cover = pixels(tmp_path / "cover.png")
        Image.fromarray(np.dstack([cover, np.full_like(cover[..., 0], 255)])).save(tmp_path / "cover.png")
        finished = invoke(*start["embed"], "-o", "stego.jpg", "--model", jpeg_model)
        assert finished.returncode == 0
        assert "transparen" not in finished.stderr

    def test_is_refused_where_it_would_destroy_the_secret(self, start, invoke, tmp_path, linear_model):
        before = files(tmp_path)
        refused(invoke(*start["embed"], "-o", "stego.jpg", "--model", linear_model), "stego.jpg: JPEG changes pixels")
        assert files(tmp_path) == before

    def test_where_refused_the_models_made_for_it_are_named(self, start, invoke, monkeypatch, linear_model, jpeg_model):
        monkeypatch.setattr("liftveil.weights.aliases", lambda: {"tough": "tough-1", "starinn": "starinn-2"})
        monkeypatch.setattr(
            "liftveil.weights.find_model",
            lambda name: Model(str(name), jpeg_model if name == "tough" else linear_model, {}),
        )
        problem = "stego.jpg: JPEG changes pixels, which destroys any hidden picture; save as .png or use --model tough"
        refused(invoke(*start["embed"], "-o", "stego.jpg"), problem)
