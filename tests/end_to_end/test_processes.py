"""What a user's shell sees: one process hides, another one finds, and only files pass between them.

Every kind of picture and every refusal is covered in tests/cli within one process; here are the typical ones.
"""

import json

import numpy as np
import pytest
from PIL import Image

from liftveil.imaging import read_picture, write_picture
from liftveil.metrics import psnr
from liftveil.weights import find_model

WIDTH, HEIGHT = 90, 62


@pytest.fixture
def pair(cropped, tmp_path):
    """Write cover.png and secret.png of a size that fits no wavelet."""
    pictures = cropped(WIDTH, HEIGHT)
    for name, pixels in zip(("cover.png", "secret.png"), pictures, strict=True):
        Image.fromarray(pixels).save(tmp_path / name)
    return pictures


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def refused(finished, start):
    assert (finished.returncode, finished.stdout) == (1, "")
    [line] = finished.stderr.splitlines()
    assert line.startswith(f"liftveil: {start}")


def test_the_photographs_fare_well_through_the_file(run_cli, cropped, tmp_path, least):
    sender, receiver = tmp_path / "sender", tmp_path / "receiver"
    sender.mkdir()
    receiver.mkdir()
    photographs = cropped(512, 512)
    for name, picture in zip(("cover.png", "secret.png"), photographs, strict=True):
        Image.fromarray(picture).save(sender / name)
    embedded = run_cli("embed", "cover.png", "secret.png", "-o", "stego.png", "--json", cwd=sender)
    assert (embedded.returncode, embedded.stderr) == (0, "")
    assert names(sender) == ["cover.png", "secret.png", "stego.png"]
    # Nothing but the pixels goes on, written by another encoder.
    with Image.open(sender / "stego.png") as stego:
        Image.fromarray(np.array(stego)).save(receiver / "received.tif", compression="tiff_lzw")
    extracted = run_cli("extract", "received.tif", "-o", "recovered.png", "--json", cwd=receiver)
    assert (extracted.returncode, extracted.stderr) == (0, "")
    assert names(receiver) == ["received.tif", "recovered.png"]
    measured = [
        psnr(before, read_picture(after).rgb_u8)
        for before, after in zip(photographs, (sender / "stego.png", receiver / "recovered.png"), strict=True)
    ]
    said = json.loads(embedded.stdout)
    assert [said["cover_psnr_db"], said["secret_psnr_db"]] == pytest.approx(measured, abs=1e-3)
    assert json.loads(extracted.stdout)["model"] == said["model"] == find_model().name
    assert measured[0] >= least.cover_db
    assert measured[1] >= least.secret_db


def test_transparent_cover_and_deep_gray_secret(run_cli, pair, tmp_path, least):
    alpha = np.resize(np.arange(256, dtype=np.uint8), (HEIGHT, WIDTH))
    write_picture(tmp_path / "cover.webp", pair[0], alpha)
    deep = np.asarray(Image.fromarray(pair[1]).convert("L")).astype(np.uint16) * 257
    Image.fromarray(deep).save(tmp_path / "secret.png")
    embedded = run_cli("embed", "cover.webp", "secret.png", "-o", "stego.webp")
    assert embedded.returncode == 0
    assert embedded.stderr == "note: secret.png: 16-bit values rounded to 8 bits\n"
    assert run_cli("extract", "stego.webp", "-o", "recovered.png").returncode == 0
    stego = read_picture(tmp_path / "stego.webp")
    np.testing.assert_array_equal(stego.alpha_u8, alpha)
    assert psnr(pair[0], stego.rgb_u8) >= least.recognisable_db
    hidden, recovered = (read_picture(tmp_path / f"{name}.png").rgb_u8 for name in ("secret", "recovered"))
    assert psnr(hidden, recovered) >= least.recognisable_db


