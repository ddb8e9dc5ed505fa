"""What is measured of 8-bit pictures."""

from liftveil.metrics.fidelity import IDENTICAL_DB, max_error, mean_psnr, mse, psnr, ssim
from liftveil.metrics.multiscale import MS_SSIM_LEAST_PX, ms_ssim
from liftveil.metrics.payload import bit_error_rates, effective_bpp
from liftveil.metrics.structure import WINDOW_PX

__all__ = [
    "IDENTICAL_DB",
    "MS_SSIM_LEAST_PX",
    "WINDOW_PX",
    "bit_error_rates",
    "effective_bpp",
    "max_error",
    "mean_psnr",
    "ms_ssim",
    "mse",
    "psnr",
    "ssim",
]
