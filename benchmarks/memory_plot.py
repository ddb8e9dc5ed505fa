"""The figure of what activations take, stored and recomputed, by the number of blocks.

python benchmarks/memory_plot.py      results/training.json -> docs/training-memory.svg and .png
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from provenance import ROOT

from liftveil.plotting import identity, render, save_images

RESULTS = ROOT / "benchmarks" / "results" / "training.json"
FIGURE = ROOT / "docs" / "training-memory"
WIDTH_IN, HEIGHT_IN = 5.2, 3.2


def main() -> None:
    """Draw the published measurement."""
    draw(json.loads(RESULTS.read_text())["memory"], FIGURE)


def draw(memory: Mapping[str, Any], target: Path) -> None:
    """Draw a measurement.

    Args:
        memory: The part ``memory`` of the record.
        target: Both files, without their suffixes.
    """

    def fill(figure: Figure) -> None:
        axes = figure.add_subplot()
        for thing, mode in enumerate(("stored", "recomputed")):
            rows = [row for row in memory["rows"] if row["activations"] == mode]
            blocks, mib = ([row["blocks"] for row in rows], [row["activation_bytes"] / 2**20 for row in rows])
            axes.plot(blocks, mib, label=f"{mode} ({memory['growth'][mode]:+.0%})", **identity(thing))
        axes.set_xticks(sorted({row["blocks"] for row in memory["rows"]}))
        axes.set_ylim(bottom=0)
        axes.set_xlabel("blocks")
        axes.set_ylabel("MiB")
        axes.set_title(f"Activations of {memory['batch']} pairs of {memory['crop_px']}x{memory['crop_px']} pixels")
        axes.legend()

    save_images(render(fill, width_in=WIDTH_IN, height_in=HEIGHT_IN), target, force=True)


if __name__ == "__main__":
    main()