def test_grey_secret_comes_back_in_grey(run_cli, pair, tmp_path, grey_model):
    sender, receiver = tmp_path / "sender", tmp_path / "receiver"
    sender.mkdir()
    receiver.mkdir()
    (tmp_path / "cover.png").rename(sender / "cover.png")
    secret = Image.open(tmp_path / "secret.png").convert("L")
    secret.save(sender / "secret.png")
    words = ("-o", "stego.png", "--model", grey_model, "--json")
    embedded = run_cli("embed", "cover.png", "secret.png", *words, cwd=sender)
    assert (embedded.returncode, embedded.stderr) == (0, "")
    (sender / "stego.png").rename(receiver / "stego.png")
    extracted = run_cli("extract", "stego.png", "-o", "recovered.png", "--model", grey_model, cwd=receiver)
    assert (extracted.returncode, extracted.stderr) == (0, "")
    with Image.open(receiver / "recovered.png") as recovered:
        assert (recovered.format, recovered.mode, recovered.size) == ("PNG", "L", (WIDTH, HEIGHT))
        measured = psnr(np.array(secret), np.array(recovered))
    assert json.loads(embedded.stdout)["secret_psnr_db"] == pytest.approx(measured, abs=1e-3)
    assert measured > 25
    assert psnr(pair[0], read_picture(receiver / "stego.png").rgb_u8) > 20


def test_cmyk_cover_and_small_square_secret(run_cli, pair, tmp_path):
    Image.fromarray(pair[0]).convert("CMYK").save(tmp_path / "cover.jpg", quality=95)
    Image.fromarray(pair[1][:16, :16]).save(tmp_path / "secret.png")
    embedded = run_cli("embed", "cover.jpg", "secret.png", "-o", "stego.png")
    assert embedded.returncode == 0
    inks, fitted, *weak = embedded.stderr.splitlines()
    assert inks == "note: cover.jpg: CMYK colours converted without a profile, so only roughly right"
    assert fitted.startswith(f"note: secret.png: fitted whole from 16x16 into {WIDTH}x{HEIGHT}: resized to ")
    assert all(line.startswith("note: stego.png: the secret comes back at only ") for line in weak)
    extracted = run_cli("extract", "stego.png", "-o", "recovered.png")
    assert (extracted.returncode, extracted.stderr) == (0, "")
    assert read_picture(tmp_path / "recovered.png").rgb_u8.shape == (HEIGHT, WIDTH, 3)


def test_a_stego_saved_as_jpeg_is_warned_of(run_cli, pair, tmp_path):
    Image.fromarray(pair[0]).save(tmp_path / "stego.jpg")
    finished = run_cli("extract", "stego.jpg", "-o", "recovered.png", "--model", "starinn")
    assert finished.returncode == 0
    assert finished.stderr == "note: stego.jpg: JPEG changes pixels, so what was hidden here may be lost\n"


@pytest.mark.usefixtures("pair")
class TestRefused:
    """Exit code 1, one line that names the file, nothing on the output, and nothing written."""

    @pytest.fixture(autouse=True)
    def untouched(self, pair, tmp_path):  # noqa: ARG002 - the files have to be there first
        (tmp_path / "words.png").write_text("These are words.")
        (tmp_path / "cut.png").write_bytes((tmp_path / "cover.png").read_bytes()[:-1000])
        Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
        before = {path: path.read_bytes() for path in tmp_path.iterdir()}
        yield
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before

    def test_cover_that_is_no_picture(self, run_cli):
        refused(run_cli("embed", "words.png", "secret.png", "-o", "stego.png"), "words.png: is no picture")

    def test_secret_that_is_too_small(self, run_cli):
        refused(run_cli("embed", "cover.png", "dot.png", "-o", "stego.png"), "dot.png: 1x1 pixels is too small")

    def test_stego_that_is_truncated(self, run_cli):
        refused(run_cli("extract", "cut.png", "-o", "recovered.png"), "cut.png: damaged or truncated")

    def test_output_that_is_lossy(self, run_cli):
        finished = run_cli("embed", "cover.png", "secret.png", "-o", "stego.jpg")
        refused(finished, "stego.jpg: JPEG changes pixels, which destroys any hidden picture; save as .png")

    def test_output_that_exists(self, run_cli):
        refused(run_cli("extract", "cover.png", "-o", "secret.png"), "secret.png: exists already")

    def test_model_that_is_unknown(self, run_cli):
        finished = run_cli("extract", "cover.png", "-o", "recovered.png", "--model", "starin")
        refused(finished, "model starin: is neither shipped nor a folder made by 'liftveil export'; did you mean")


def test_without_arguments_help_is_printed(run_cli, tmp_path):
    finished = run_cli()
    said = finished.stdout + finished.stderr
    assert said.startswith("Usage: ")
    assert "embed " in said
    assert finished.returncode == 2
    assert names(tmp_path) == []
