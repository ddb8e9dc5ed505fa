"""Which terms of the objective pay: the same short training with different objectives, seed, data and steps alike.

Each variant changes the objective of configs/quick.toml, is trained for a few hundred steps, and is judged by its
averaged weights on validation pictures through 8 bits.

    python benchmarks/ablation.py              -> results/ablation.json
"""

import argparse
import json
import tempfile
from pathlib import Path

from photographs import TRAINING, VALIDATION
from provenance import ROOT, machine

from liftveil.config import Config, config_from, config_table, read_config
from liftveil.training import JOURNAL, Folders, read_journal, train

OUTPUT = ROOT / "benchmarks" / "results" / "ablation.json"

EMA_DECAY = 0.97  # that of long runs would still remember the start
PLAIN = {"hiding_mse": 1.0, "recovery_mse": 1.0, "out_of_range": 0.0}
BANDS = {"band_ll": 0.35, "band_lh": 0.14, "band_hl": 0.14, "band_hh": 0.06, "band_ll2": 0.2}
RAMP = {"first": 2 / 3, "last": 8.0}  # the reference's 2 to 24, when its recovery weight of 3 is 1
VARIANTS: dict[str, dict[str, object]] = {
    "both squared errors": {},
    "+ out of range, 20": {"out_of_range": 20.0},
    "+ out of range, 60": {"out_of_range": 60.0},
    "+ SSIM of the secret": {"out_of_range": 20.0, "recovery_ssim": 1.0},
    "+ edges of the secret": {"out_of_range": 20.0, "recovery_gradient": 0.1},
    "+ total variation of the secret": {"out_of_range": 20.0, "total_variation": 0.01},
    "+ bands of the stego": {"out_of_range": 20.0} | BANDS,
    "hiding error ramps up": {"out_of_range": 20.0, "hiding_mse": RAMP},
}


class Silent:
    """Prints what is unusual."""

    def step(self, step: int, figures: dict[str, float]) -> None:
        """Steps are not."""

    def note(self, text: str) -> None:
        """Everything else is."""
        print(text, flush=True)


def main() -> None:
    """Train every variant and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows = []
    for name, change in VARIANTS.items():
        config = variant(change, options.steps, options.seed)
        with tempfile.TemporaryDirectory() as folder:
            train(config, Folders(TRAINING, VALIDATION, Path(folder)), Silent())
            last = read_journal(Path(folder) / JOURNAL)[-1]
        figures = {key: value for key, value in last.items() if key.endswith("_db") or key == "noise_gain"}
        rows.append({"variant": name, "change": change, **figures})
        print(json.dumps(rows[-1]), flush=True)
        record = {"steps": options.steps, "seed": options.seed, "rows": rows, **machine()}
        OUTPUT.write_text(json.dumps(record, indent=1) + "\n")


def variant(change: dict[str, object], steps: int, seed: int) -> Config:
    """The quick configuration with another objective and fewer steps."""
    table = config_table(read_config(ROOT / "configs" / "quick.toml"))
    table["objective"] |= PLAIN | change
    table["training"] |= {"steps": steps, "seed": seed, "validate_every": steps, "picture_every": 0}
    table["optimiser"]["ema_decay"] = EMA_DECAY
    return config_from(table)


if __name__ == "__main__":
    main()
