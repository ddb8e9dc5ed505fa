"""What training costs: speed, memory, and the choices behind both, all on configs/quick.toml with made-up pictures.

Variants take turns, so that a machine that drifts does so for all of them; of their times, the median and both ends
are kept. Not much else should run meanwhile.

    python benchmarks/training.py                        all parts -> results/training.json, docs/training-memory.*
    python benchmarks/training.py --only speed,memory    some of them; the other parts stay as they are
    python benchmarks/training.py --smoke -o FILE        everything tiny, to try the script itself

Parts:
    speed        steps and pictures per second by batch size and accumulation
    memory       stored against recomputed activations, 8 pairs of 224x224, by number of blocks
    layout       channels_last against torch's default memory layout
    compile      torch.compile of the conditioners against eager
    optimisers   a step of AdamW, torch's Muon (bfloat16) and the package's Muon (float32), without any network
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import torch
from machine import matmul_gflops
from memory_plot import draw
from provenance import ROOT, machine
from torch import Tensor, nn
from torch.nn import functional

from liftveil.config import Config, read_config
from liftveil.invertible import Wavelet
from liftveil.networks import StarINN
from liftveil.networks.subnets import MatrixConv
from liftveil.profiling import Activations, Rehearsal, measure_apart
from liftveil.training.optimiser import build_optimisers

CONFIG = ROOT / "configs" / "quick.toml"
OUTPUT = ROOT / "benchmarks" / "results" / "training.json"
FIGURE = ROOT / "docs" / "training-memory"
MODES: tuple[Activations, ...] = ("stored", "recomputed")
SIZES = ((1, 1), (4, 1), (8, 1), (1, 4), (4, 4))  # pairs in a batch, batches in a step
WARM_UP = 2

Run = Callable[[], None]
Record = dict[str, Any]


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    Attributes:
        rounds: Times that every variant takes its turn.
        speed_px: Side of the crops in all parts but ``memory``.
        memory_px: Side of the crops there.
        memory_batch: Pairs there.
        blocks: Numbers of blocks there.
        timed_blocks: The number of blocks whose steps are timed there.
        widths: Channels inside the conditioners whose layouts are compared.
    """

    rounds: int = 9
    speed_px: int = 128
    memory_px: int = 224
    memory_batch: int = 8
    blocks: tuple[int, ...] = (4, 8, 16, 32)
    timed_blocks: int = 16
    widths: tuple[int, ...] = (32, 64)


SMOKE = Scale(rounds=1, speed_px=32, memory_px=64, memory_batch=2, blocks=(1, 2), timed_blocks=2, widths=(8,))


def main() -> None:
    """Measure, write the JSON and draw the figure."""
    options = arguments()
    scale = SMOKE if options.smoke else Scale()
    config = resized(read_config(CONFIG), crop_px=scale.speed_px)
    record: Record = json.loads(options.output.read_text()) if options.output.exists() else {}
    for name in options.only:
        origin = machine() | {"threads": torch.get_num_threads(), "matmul_gflops": round(matmul_gflops(), 1)}
        record[name] = PARTS[name](config, scale) | {"origin": origin}
        print(json.dumps({name: record[name]}, indent=1), flush=True)
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(json.dumps(record, indent=1) + "\n")
    if "memory" in options.only:
        draw(record["memory"], options.output.with_suffix("") if options.smoke else FIGURE)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=part_names, default=list(PARTS), help="names of parts, with commas between them")
    parser.add_argument("--smoke", action="store_true", help="everything tiny; needs -o")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    if options.smoke and options.output is None:
        parser.error("--smoke needs -o: its figures are none to publish")
    options.output = options.output or OUTPUT
    return options


def part_names(text: str) -> list[str]:
    """Parts by name."""
    names = text.split(",")
    if unknown := set(names) - set(PARTS):
        raise argparse.ArgumentTypeError(f"no such part: {', '.join(sorted(unknown))}")
    return names


def resized(config: Config, *, model: Mapping[str, int] | None = None, **data: int) -> Config:
    """The configuration with other sizes."""
    return replace(config, data=replace(config.data, **data), model=replace(config.model, **(model or {})))


def interleaved(variants: Mapping[str, Run], rounds: int) -> dict[str, Record]:
    """Seconds of each variant, which take turns after a warm-up."""
    for run in variants.values():
        for _ in range(WARM_UP):
            run()
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, run in variants.items():
            seconds[name].append(timed(run))
    return {
        name: {f"{kind.__name__}_s": round(kind(values), 6) for kind in (median, min, max)}
        for name, values in seconds.items()
    }


