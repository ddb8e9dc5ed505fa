"""The quick recipe from nothing: trains configs/quick.toml, exports it and measures it on Kodak-24 through PNG files.

Each seed is trained by `liftveil train` in a process of its own, timed from its start to its end, exported, and
measured by benchmarks/kodak.py. The rate of matrix multiplications right before a training tells how fast the machine
was at that time. Not much else should run meanwhile.

    python benchmarks/quick.py                 seeds 0, 1 and 2 -> results/quick.json
    python benchmarks/quick.py --seeds 1       one of them again
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import matmul_gflops
from photographs import TRAINING, VALIDATION
from provenance import ROOT, machine

from liftveil.training import CHECKPOINT, load_checkpoint

CONFIG = ROOT / "configs" / "quick.toml"
OUTPUT = ROOT / "benchmarks" / "results" / "quick.json"
GOAL = {"train_minutes": 10.0, "mean_cover_psnr_db": 40.0, "mean_secret_psnr_db": 39.5}


def main() -> None:
    """Train, measure and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--training", type=Path, default=TRAINING)
    parser.add_argument("--validation", type=Path, default=VALIDATION)
    options = parser.parse_args()
    rows = {row["seed"]: row for row in json.loads(OUTPUT.read_text())["rows"]} if OUTPUT.exists() else {}
    for seed in map(int, options.seeds.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            rows[seed] = measured(seed, Path(folder), options)
        print(json.dumps(rows[seed]), flush=True)
        record = {"goal": GOAL, "rows": [rows[key] for key in sorted(rows)]}
        OUTPUT.write_text(json.dumps(record, indent=1) + "\n")


def measured(seed: int, folder: Path, options: argparse.Namespace) -> dict[str, object]:
    """One seed, from nothing to the figures."""
    rate = matmul_gflops()
    run, model, result = folder / "run", folder / f"quick-seed-{seed}", folder / "kodak.json"
    sources = ("--data", options.training, "--validation", options.validation)
    began = time.perf_counter()
    liftveil("train", CONFIG, *sources, "--seed", seed, "-o", run)
    minutes = (time.perf_counter() - began) / 60
    checkpoint = load_checkpoint(run / CHECKPOINT)
    liftveil("export", run / CHECKPOINT, "-o", model)
    script = ROOT / "benchmarks" / "kodak.py"
    subprocess.run([sys.executable, script, "--model", model, "-o", result], check=True)
    return {
        "seed": seed,
        "steps": checkpoint.step,
        "train_minutes": round(minutes, 2),
        "matmul_gflops": round(rate, 1),
        **json.loads(result.read_text())["summary"],
        **machine(),
    }


def liftveil(*words: object) -> None:
    """Run a command in a process of its own."""
    subprocess.run([sys.executable, "-m", "liftveil", *map(str, words)], check=True)


if __name__ == "__main__":
    main()
