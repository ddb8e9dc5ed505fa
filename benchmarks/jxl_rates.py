"""How good photographs are as JPEG XL of so many bits a sample: what `liftveil capacity` expects of a hidden picture.

    python benchmarks/jxl_rates.py    -> results/jxl-rates.json, from the validation pictures

A corner of every picture is encoded at several qualities; its curve of PSNR over the logarithm of the rate is read at
the rates below, and the mean over all pictures is taken. Where a picture's lossless encode fits, it counts as
identical: 60 dB, as everywhere.
"""

import json
from math import log

import numpy as np
from photographs import VALIDATION
from provenance import ROOT, machine

from liftveil.data import find_pictures
from liftveil.exact import compress_lossless, decompress
from liftveil.exact.jxl import encode
from liftveil.imaging import read_picture
from liftveil.metrics import psnr

OUTPUT = ROOT / "benchmarks" / "results" / "jxl-rates.json"
QUALITIES = (0, 30, 60, 75, 85, 92, 96, 98, 99, 99.6, 99.99)
RATES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.3, 2.6, 3.0, 3.5, 4.0)
MOST_PX = 768
IDENTICAL_DB = 60.0


def main() -> None:
    """Measure and write the JSON."""
    curves = [curve(path) for path in find_pictures(VALIDATION)]
    means = {}
    for rate in RATES:
        found = [at(rate, *curve) for curve in curves]
        identical = sum(value == IDENTICAL_DB for value in found) / len(found)
        means[f"{rate:g}"] = {"psnr_db": round(float(np.mean(found)), 2), "identical": round(identical, 3)}
    record = {"bits_per_sample": means, "pictures": len(curves), **machine()}
    OUTPUT.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(means, indent=1))


def curve(path: str) -> tuple[list[tuple[float, float]], float]:
    """Bits a sample and PSNR in dB of one picture, by quality; bits a sample of it without loss."""
    pixels = read_picture(path).rgb_u8[:MOST_PX, :MOST_PX]
    found = []
    for quality in QUALITIES:
        data = encode(pixels, quality=quality)
        found.append((8 * len(data) / pixels.size, psnr(pixels, decompress(data, shape=pixels.shape))))
    return found, 8 * len(compress_lossless(pixels).data) / pixels.size


def at(rate: float, found: list[tuple[float, float]], lossless: float) -> float:
    """A curve read at a rate."""
    if rate >= lossless:
        return IDENTICAL_DB
    bits, decibels = zip(*sorted(found), strict=True)
    return float(np.interp(log(rate), np.log(bits), decibels))


if __name__ == "__main__":
    main()