def timed(run: Run) -> float:
    """Seconds that a run takes."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def ratio(figures: Mapping[str, Record], slow: str, fast: str) -> float:
    """How many times as long one variant takes as another."""
    return float(figures[slow]["median_s"] / figures[fast]["median_s"])


def speed(config: Config, scale: Scale) -> Record:
    """Steps and pictures per second."""
    figures = interleaved({f"batch {b} x {count}": stepper(config, b, count) for b, count in SIZES}, scale.rounds)
    for (batch, accumulate), row in zip(SIZES, figures.values(), strict=True):
        row |= {"steps_per_s": 1 / row["median_s"], "pictures_per_s": 2 * batch * accumulate / row["median_s"]}
    return {"crop_px": scale.speed_px, "variants": figures}


def stepper(config: Config, batch: int, accumulate: int) -> Run:
    """Steps of so many batches."""
    wanted = replace(resized(config, batch=batch), compute=replace(config.compute, accumulate=accumulate))
    return Rehearsal(wanted, recompute=False).step


def memory(config: Config, scale: Scale) -> Record:
    """Stored against recomputed activations."""
    sizes = {"batch": scale.memory_batch, "crop_px": scale.memory_px}
    rows = []
    for blocks in scale.blocks:
        for mode in MODES:
            row = measure_apart(resized(config, model={"blocks": blocks}, **sizes), mode)
            if row is None:
                raise MemoryError(f"{blocks} blocks with {mode} activations do not fit into this machine")
            rows.append({"blocks": blocks, **row.record()})
            print(f"{blocks} blocks, {mode}: {row.activation_bytes / 2**20:.1f} MiB", flush=True)
    deep = resized(config, model={"blocks": scale.timed_blocks}, **sizes)
    figures = interleaved({mode: Rehearsal(deep, recompute=mode == "recomputed").step for mode in MODES}, scale.rounds)
    return {
        **sizes,
        "rows": rows,
        "growth": {mode: growth(rows, mode) for mode in MODES},
        "steps": {"blocks": scale.timed_blocks, "variants": figures},
        "recomputed_over_stored_time": ratio(figures, "recomputed", "stored"),
    }


def growth(rows: list[Record], mode: Activations) -> float:
    """How much more memory the activations of the deepest chain take than those of the shallowest, as a share."""
    sizes = [row["activation_bytes"] for row in rows if row["activations"] == mode]
    return float(sizes[-1] / sizes[0] - 1)


def layout(config: Config, scale: Scale) -> Record:
    """Memory layouts, by the width of the conditioners."""
    widths = {}
    for width in scale.widths:
        runs = [Rehearsal(resized(config, model={"width": width}), recompute=False).step for _ in range(2)]
        figures = interleaved({"channels_last": runs[0], "default": in_default_layout(runs[1])}, scale.rounds)
        widths[str(width)] = {"variants": figures, "default_over_channels_last": ratio(figures, *reversed(figures))}
    return {"crop_px": scale.speed_px, "batch": config.data.batch, "widths": widths}


def in_default_layout(run: Run) -> Run:
    """The run with activations and kernels as torch lays them out by itself, at the cost of one copy of the bands."""

    def patched() -> None:
        with default_layout():
            run()

    return patched


@contextmanager
def default_layout() -> Iterator[None]:
    """Undo the two places where the package asks for channels_last."""
    transform = Wavelet.forward

    def bands(self: Wavelet, x: Tensor) -> Tensor:
        return transform(self, x).contiguous()

    def convolved(self: MatrixConv, x: Tensor) -> Tensor:
        kernel = self.weight.view(-1, self.size, self.size, self.inputs).permute(0, 3, 1, 2).contiguous()
        return functional.conv2d(x, kernel, self.bias, padding=self.size // 2)

    with patch.object(Wavelet, "forward", bands), patch.object(MatrixConv, "forward", convolved):
        yield


def compiled(config: Config, scale: Scale) -> Record:
    """Translated conditioners against eager ones, and how long the translation takes from nothing."""
    with tempfile.TemporaryDirectory() as cache, patch.dict(os.environ, {"TORCHINDUCTOR_CACHE_DIR": cache}):
        eager = Rehearsal(config, recompute=False).step
        translated = Rehearsal(replace(config, compute=replace(config.compute, compile=True)), recompute=False).step
        first = timed(translated)
        figures = interleaved({"eager": eager, "compiled": translated}, scale.rounds)
    return {
        "crop_px": scale.speed_px,
        "batch": config.data.batch,
        "first_step_s": first,
        "compile_s": first - figures["compiled"]["median_s"],
        "variants": figures,
        "eager_over_compiled": ratio(figures, "eager", "compiled"),
    }


def optimisers(config: Config, scale: Scale) -> Record:
    """Steps of optimisers alone, for the parameters of the network and made-up gradients."""
    builders: dict[str, Callable[[nn.Module], list[torch.optim.Optimizer]]] = {
        "adamw": lambda model: build_optimisers(model, replace(config.optimiser, name="adamw")),
        "torch_muon_bfloat16": torch_muon,
        "muon_float32": lambda model: build_optimisers(model, replace(config.optimiser, name="muon")),
    }
    figures = interleaved({name: moved_by(build, config) for name, build in builders.items()}, scale.rounds)
    parameters = sum(parameter.numel() for parameter in StarINN(config.model).parameters())
    return {"parameters": parameters, "variants": figures}


def torch_muon(model: nn.Module) -> list[torch.optim.Optimizer]:
    """Torch's Muon for the parameters that the package gives its own, AdamW for the rest."""
    own, rest = build_optimisers(model, replace(read_config(CONFIG).optimiser, name="muon"))
    muon = torch.optim.Muon(own.param_groups[0]["params"], weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
    return [muon, rest]


def moved_by(build: Callable[[nn.Module], list[torch.optim.Optimizer]], config: Config) -> Run:
    """A network whose parameters move along made-up gradients."""
    model = StarINN(config.model)
    built = build(model)
    for parameter in model.parameters():
        parameter.grad = torch.randn_like(parameter)

    def move() -> None:
        for optimiser in built:
            optimiser.step()

    return move


PARTS: dict[str, Callable[[Config, Scale], Record]] = {
    "speed": speed,
    "memory": memory,
    "layout": layout,
    "compile": compiled,
    "optimisers": optimisers,
}

if __name__ == "__main__":
    main()
