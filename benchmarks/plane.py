"""The figures of the study: all systems in the rate-distortion plane, beside what others have published; robustness.

python benchmarks/plane.py       results/study.json, results/published.json -> docs/plane.*, docs/robustness.*
"""

import json
from pathlib import Path
from typing import Any

from provenance import ROOT

from liftveil.plotting import Series, plot_plane, save_images
from liftveil.research.figures import plot_robustness, series_of

RESULTS = ROOT / "benchmarks" / "results"
DOCS = ROOT / "docs"


def main() -> None:
    """Draw both figures."""
    draw(json.loads((RESULTS / "study.json").read_text()), json.loads((RESULTS / "published.json").read_text()), DOCS)


def draw(study: dict[str, Any], published: dict[str, Any], folder: Path) -> None:
    """Draw them into a folder.

    Args:
        study: The record of `benchmarks/study.py`.
        published: The field's figures.
        folder: Where both files of each figure go.
    """
    title = "Kodak-24 through files; hollow: floats, those of others on COCO at 256x256"
    plane = plot_plane([*series_of(study), *floats(published)], title=title, width_in=7.5, height_in=5.2)
    save_images(plane, folder / "plane", force=True)
    save_images(plot_robustness(study), folder / "robustness", force=True)


def floats(published: dict[str, Any]) -> list[Series]:
    """The published systems that are no older states of the reference system."""
    points = [
        (row["cover_db"], row["secret_db"], row["system"].split(" (")[0])
        for row in published["rows"]
        if row["set"].startswith("COCO")
    ]
    return [Series("published by others", points, by_file=False)]


if __name__ == "__main__":
    main()
