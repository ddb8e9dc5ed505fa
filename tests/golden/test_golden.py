"""Pictures of every release, made when it was published, are read and made alike by every later version."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from liftveil.runtime import Session
from liftveil.weights import find_model, releases

HERE = Path(__file__).parent
FOLDERS = sorted(path.name for path in HERE.iterdir() if path.is_dir() and not path.name.startswith("_"))
ROLES = ("cover", "secret", "stego", "recovered")

# Another processor or a later engine sums in another order; that may tip a sample by one grey level, and with it, where
# noise is shaped, others of its block.
MOST_APART = 2
LEAST_EQUAL = 0.995


def pixels(path):
    with Image.open(path) as image:
        assert (image.format, image.mode in {"RGB", "L"}) == ("PNG", True)
        return np.array(image)


def same(ours, golden):
    assert ours.shape == golden.shape
    assert np.abs(ours.astype(int) - golden).max() <= MOST_APART
    assert (ours == golden).mean() >= LEAST_EQUAL


def test_every_release_has_its_folder_and_every_folder_its_release():
    assert sorted(releases()) == FOLDERS, "python tests/golden/make.py NAME makes the folder of a new release"


@pytest.mark.parametrize("name", sorted(releases()))
class TestEveryRelease:
    @pytest.fixture
    def golden(self, name):
        return {role: pixels(HERE / name / f"{role}.png") for role in ROLES}

    def test_extracts_what_it_hid(self, name, golden):
        same(Session(find_model(name)).extract(golden["stego"]), golden["recovered"])

    def test_hides_as_it_hid(self, name, golden):
        same(Session(find_model(name)).embed(golden["cover"], golden["secret"]), golden["stego"])

    def test_secrets_have_the_colours_that_it_hides(self, name, golden):
        shape = golden["cover"].shape[: 3 if Session(find_model(name)).secret_channels == 3 else 2]
        assert golden["secret"].shape == golden["recovered"].shape == shape

    def test_is_chosen_among_all_releases(self, name, invoke, golden):  # noqa: ARG002 - the files have to exist
        finished = invoke("extract", HERE / name / "stego.png", "-o", "recovered.png")
        assert (finished.returncode, finished.stderr) == (0, "")
        assert finished.stdout.splitlines()[0] == f"recovered.png: 96x64, extracted with {name}"


class TestMake:
    def test_makes_a_folder_once(self, run_python, tmp_path):
        name = next(iter(releases()))
        first = run_python(HERE / "make.py", name, tmp_path / "golden")
        assert (first.returncode, first.stderr) == (0, "")
        made = tmp_path / "golden" / name
        assert first.stdout == f"{made}\n"
        assert sorted(path.stem for path in made.iterdir()) == sorted(ROLES)
        before = {path: path.read_bytes() for path in made.iterdir()}
        same(Session(find_model(name)).extract(pixels(made / "stego.png")), pixels(made / "recovered.png"))
        second = run_python(HERE / "make.py", name, tmp_path / "golden")
        assert (second.returncode, second.stdout) == (1, "")
        assert second.stderr == f"make.py: {made} exists already; golden files never change\n"
        assert {path: path.read_bytes() for path in made.iterdir()} == before

    def test_refuses_what_is_no_release(self, run_python, tmp_path):
        finished = run_python(HERE / "make.py", "starinn", tmp_path)
        assert (finished.returncode, finished.stdout) == (1, "")
        assert finished.stderr == f"make.py: starinn is no release; those are {', '.join(releases())}\n"
        assert list(tmp_path.iterdir()) == []
