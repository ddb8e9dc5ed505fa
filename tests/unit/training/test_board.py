"""TensorBoard's own reader finds what the board wrote."""

import errno
import os
import sys
from io import BytesIO
from math import inf, nan

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from liftveil.errors import CheckpointError, MissingExtraError
from liftveil.training.board import Board


def read(folder):
    return EventAccumulator(str(folder)).Reload()


def scalars(folder):
    """Steps and values by name."""
    found = read(folder)
    return {name: [(event.step, event.value) for event in found.Scalars(name)] for name in found.Tags()["scalars"]}


def test_figures_are_found_under_their_names(tmp_path):
    board = Board(tmp_path / "board", 0)
    board.figures(10, {"loss": 2.5, "rate": 0.25, "rollbacks": 3})
    board.figures(20, {"loss": 1.5})
    board.close()
    assert scalars(tmp_path / "board") == {"loss": [(10, 2.5), (20, 1.5)], "rate": [(10, 0.25)], "rollbacks": [(10, 3)]}


def test_figures_can_be_read_while_the_run_goes_on(tmp_path):
    board = Board(tmp_path, 0)
    board.figures(10, {"loss": 2.5})
    assert scalars(tmp_path) == {"loss": [(10, 2.5)]}
    board.close()


def test_texts_are_left_out_and_what_is_not_finite_stays(tmp_path):
    board = Board(tmp_path, 0)
    board.figures(1, {"event": "skipped", "loss": nan, "gradient_norm": inf})
    board.close()
    found = scalars(tmp_path)
    assert found.keys() == {"loss", "gradient_norm"}
    assert np.isnan(found["loss"][0][1])
    assert found["gradient_norm"] == [(1, inf)]


def test_a_picture_is_found_pixel_for_pixel(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    board = Board(tmp_path, 0)
    board.picture(7, picture)
    board.close()
    [event] = read(tmp_path).Images("validation")
    assert event.step == 7
    assert np.array_equal(np.array(Image.open(BytesIO(event.encoded_image_string))), picture)


@pytest.mark.parametrize("after", [0, 10])
def test_what_lies_behind_the_checkpoint_is_hidden_when_the_run_goes_on(tmp_path, after):
    first = Board(tmp_path, 0)
    for step in (10, 20, 30):
        first.figures(step, {"loss": float(step)})
    first.close()
    second = Board(tmp_path, after)
    second.figures(20, {"loss": 0.5})
    second.close()
    assert scalars(tmp_path) == {"loss": [(10, 10.0), (20, 0.5)] if after else [(20, 0.5)]}


def test_without_tensorboard_the_extra_is_named(tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("torch.utils.tensorboard")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(MissingExtraError, match=r"--tensorboard needs .*'liftveil\[tensorboard\]'") as refusal:
        Board(tmp_path / "board", 0)
    assert refusal.value.extra == "tensorboard"
    assert list(tmp_path.iterdir()) == []


class TestADiskThatFails:
    def test_is_an_error_that_names_the_folder(self, tmp_path):
        (tmp_path / "taken").touch()
        with pytest.raises(CheckpointError, match="cannot be written for TensorBoard") as refusal:
            Board(tmp_path / "taken", 0)
        assert refusal.value.path == str(tmp_path / "taken")

    def test_may_fail_later(self, tmp_path, monkeypatch):
        def refuse(*_, **__):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        board = Board(tmp_path, 0)
        for name in ("flush", "add_image", "close"):
            monkeypatch.setattr(board._writer, name, refuse)
        picture = np.zeros((2, 2, 3), np.uint8)
        for act in (lambda: board.figures(1, {"loss": 1.0}), lambda: board.picture(1, picture), board.close):
            with pytest.raises(CheckpointError, match=r"TensorBoard \(No space left on device\)") as refusal:
                act()
            assert refusal.value.path == str(tmp_path)
        monkeypatch.undo()
        board.close()
