"""Pictures for training: folders, splits, pairings and crops."""

from liftveil.data.checking import readable
from liftveil.data.crops import CropPairs, Sample, validation_pairs
from liftveil.data.folders import find_pictures, load_rgb
from liftveil.data.pairing import benchmark_partner, oriented_like
from liftveil.data.sources import pictures_of, training_pictures, validation_pictures
from liftveil.data.splits import Shares, SplitCounts, split_folder

__all__ = [
    "CropPairs",
    "Sample",
    "Shares",
    "SplitCounts",
    "benchmark_partner",
    "find_pictures",
    "load_rgb",
    "oriented_like",
    "pictures_of",
    "readable",
    "split_folder",
    "training_pictures",
    "validation_pairs",
    "validation_pictures",
]
