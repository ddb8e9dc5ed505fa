"""Pictures for training: folders, pairings and crops."""

from liftveil.data.crops import CropPairs, validation_pairs
from liftveil.data.folders import find_pictures, load_rgb
from liftveil.data.pairing import benchmark_partner, oriented_like

__all__ = ["CropPairs", "benchmark_partner", "find_pictures", "load_rgb", "oriented_like", "validation_pairs"]
