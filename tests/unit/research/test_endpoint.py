"""What the processes of the protocol do, in this process: only files of the current folder are read and written."""

import json
import sys

import numpy as np
import pytest
from PIL import Image

from liftveil.research import endpoint
from liftveil.research.probe import probe
from liftveil.weights import find_model


@pytest.fixture
def act(tmp_path, monkeypatch, cropped):
    """Run the endpoint in a folder with cover.png and secret.png."""
    monkeypatch.chdir(tmp_path)
    for name, picture in zip(("cover.png", "secret.png"), cropped(64, 48), strict=True):
        Image.fromarray(picture).save(name)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["endpoint", *arguments])
        endpoint.main()

    return run


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_hide_writes_the_stego_alone(act, tmp_path, cropped):
    act("hide", "lsb-4bit")
    cover, secret = cropped(64, 48)
    assert np.array_equal(pixels("stego.png"), cover & 0xF0 | secret >> 4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cover.png", "secret.png", "stego.png"]


def test_show_needs_no_cover_and_takes_every_stego(act, tmp_path, cropped):
    stego = Image.fromarray(cropped(64, 48)[0])
    for name in ("cover.png", "secret.png"):
        (tmp_path / name).unlink()
    stego.save("stego-00.png")
    stego.save("stego-01.webp", quality=60)
    stego.save("stego-02.jpg", quality=60)
    act("show", "lsb-4bit")
    found = {path.name: pixels(path) for path in (tmp_path / "recovered").iterdir()}
    assert set(found) == {"stego-00.png", "stego-01.png", "stego-02.png"}
    for name in ("00.png", "01.webp", "02.jpg"):
        assert np.array_equal(found[f"stego-{name[:2]}.png"] >> 4, pixels(f"stego-{name}") & 15)


def test_probe_writes_what_it_found(act, tmp_path, cropped):
    act("probe", "model:starinn-1")
    found = json.loads((tmp_path / "probe.json").read_text())
    assert found == probe(find_model("starinn-1"), *cropped(64, 48))


def test_grey_models_are_given_grey_secrets(act, grey_model):
    act("hide", f"model:{grey_model}")
    act("show", f"model:{grey_model}")
    assert pixels("stego.png").shape == (48, 64, 3)
    assert pixels("recovered/stego.png").shape == (48, 64)
    act("probe", f"model:{grey_model}")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("hide", "nonsense"), "liftveil: no system is called 'nonsense'; there are "),
        (("hide", "model:nonsense"), "liftveil: model nonsense: is neither shipped nor a folder"),
        (("probe", "lsb-4bit"), "liftveil: model lsb-4bit: is neither shipped nor a folder"),
    ],
)
def test_refusals_are_lines(act, arguments, problem):
    with pytest.raises(SystemExit) as end:
        act(*arguments)
    assert str(end.value.code).startswith(problem)
    assert "\n" not in str(end.value.code)


def test_pictures_that_nobody_can_take_are_refused(act):
    Image.new("RGB", (8, 8)).save("cover.png")
    Image.new("RGB", (8, 8)).save("secret.png")
    with pytest.raises(SystemExit) as end:
        act("hide", "model:starinn-1")
    assert "(8, 8, 3)" in str(end.value.code)
