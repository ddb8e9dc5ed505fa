"""Small messages of the exact carrier against sample pairs and weighted stego, which find replaced lowest bits.

    pip install --no-deps sealwatch jpeglib h5py tqdm && pip install pandas scikit-learn numba
    python benchmarks/exact_detection.py    -> results/exact-detection.json

Validation pictures are put together by fours to about a megapixel, each picture beginning one. 10 kB are hidden in it:
by the exact carrier, and, to see that the estimators work, by replacing the lowest bits of as many samples as hold the
message. Estimators are those of sealwatch, channel by channel. What they say of stegos is compared with what they say
of the covers: the area under the curve is 0.5 if nothing can be told and 1 if everything can; its interval is that of
2,000 resamplings of runs of four mosaics.
"""

import json
import sys
import types
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from photographs import VALIDATION
from provenance import ROOT, machine

from liftveil.data import find_pictures
from liftveil.exact import Message, embed_message, replace_lsb
from liftveil.imaging import read_picture

OUTPUT = ROOT / "benchmarks" / "results" / "exact-detection.json"
SIDE_PX = 1000
CONTENT_BYTES = 10_000
RESAMPLINGS = 2000
SHARED = 4
"""Photographs in a mosaic; each is in as many mosaics, one after the other."""

Pixels = NDArray[np.uint8]


def main() -> None:
    """Measure and write the JSON."""
    estimators = estimators_of_sealwatch()
    pictures = [middle(read_picture(path).rgb_u8) for path in find_pictures(VALIDATION)]
    covers = [mosaic([pictures[(i + k) % len(pictures)] for k in range(SHARED)]) for i in range(len(pictures))]
    found: dict[str, dict[str, list[float]]] = {}
    for number, cover in enumerate(covers):
        shown = {"cover": cover, **stegos(cover, number)}
        for name, estimate in estimators.items():
            for kind, picture in shown.items():
                values = [estimate(np.ascontiguousarray(picture[..., channel])) for channel in range(3)]
                found.setdefault(name, {}).setdefault(kind, []).append(float(np.mean(values)))
        print(number, {name: {kind: round(of[-1], 5) for kind, of in kinds.items()} for name, kinds in found.items()})
    rows = [row(name, kind, kinds) for name, kinds in found.items() for kind in kinds if kind != "cover"]
    sizes = {"pictures": len(covers), "side_px": SIDE_PX, "content_bytes": CONTENT_BYTES}
    OUTPUT.write_text(json.dumps({**sizes, "rows": rows, "estimates": found, **machine()}, indent=1) + "\n")
    print(json.dumps(rows, indent=1))


def stegos(cover: Pixels, seed: int) -> dict[str, Pixels]:
    """The same message by the exact carrier and by replaced lowest bits."""
    rng = np.random.default_rng(seed)
    exact = embed_message(cover, Message(rng.bytes(CONTENT_BYTES)), entropy=rng.bytes)
    bits = rng.integers(0, 2, 8 * CONTENT_BYTES, dtype=np.uint8)
    replaced = cover.reshape(-1).copy()
    slots = rng.permutation(cover.size)[: bits.size]
    replaced[slots] = replace_lsb(replaced[slots], bits)
    return {"exact": exact, "replaced": replaced.reshape(cover.shape)}


def row(name: str, kind: str, kinds: dict[str, list[float]]) -> dict[str, object]:
    """How well an estimator tells stegos from covers."""
    covers, others = np.array(kinds["cover"]), np.array(kinds[kind])
    rng = np.random.default_rng(0)
    # Neighbours share photographs, so that whole runs of them are drawn.
    starts = rng.integers(0, covers.size, (RESAMPLINGS, covers.size // SHARED, 1))
    picks = ((starts + np.arange(SHARED)) % covers.size).reshape(RESAMPLINGS, -1)
    areas = sorted(area(covers[pick], others[pick]) for pick in picks)
    return {
        "estimator": name,
        "stego": kind,
        "mean_of_covers": round(float(covers.mean()), 5),
        "spread_of_covers": round(float(covers.std(ddof=1)), 5),
        "mean_difference": round(float((others - covers).mean()), 5),
        "area_under_curve": round(area(covers, others), 4),
        "interval_95": [round(areas[int(share * RESAMPLINGS)], 4) for share in (0.025, 0.975)],
    }


def area(covers: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """Share of pairs of a cover and a stego in which the stego's estimate is the larger one."""
    larger = (others[:, np.newaxis] > covers).mean()
    return float(larger + (others[:, np.newaxis] == covers).mean() / 2)


def middle(pixels: Pixels) -> Pixels:
    """A quarter of a megapixel."""
    top, left = ((side - SIDE_PX // 2) // 2 for side in pixels.shape[:2])
    return pixels[top : top + SIDE_PX // 2, left : left + SIDE_PX // 2]


def mosaic(four: list[Pixels]) -> Pixels:
    """Two above two."""
    return np.concatenate([np.concatenate(four[:2], axis=1), np.concatenate(four[2:], axis=1)])


def estimators_of_sealwatch() -> dict[str, Callable[[Pixels], float]]:
    """Sample pairs and weighted stego; the package wants torchvision for networks that are not used here."""
    transforms = types.ModuleType("torchvision.transforms")
    for name in ("Grayscale", "Compose", "ToTensor", "Normalize", "Lambda", "RandomCrop", "CenterCrop", "Resize"):
        setattr(transforms, name, type(name, (), {}))
    torchvision = types.ModuleType("torchvision")
    torchvision.transforms = transforms
    sys.modules |= {"torchvision": torchvision, "torchvision.transforms": transforms}
    import sealwatch

    return {"sample pairs": sealwatch.spa.attack, "weighted stego": sealwatch.ws.attack}


if __name__ == "__main__":
    main()
