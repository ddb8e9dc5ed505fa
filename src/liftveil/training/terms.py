r"""The terms that an objective may be made of, each a number that training makes small.

Every term takes an exchange and the number of grey levels that count as one (``unit``; squared errors are
divided by its square), and returns a mean over each picture first and over the batch second: neither how a batch
is split nor what lies in the padding changes it. What looks at several pixels at once (a difference, a window, a
coefficient) counts where all of them are real; a picture without room for a single one makes the term NaN.
The pictures are neither rounded nor clipped.

References:
    Rudin, Osher and Fatemi, "Nonlinear total variation based noise removal algorithms", Physica D 60 (1992),
    259-268; Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to structural
    similarity", IEEE TIP 13 (2004), 600-612; Jing et al., "HiNet: deep image hiding by invertible network",
    ICCV (2021), 4733-4742 (a loss on the stego's low band).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import max_pool2d

from liftveil.channel import clip_levels
from liftveil.invertible import TORCH_FLOAT
from liftveil.training.exchange import Exchange, Secret
from liftveil.wavelets import SCHEMES, Subbands, decompose_once

Scalar = Float[Tensor, ""]
Inside = Float[Tensor, "batch 1 height width"]

Term = Callable[[Exchange, float], Scalar]

_WINDOW_PX = 11
_LEVELS = 255.0


def hiding_mse(result: Exchange, unit: float) -> Scalar:
    """Squared error of the stego against the cover."""
    return _mean((result.stego - result.cover) ** 2, result.inside) / unit**2


def hiding_log(result: Exchange, unit: float) -> Scalar:
    """Logarithm of one plus each stego's squared error: in the end what PSNRs are, but bounded below.

    Above one unit, halving the error of a hard picture counts as much as halving that of another one.
    """
    return _log_error(result.stego - result.cover, result, unit)


def recovery_mse(result: Exchange, unit: float) -> Scalar:
    """Squared error of the recovered picture against the secret."""
    return _mean((result.recovered - result.secret) ** 2, result.inside) / unit**2


def recovery_log(result: Exchange, unit: float) -> Scalar:
    """The same of each recovered picture."""
    return _log_error(result.recovered - result.secret, result, unit)


def recovery_ssim(result: Exchange, unit: float) -> Scalar:  # noqa: ARG001 - no unit: a similarity has none
    """One minus the structural similarity of recovered picture and secret, whatever the unit.

    Gaussian window of deviation 1.5 and 11x11 pixels, mean over channels; pictures have at least 11x11 pixels.
    """
    from kornia.metrics import ssim  # takes seconds to import, and few objectives need it

    similarity = ssim(result.recovered, result.secret, _WINDOW_PX, _LEVELS, eps=0.0, padding="valid")
    return 1 - _mean(similarity, result.inside, (_WINDOW_PX, _WINDOW_PX))


def recovery_gradient(result: Exchange, unit: float) -> Scalar:
    """Absolute error of the recovered picture's edges, that is of its differences; a shift in level costs nothing."""
    return _variation(result.recovered - result.secret, result.inside) / unit


def total_variation(result: Exchange, unit: float) -> Scalar:
    """Anisotropic total variation of the recovered picture for each pixel: 0 only where it is flat."""
    return _variation(result.recovered, result.inside) / unit


def out_of_range(result: Exchange, unit: float) -> Scalar:
    """Squared distance of the stego from 0..255: what clipping will destroy."""
    return _mean((result.stego - clip_levels(result.stego)) ** 2, result.inside) / unit**2


def band_ll(result: Exchange, unit: float) -> Scalar:
    """Squared error of the stego's coarse band, for each coefficient of one level of the orthonormal Haar transform.

    For sides that are even, :func:`hiding_mse` is the mean of this and its three siblings.
    """
    return _band_mse(_error_bands(result).ll, result, unit)


def band_lh(result: Exchange, unit: float) -> Scalar:
    """The same in the band that is low along the width and high along the height: horizontal edges."""
    return _band_mse(_error_bands(result).lh, result, unit)


def band_hl(result: Exchange, unit: float) -> Scalar:
    """The same in the band that is high along the width and low along the height: vertical edges."""
    return _band_mse(_error_bands(result).hl, result, unit)


def band_hh(result: Exchange, unit: float) -> Scalar:
    """The same in the band that is high along both."""
    return _band_mse(_error_bands(result).hh, result, unit)


def band_ll2(result: Exchange, unit: float) -> Scalar:
    """The same in the coarse band of the second level, which splits the first one's coarse band."""
    return _band_mse(_haar(_error_bands(result).ll).ll, result, unit, cell_px=4)


TERMS: Final[Mapping[str, Term]] = MappingProxyType(
    {
        term.__name__: term
        for term in (
            hiding_mse,
            hiding_log,
            recovery_mse,
            recovery_log,
            recovery_ssim,
            recovery_gradient,
            total_variation,
            out_of_range,
            band_ll,
            band_lh,
            band_hl,
            band_hh,
            band_ll2,
        )
    }
)
"""Every term by its name, which is also the name of its weight in the configuration."""


def _mean(values: Tensor, inside: Inside, window: tuple[int, int] = (1, 1), stride: int = 1) -> Scalar:
    """Mean over each picture, then over the batch; see :func:`_means`."""
    return _means(values, inside, window, stride).mean()


def _means(
    values: Tensor, inside: Inside, window: tuple[int, int] = (1, 1), stride: int = 1
) -> Float[Tensor, " batch"]:
    """Mean over each picture of values that were each made from a window of pixels.

    Args:
        values: Value (i, j) is of the window whose upper left pixel is (i, j) times ``stride``.
        inside: 1 where pixels are real.
        window: Height and width in pixels; a value counts if its whole window is real.
        stride: Pixels from one window to the next.
    """
    whole = -max_pool2d(-inside, window, stride)
    rows, columns = whole.shape[-2:]
    sums = (values[..., :rows, :columns] * whole).sum(dim=(1, 2, 3))
    return sums / (values.shape[1] * whole.sum(dim=(1, 2, 3)))


def _log_error(error: Tensor, result: Exchange, unit: float) -> Scalar:
    return torch.log1p(_means(error**2, result.inside) / unit**2).mean()


def _variation(picture: Secret, inside: Inside) -> Scalar:
    """Mean absolute difference of neighbours in a column, plus the same of neighbours in a row."""
    down, right = (torch.diff(picture, dim=axis).abs() for axis in (-2, -1))
    return _mean(down, inside, (2, 1)) + _mean(right, inside, (1, 2))


def _error_bands(result: Exchange) -> Subbands:
    """Bands of the error, which are the errors of the bands: the transform is linear.

    Each band's term decomposes anew. That costs a few additions per pixel, nothing beside a network.
    """
    return _haar(result.stego - result.cover)


def _haar(picture: Tensor) -> Subbands:
    return decompose_once(picture, SCHEMES["haar"], TORCH_FLOAT)


def _band_mse(error: Tensor, result: Exchange, unit: float, cell_px: int = 2) -> Scalar:
    return _mean(error**2, result.inside, (cell_px, cell_px), cell_px) / unit**2
