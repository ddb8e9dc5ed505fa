"""Pictures side by side with captions, for people to look at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from liftveil.errors import LiftveilError, ShapeError
from liftveil.imaging.quantize import to_u8

_PAPER, _INK = (255, 255, 255), (40, 40, 40)


def side_by_side(
    panels: Sequence[tuple[str, NDArray[np.uint8]]],
    *,
    columns: int | None = None,
    panel_height_px: int = 256,
    caption_px: int = 15,
    gap_px: int = 12,
) -> NDArray[np.uint8]:
    """Lay pictures out in rows on white paper, each with its caption below.

    Args:
        panels: Pairs of caption and pixels of shape (height, width, 3); (height, width) or (height, width, 1)
            if they are grey.
        columns: Panels in a row; all in one row if not given.
        panel_height_px: Height that every picture is scaled to; its width follows.
        caption_px: Size of the letters.
        gap_px: Width of the margins and of the space between panels.

    Returns:
        One picture.

    Raises:
        LiftveilError: If there is no panel.
        ShapeError: If the pixels of a panel have another shape.
    """
    if not panels:
        raise LiftveilError("a montage needs at least one picture")
    font = ImageFont.load_default(caption_px)
    cells = [_cell(caption, pixels, panel_height_px, font) for caption, pixels in panels]
    columns = min(columns or len(cells), len(cells))
    widths = [max(cell.width for cell in cells[column::columns]) for column in range(columns)]
    rows = -(-len(cells) // columns)
    row_height = max(cell.height for cell in cells) + gap_px
    sheet = Image.new("RGB", (sum(widths) + gap_px * (columns + 1), row_height * rows + gap_px), _PAPER)
    for index, cell in enumerate(cells):
        row, column = divmod(index, columns)
        left = gap_px * (column + 1) + sum(widths[:column]) + (widths[column] - cell.width) // 2
        sheet.paste(cell, (left, gap_px + row * row_height))
    return np.array(sheet)


def amplified_difference(a_u8: NDArray[np.uint8], b_u8: NDArray[np.uint8], *, gain: float = 20) -> NDArray[np.uint8]:
    """Make small differences of two pictures visible: black where they agree.

    Args:
        a_u8: Pixels of any shape.
        b_u8: Pixels of the same shape.
        gain: Factor on the absolute difference, which is then clipped to 255.

    Returns:
        Pixels of that shape.

    Raises:
        ShapeError: If the shapes differ.
    """
    if a_u8.shape != b_u8.shape:
        raise ShapeError(b_u8.shape, f"{a_u8.shape}, as the other picture has")
    difference = np.abs(a_u8.astype(np.int16) - b_u8)
    return to_u8(difference * gain)


def _cell(
    caption: str, pixels: NDArray[np.uint8], height: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> Image.Image:
    """Draw one picture with its caption centred below, wide enough for both."""
    caption = caption.replace("×", "x")  # noqa: RUF001 - Pillow's font lacks the sign
    rows, columns, *channels = pixels.shape
    if channels not in ([], [1], [3]):
        raise ShapeError(pixels.shape, f"(height, width, 3) or (height, width) for the panel {caption!r}")
    rgb = np.broadcast_to(np.atleast_3d(pixels), (rows, columns, 3))
    panel = _scaled(Image.fromarray(rgb), height)
    text_left, _, text_right, text_bottom = font.getbbox(caption)
    width = max(panel.width, round(text_right - text_left))
    # The height of a fixed text, so that captions with and without descenders give equal cells.
    line_height = round(max(text_bottom, font.getbbox("Xg")[3]))
    space = line_height // 3
    cell = Image.new("RGB", (width, height + space + line_height), _PAPER)
    cell.paste(panel, ((width - panel.width) // 2, 0))
    ImageDraw.Draw(cell).text((width / 2, height + space), caption, fill=_INK, font=font, anchor="ma")
    return cell


def _scaled(panel: Image.Image, height: int) -> Image.Image:
    width = max(1, round(panel.width * height / panel.height))
    # Whole multiples keep the hard edges of pixels, so that a magnified crop looks like one.
    enlarged = height % panel.height == 0
    method = Image.Resampling.NEAREST if enlarged else Image.Resampling.LANCZOS
    return panel.resize((width, height), method)
