"""Pictures from folders and manifests: which can serve, which hides which."""

from liftveil.data.checking import LEAST_PX, readable, require_least_size
from liftveil.data.folders import find_pictures, load_rgb
from liftveil.data.pairing import benchmark_partner, fitted_secret, oriented_like
from liftveil.data.sources import pictures_of, training_pictures, validation_pictures
from liftveil.data.splits import Shares, SplitCounts, split_folder

__all__ = [
    "LEAST_PX",
    "Shares",
    "SplitCounts",
    "benchmark_partner",
    "find_pictures",
    "fitted_secret",
    "load_rgb",
    "oriented_like",
    "pictures_of",
    "readable",
    "require_least_size",
    "split_folder",
    "training_pictures",
    "validation_pictures",
]
