"""JPEG between sender and receiver: the values are those of a real codec, the gradient that of a smooth one."""

from __future__ import annotations

from io import BytesIO
from typing import Literal, Protocol

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from liftveil.channel.rounding import through_file
from liftveil.errors import LiftveilError

Levels = Float[Tensor, "batch 3 height width"]
Planes = Float[Tensor, "batch plane height width"]
Table = Float[Tensor, "8 8"]
Subsampling = Literal["4:2:0", "4:4:4"]

# Where kornia scales tables by exactly 100 %: 5000 / quality is halfway between whole numbers, and so its smooth
# floor, which is off by up to 1/8 elsewhere, is right.
_TABLES_AS_GIVEN = 5000 / 100.5


def jpeg(levels: Levels, quality: int, subsampling: Subsampling) -> Levels:
    """What comes back when a picture is saved as JPEG and opened again.

    The values are exactly Pillow's: the network has to survive the real codec, and what it made of a stand-in's
    errors would be of no use. The real codec is piecewise constant, though, so its gradient is taken from
    :func:`smooth_jpeg` at the same pixels: it is small for the coefficients that quantisation wipes out, while a
    gradient passed straight through would promise that all of them survive. The stand-in only runs when a gradient
    is asked for.

    Args:
        levels: Grey levels; rounded and clipped first, as in :func:`through_file`.
        quality: Of the file, 1..100.
        subsampling: ``"4:2:0"`` halves the sides of the chroma planes, ``"4:4:4"`` keeps them.

    Returns:
        Whole grey levels in 0..255; NaN stays NaN.

    Raises:
        LiftveilError: If the quality is not within 1..100, where Pillow would silently take another one.
    """
    if not 1 <= quality <= 100:
        raise LiftveilError(f"{quality} is no JPEG quality; use 1..100")
    saved = through_file(levels)
    returned: Tensor = _Jpeg.apply(saved, quality, subsampling)  # type: ignore[no-untyped-call]  # torch's own
    return returned


def smooth_jpeg(levels: Levels, quality: int, subsampling: Subsampling) -> Levels:
    r"""A differentiable JPEG codec: kornia's on each plane, with the quantisation tables of the real file.

    Coefficients are rounded by :math:`r(x) + (x - r(x))^3` with :math:`r` to the nearest integer, whose derivative
    is 0 at whole numbers, 3/4 halfway between them and 1/4 on average.

    kornia's codec of whole pictures is not used. It always halves chroma, centres it half a level off, and makes its
    tables with a smooth floor that can miss by almost one step (at quality 100, steps are 0.1 instead of 1).
    On photographs this one is 42 dB (quality 10) to 51 dB (quality 100) from Pillow's, that one at best 37 to 51 dB.

    Args:
        levels: Grey levels in 0..255.
        quality: As in :func:`jpeg`.
        subsampling: As in :func:`jpeg`.

    Returns:
        Grey levels in 0..255, not rounded.

    References:
        Shin and Song, "JPEG-resistant adversarial images", NIPS workshop on machine learning and computer security
        (2017), for the rounding; Reich et al., "Differentiable JPEG: the devil is in the details", WACV 2024.
    """
    from kornia.color import rgb_to_ycbcr, ycbcr_to_rgb

    luma_table, chroma_table = _quantisation(quality).to(levels)
    planes = rgb_to_ycbcr(levels / 255) + _centre(levels)
    luma, chroma = _coded(planes[:, :1], luma_table), planes[:, 1:]
    if subsampling == "4:2:0":
        chroma = _doubled(_coded(_halved(chroma), chroma_table), *levels.shape[-2:])
    else:
        chroma = _coded(chroma, chroma_table)
    return 255 * ycbcr_to_rgb(torch.cat([luma, chroma], dim=1) - _centre(levels))


class _Context(Protocol):
    """What the forward pass leaves for the backward pass."""

    options: tuple[int, Subsampling]
    saved_tensors: tuple[Tensor, ...]

    def save_for_backward(self, *tensors: Tensor) -> None: ...


class _Jpeg(torch.autograd.Function):
    """Pillow's values with the gradient of :func:`smooth_jpeg`."""

    @staticmethod
    def forward(ctx: _Context, pixels: Levels, quality: int, subsampling: Subsampling) -> Levels:
        ctx.save_for_backward(pixels)
        ctx.options = quality, subsampling
        whole = pixels.nan_to_num().to("cpu", torch.uint8).permute(0, 2, 3, 1).numpy()
        opened = [np.asarray(_opened(Image.fromarray(picture), *ctx.options)) for picture in whole]
        returned = torch.from_numpy(np.stack(opened)).permute(0, 3, 1, 2).to(pixels)
        return torch.where(pixels.isnan(), pixels, returned)  # training has to see what went wrong

    @staticmethod
    @once_differentiable
    def backward(ctx: _Context, gradient: Levels) -> tuple[Levels, None, None]:
        pixels = ctx.saved_tensors[0].detach().requires_grad_()
        with torch.enable_grad():
            smooth = smooth_jpeg(pixels, *ctx.options)
        return torch.autograd.grad(smooth, pixels, gradient)[0], None, None


def _opened(picture: Image.Image, quality: int, subsampling: Subsampling) -> JpegImageFile:
    file = BytesIO()
    picture.save(file, "JPEG", quality=quality, subsampling=subsampling)
    return JpegImageFile(BytesIO(file.getvalue()))


def _quantisation(quality: int) -> Float[Tensor, "2 8 8"]:
    """The tables of luma and chroma, as they stand in a file of this quality."""
    tables = _opened(Image.new("RGB", (8, 8)), quality, "4:4:4").quantization
    return torch.tensor([tables[0], tables[1]]).reshape(2, 8, 8)


def _centre(levels: Levels) -> Float[Tensor, "3 1 1"]:
    """Without colour, chroma is 128 in JPEG and 127.5 in kornia, which matters to what is rounded to zero."""
    return levels.new_tensor([0.0, 0.5, 0.5])[:, None, None] / 255


def _halved(planes: Planes) -> Planes:
    """Means of 2x2 pixels; where a side is odd, its last pixels count twice."""
    return functional.avg_pool2d(planes, 2, ceil_mode=True)


def _doubled(planes: Planes, height: int, width: int) -> Planes:
    """Linear interpolation, as libjpeg does it by default, cropped where a side was odd."""
    return functional.interpolate(planes, scale_factor=2, mode="bilinear")[..., :height, :width]


def _coded(planes: Planes, table: Table) -> Planes:
    """Each plane as a grey picture through kornia's codec, which repeats the last pixels up to multiples of 16."""
    from kornia.enhance import jpeg_codec_differentiable  # here, since it takes seconds to import

    grey = planes.reshape(-1, 1, *planes.shape[-2:]).expand(-1, 3, -1, -1)
    scale, exact = torch.tensor([_TABLES_AS_GIVEN]), torch.ones_like(table)  # no step spoils the grey's chroma
    decoded: Tensor = jpeg_codec_differentiable(grey, scale, table, exact)[:, 0]
    return decoded.reshape(planes.shape)
