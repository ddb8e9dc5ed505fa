"""Covers that leave no room: flat black, flat white and checkerboards, through files and separate processes.

python benchmarks/covers.py starinn-2 [MODEL ...]    -> results/covers.json, other models' rows are kept
"""

import argparse
import json
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from photographs import VALIDATION
from provenance import ROOT, provenance

from liftveil.comparison import plain
from liftveil.data import find_pictures, load_rgb
from liftveil.imaging import luma, to_u8
from liftveil.research import exchange, network, scores_of
from liftveil.weights import find_model

OUTPUT = ROOT / "benchmarks" / "results" / "covers.json"
SECRETS = 3

Cover = Callable[[int, int], NDArray[np.uint8]]


def flat(level: int) -> Cover:
    """One grey level."""
    return lambda height, width: np.full((height, width, 3), level, np.uint8)


def checkerboard(cell: int) -> Cover:
    """Black and white in cells of so many pixels."""

    def cover(height: int, width: int) -> NDArray[np.uint8]:
        rows, columns = np.indices((height, width)) // cell
        return np.repeat((255 * ((rows + columns) % 2)).astype(np.uint8)[..., np.newaxis], 3, axis=2)

    return cover


COVERS: dict[str, Cover] = {
    "black": flat(0),
    "white": flat(255),
    "checkerboard of 8 pixels": checkerboard(8),
    "checkerboard of single pixels": checkerboard(1),
}


def main() -> None:
    """Measure and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL")
    for name in parser.parse_args().models:
        system = network(name)
        rows = []
        for path in find_pictures(VALIDATION)[:SECRETS]:
            colours = load_rgb(path)
            secret = colours if system.secret_channels == 3 else to_u8(luma(colours))
            for title, make in COVERS.items():
                cover = make(*colours.shape[:2])
                scores = plain(scores_of(cover, secret, exchange(system.name, cover, secret)))
                rows.append({"cover": title, "secret": path.name} | scores)
                print(name, title, path.name, rows[-1]["cover_psnr_db"], rows[-1]["secret_psnr_db"], flush=True)
        record = json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {}
        OUTPUT.write_text(json.dumps(record | {name: provenance(find_model(name)) | {"rows": rows}}, indent=1) + "\n")


if __name__ == "__main__":
    main()
