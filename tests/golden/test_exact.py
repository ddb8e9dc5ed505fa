"""Pictures that the exact carrier wrote when its format was published open in every later version."""

from pathlib import Path

import numpy as np
import pytest

from liftveil.exact import extract_message, picture_of
from liftveil.imaging import read_stego

from . import make_exact

HERE = Path(__file__).parent / "_exact"


def found(name, password=None):
    return extract_message(read_stego(HERE / f"{name}.png").rgb_u8, password)


def test_all_are_there_and_no_others():
    assert sorted(path.stem for path in HERE.iterdir()) == sorted([*make_exact.FILES, make_exact.PICTURE])


@pytest.mark.parametrize("name", make_exact.FILES)
def test_files_open(name):
    message, password = make_exact.FILES[name]
    assert found(name, password) == message
    if password is not None:
        assert found(name) is None
        assert found(name, password + " ") is None


def test_a_picture_opens():
    message = found(make_exact.PICTURE)
    assert (message.kind, message.name) == ("picture", "secret.png")
    np.testing.assert_array_equal(picture_of(message), make_exact.secret())


def test_what_is_there_is_never_written_to(run_python, tmp_path):
    made = tmp_path / "made"
    first, second = (run_python(HERE.parent / "make_exact.py", made) for _ in range(2))
    assert (first.returncode, first.stderr) == (0, "")
    assert second.returncode == 1
    assert "exists already" in second.stderr
    assert {path.name for path in made.iterdir()} == {path.name for path in HERE.iterdir()}
