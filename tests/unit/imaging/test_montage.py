import numpy as np
import pytest

from liftveil.errors import LiftveilError, ShapeError
from liftveil.imaging.montage import amplified_difference, side_by_side

RED, BLUE = (255, 0, 0), (0, 0, 255)


def plain(colour, width, height):
    return np.full((height, width, 3), colour, np.uint8)


def box_of(sheet, colour):
    """Left, top, right and bottom of all pixels of one colour."""
    rows, columns = np.nonzero((sheet == colour).all(axis=2))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def ink_below(sheet, box):
    """Whether anything dark is written below a picture."""
    left, _, right, bottom = box
    return (sheet[bottom:, left:right].max(axis=2) < 100).any()


def test_panels_stand_in_a_row_with_equal_margins():
    panels = [("one", plain(RED, 40, 40)), ("two", plain(BLUE, 80, 40))]
    sheet = side_by_side(panels, panel_height_px=40, gap_px=10)
    assert box_of(sheet, RED) == (10, 10, 50, 50)
    assert box_of(sheet, BLUE) == (60, 10, 140, 50)
    assert sheet.shape[1] == 150
    assert sheet.dtype == np.uint8
    assert (sheet[:10] == 255).all()
    assert (sheet[-10:] == 255).all()


def test_every_panel_has_its_caption_below():
    panels = [("cover", plain(RED, 60, 60)), ("", plain(BLUE, 60, 60))]
    sheet = side_by_side(panels, panel_height_px=60)
    assert ink_below(sheet, box_of(sheet, RED))
    assert not ink_below(sheet, box_of(sheet, BLUE))


def test_different_captions_give_different_letters():
    sheets = [side_by_side([(caption, plain(RED, 90, 60))]) for caption in ("cover", "secret")]
    assert (sheets[0] != sheets[1]).any()


def test_sign_that_the_font_lacks_is_replaced():
    signs = [side_by_side([(caption, plain(RED, 90, 60))]) for caption in ("x20", "\N{MULTIPLICATION SIGN}20")]
    np.testing.assert_array_equal(*signs)


def test_panels_are_scaled_to_one_height():
    panels = [("a", plain(RED, 30, 20)), ("b", plain(BLUE, 200, 160))]
    sheet = side_by_side(panels, panel_height_px=80)
    red, blue = box_of(sheet, RED), box_of(sheet, BLUE)
    assert (red[2] - red[0], red[3] - red[1]) == (120, 80)
    assert (blue[2] - blue[0], blue[3] - blue[1]) == (100, 80)


def test_magnified_pixels_keep_hard_edges():
    checks = np.zeros((2, 2, 3), np.uint8)
    checks[0, 0] = checks[1, 1] = RED
    sheet = side_by_side([("", checks)], panel_height_px=40, gap_px=5)
    assert set(map(tuple, sheet[5:45, 5:45].reshape(-1, 3).tolist())) == {RED, (0, 0, 0)}


@pytest.mark.parametrize(("columns", "rows"), [(1, 3), (2, 2), (3, 1), (9, 1), (None, 1)])
def test_rows_are_filled_in_order(columns, rows):
    colours = [RED, BLUE, (0, 255, 0)]
    sheet = side_by_side([("", plain(colour, 30, 30)) for colour in colours], panel_height_px=30, columns=columns)
    boxes = [box_of(sheet, colour) for colour in colours]
    assert len({box[1] for box in boxes}) == rows
    assert [(box[1], box[0]) for box in boxes] == sorted((box[1], box[0]) for box in boxes)


def test_caption_wider_than_its_panel_makes_room():
    sheet = side_by_side([("a caption that is long " * 3, plain(RED, 20, 20))], panel_height_px=20)
    left, _, right, _ = box_of(sheet, RED)
    assert right - left == 20
    assert sheet.shape[1] > 300
    assert abs(left - (sheet.shape[1] - right)) <= 1
    assert (sheet[:, :6] == 255).all()
    assert (sheet[:, -6:] == 255).all()


def test_montage_of_nothing_is_refused():
    with pytest.raises(LiftveilError, match="at least one picture"):
        side_by_side([])


def test_grey_panel_looks_as_its_colours_would():
    grey = np.arange(60, dtype=np.uint8).reshape(6, 10, 1)
    panels = grey, grey[..., 0], grey.repeat(3, axis=2)
    first, *others = [side_by_side([("", panel)], panel_height_px=24) for panel in panels]
    for other in others:
        np.testing.assert_array_equal(first, other)


@pytest.mark.parametrize("shape", [(4, 4, 4), (4, 4, 3, 1)])
def test_panel_of_another_shape_is_refused_by_its_caption(shape):
    with pytest.raises(ShapeError, match="for the panel 'mask'"):
        side_by_side([("mask", np.zeros(shape, np.uint8))])


def test_difference_is_absolute_amplified_and_clipped():
    a_u8, b_u8 = np.array([[10, 10, 10, 0]], np.uint8), np.array([[10, 12, 7, 255]], np.uint8)
    assert amplified_difference(a_u8, b_u8).tolist() == [[0, 40, 60, 255]]
    assert amplified_difference(b_u8, a_u8, gain=2.5).tolist() == [[0, 5, 8, 255]]


def test_difference_of_other_sizes_is_refused():
    with pytest.raises(ShapeError, match=r"got an array of shape \(3, 2, 3\), expected \(2, 3, 3\)"):
        amplified_difference(np.zeros((2, 3, 3), np.uint8), np.zeros((3, 2, 3), np.uint8))
