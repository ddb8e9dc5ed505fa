"""``liftveil profile``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liftveil.cli.console import AsJson, say, say_json
from liftveil.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from liftveil.profiling import Activations, Measurement, Part, Profile

_PARTS: tuple[Part, ...] = ("wavelet", "network", "loss", "optimiser")
_MOST_DIGITS = 6
_COLUMNS = f"{'batch':>5}  {'mode':11}{'activations':>14}{'peak':>14}{'step':>10}{'pictures/s':>12}"
_HEADING = _COLUMNS + "".join(f"{part:>11}" for part in _PARTS)


def profile(
    config: Annotated[Path, typer.Argument(help="A complete configuration, such as configs/quick.toml.")],
    *,
    budget: Annotated[str, typer.Option(help="Memory to fill, such as 16GiB, 800MiB or 12GB.")] = "16GiB",
    batches: Annotated[str, typer.Option(help="Batch sizes to measure.")] = "1,2,4,8",
    as_json: AsJson = False,
) -> None:
    """Measure what a training run costs on this machine: memory, time, and the largest batch that fits."""
    try:
        from liftveil.profiling import parse_bytes
        from liftveil.profiling import profile as measure
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", "profiling") from error
    from rich.console import Console

    from liftveil.config import read_config

    chosen, sizes, most = read_config(config), _sizes(batches), parse_bytes(budget, "--budget")
    with Console(stderr=True).status("starting") as status:
        found = measure(chosen, sizes, most, status.update)
    if as_json:
        say_json({"config": str(config), "crop_px": chosen.data.crop_px, **found.record()})
        return
    for line in _lines(found, chosen.data.crop_px, budget):
        say(line)


def _sizes(text: str) -> list[int]:
    """Batch sizes of an option."""
    words = text.split(",")
    sizes = [int(word) for word in words if word.isascii() and word.isdecimal() and len(word) <= _MOST_DIGITS]
    if len(sizes) < len(words) or min(sizes) < 1 or len(set(sizes)) == 1:
        problem = f"{text!r} are no batch sizes; give two or more different ones, such as 1,2,4,8"
        raise ConfigError("--batches", problem)
    return sizes


def _lines(found: Profile, crop_px: int, budget: str) -> Iterator[str]:
    """The report."""
    first = found.measurements[0]
    held = first.holdings
    yield f"crops of {crop_px}x{crop_px} pixels, batches a step: {first.accumulate}, device: {first.device}"
    yield f"parameters       {_mib(held.parameter_bytes)}, {held.parameters:,} numbers"
    yield f"gradients        {_mib(held.gradient_bytes)}"
    yield f"optimiser state  {_mib(held.optimiser_bytes)}"
    yield f"averaged weights {_mib(held.average_bytes)}"
    yield f"before the model {_mib(first.before_bytes)}, not part of the memory below"
    yield _HEADING
    yield from map(_row, found.measurements)
    kinds: tuple[Activations, ...] = ("stored", "recomputed")
    for activations in kinds:
        yield f"largest batch within {budget}, {activations}: {_largest(found, activations)}"
    yield f"GPU: {_gpu(found.measurements[-1])}"


def _row(row: Measurement) -> str:
    memory = "".join(_mib(size) for size in (row.activation_bytes, row.peak_bytes))
    shares = "".join(f"{row.shares[part]:>11.0%}" for part in _PARTS)
    return f"{row.batch:>5}  {row.activations:11}{memory}{row.step_s:>8.2f} s{row.pictures_per_s:>12.2f}{shares}"


def _largest(found: Profile, activations: Activations) -> str:
    batch = found.largest_batch(activations)
    return "too little was measured to say" if batch is None else f"about {batch}"


def _gpu(row: Measurement) -> str:
    if row.device != "cuda":
        return "no NVIDIA hardware in use"
    if row.gpu is None:
        return "NVML tells nothing about it; is nvidia-ml-py installed?"
    used = f"{row.gpu.used_bytes / 2**30:.1f} of {row.gpu.total_bytes / 2**30:.1f} GiB in use"
    return f"{row.gpu.name}, {row.gpu.utilisation_percent} % utilised, {used}"


def _mib(size: int) -> str:
    return f"{size / 2**20:>10.1f} MiB"
