"""What buys quality: the same training but for one change at a time, judged on validation pictures.

The base is benchmarks/search.toml. Each variant changes some of its keys, trains from nothing, and is judged at the end
of its schedule by its averaged weights, through 8 bits. What a variant costs is timed apart, on an idle machine,
against the base and in turn with it: a training step, and embedding by the exported graphs.

    OMP_NUM_THREADS=1 python benchmarks/search.py [NAME ...] [--steps 800] [--seed 0]      -> results/search.json
    OMP_NUM_THREADS=1 LIFTVEIL_THREADS=1 python benchmarks/search.py --costs               -> the same file

Rows that the JSON already has, by name, seed and steps, are not run again.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from ablation import Silent
from photographs import TRAINING, VALIDATION
from provenance import ROOT, machine

from liftveil.config import Config, config_from, config_table, read_config
from liftveil.export import export_model
from liftveil.networks import StarINN
from liftveil.runtime import Session
from liftveil.training import JOURNAL, Folders, read_journal, train
from liftveil.weights import Model

OUTPUT = ROOT / "benchmarks" / "results" / "search.json"

ROUNDS = 5  # of timings
SIDE_PX = 512

VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "base": {},
    "9/7 wavelet": {"model": {"wavelet": "cdf9/7"}},
    "5/3 wavelet": {"model": {"wavelet": "legall5/3"}},
    "one wavelet level": {"model": {"levels": 1, "blocks": 6, "width": 32}},
    "three wavelet levels": {"model": {"levels": 3}},
    "plain conditioner": {"model": {"conditioner": "plain"}},
    "next conditioner": {"model": {"conditioner": "next", "width": 80}},
    "naf conditioner": {"model": {"conditioner": "naf"}},
    "naf conditioner, 9/7 wavelet": {"model": {"conditioner": "naf", "wavelet": "cdf9/7"}},
    "integer lifting, reversible colours": {"model": {"wavelet_mode": "integer", "colour": "reversible"}},
    "logarithms, unit 2": {
        "objective": {
            "unit": 2.0,
            "hiding_mse": 0.0,
            "recovery_mse": 0.0,
            "hiding_log": 1.1,
            "recovery_log": 1.0,
            "out_of_range": 2.4,
        }
    },
    "more blocks, narrower": {"model": {"blocks": 6, "width": 40}},
    "fewer blocks, wider": {"model": {"blocks": 2, "width": 128}},
    "orthogonal 1x1": {"model": {"mixing": "orthogonal"}},
    "tighter scale": {"model": {"scale_bound": 1.0}},
    "nearly additive": {"model": {"scale_bound": 0.05}},
    "chroma free": {"model": {"chroma_strength": 2.0}},
    "rounding to the nearest": {"channel": {"shaping": 0.0}},
    "batch of 2": {"data": {"batch": 2}},
    "batch of 8": {"data": {"batch": 8}},
    "crops of 192": {"data": {"crop_px": 192, "batch": 2}},
    "ActNorms start as the identity": {"training": {"normalise": False}},
    "AdamW": {"optimiser": {"name": "adamw", "rate": 1e-3}},
    "rate 4e-3": {"optimiser": {"rate": 4e-3}},
    "rate 1e-3": {"optimiser": {"rate": 1e-3}},
}


def main() -> None:
    """Train what is wanted and not there yet, or time everything that is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="variants; all if none")
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--costs", action="store_true")
    options = parser.parse_args()
    if options.costs:
        write(record()["rows"], {"of": costs(), **machine()})
        return
    for name in options.names or VARIANTS:
        key = {"variant": name, "seed": options.seed, "steps": options.steps}
        if not any(key.items() <= row.items() for row in record()["rows"]):
            row = key | {"change": VARIANTS[name]} | tried(name, options.steps, options.seed) | machine()
            print(json.dumps(row), flush=True)
            write([*record()["rows"], row], record()["costs"])


def record() -> dict[str, Any]:
    """What has been measured so far."""
    return json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {"rows": [], "costs": {}}


def write(rows: list[dict[str, Any]], times: dict[str, Any]) -> None:
    """Keep what has been measured."""
    OUTPUT.write_text(json.dumps({"rows": rows, "costs": times}, indent=1) + "\n")


def tried(name: str, steps: int, seed: int) -> dict[str, float]:
    """Train a variant; figures of its last validation."""
    with tempfile.TemporaryDirectory() as folder:
        train(variant(name, steps, seed), Folders(TRAINING, VALIDATION, Path(folder)), Silent())
        last = read_journal(Path(folder) / JOURNAL)[-1]
    judged = {key: value for key, value in last.items() if key.endswith("_db") and not key.startswith("batch")}
    return judged | {"noise_gain": last["noise_gain"]}


def costs() -> dict[str, dict[str, float]]:
    """Times of every variant as multiples of the base's: medians of rounds in which all take turns."""
    torch.set_num_threads(1)
    configs = {name: variant(name, 1, 0) for name in VARIANTS}
    models = {name: StarINN(config.model) for name, config in configs.items()}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in models}
    with tempfile.TemporaryDirectory() as folder:
        sessions = {name: exported(model, Path(folder, name.replace("/", " "))) for name, model in models.items()}
    large = np.random.default_rng(0).integers(0, 256, (2, SIDE_PX, SIDE_PX, 3), np.uint8)
    for _ in range(ROUNDS):
        for name, model in models.items():
            data = configs[name].data
            pairs = 255 * torch.rand(2, data.batch, 3, data.crop_px, data.crop_px)
            times = seconds(partial(step, model, *pairs)), seconds(partial(sessions[name].embed_levels, *large))
            found[name].append(times)
    middle = {name: [median(column) for column in zip(*times, strict=True)] for name, times in found.items()}
    step_base, hide_base = middle["base"]
    return {name: {"step": s / step_base, "embed": h / hide_base} for name, (s, h) in middle.items()}


def exported(model: StarINN, folder: Path) -> Session:
    """What users run, loaded and warm."""
    export_model(model, folder, facts={}, force=False)
    session = Session(Model(folder.name, folder, {}))
    session.load()
    session.embed_levels(*np.zeros((2, SIDE_PX, SIDE_PX, 3), np.uint8))
    return session


def step(model: StarINN, cover: torch.Tensor, secret: torch.Tensor) -> None:
    """Both directions and the gradient."""
    stego = model.embed(cover, secret)[0]
    ((stego - cover).square().mean() + (model.extract(stego) - secret).square().mean()).backward()


def seconds(work: Callable[[], None]) -> float:
    """Time of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def variant(name: str, steps: int, seed: int) -> Config:
    """The base configuration with a change."""
    table = config_table(read_config(ROOT / "benchmarks" / "search.toml"))
    for section, values in VARIANTS[name].items():
        table[section] |= values
    table["training"] |= {"steps": steps, "seed": seed, "validate_every": steps, "checkpoint_every": steps}
    return config_from(table)


if __name__ == "__main__":
    main()
