"""What is measured of 8-bit pictures."""

from liftveil.metrics.fidelity import IDENTICAL_DB, mean_psnr, mse, psnr, ssim

__all__ = ["IDENTICAL_DB", "mean_psnr", "mse", "psnr", "ssim"]
