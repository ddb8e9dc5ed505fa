"""How long hiding and finding take, model by model in turns, so that a machine that drifts is fair to all; and memory.

    python benchmarks/times.py    -> results/times.json: every release and the exact carrier, on an idle machine

A picture of 768x512 pixels, in memory, after a round that does not count; without the verification that the command
line adds. Memory is the most that a fresh process holds which hides a picture by :func:`liftveil.embed` and finds it.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median

import numpy as np
from provenance import ROOT, machine

from liftveil.research import System, find_system, network
from liftveil.weights import releases

OUTPUT = ROOT / "benchmarks" / "results" / "times.json"
ROUNDS = 9
WIDTH, HEIGHT = 768, 512
WITHOUT_LEARNING = ("exact",)
SIZES = ((1024, 1024), (4000, 3000))
PROCESS = """
import sys, numpy, liftveil
from memory import peak_mib
name, width, height = sys.argv[1], *map(int, sys.argv[2:])
cover, secret = numpy.random.default_rng(0).integers(0, 256, (2, height, width, 3), dtype=numpy.uint8)
liftveil.extract(liftveil.embed(cover, secret, model=name), model=name)
print(peak_mib())
"""


def main() -> None:
    """Take turns and write the JSON."""
    systems = {name: network(name) for name in reversed(releases())}
    systems |= {name: find_system(name) for name in WITHOUT_LEARNING}
    acts = {name: work(system) for name, system in systems.items()}
    taken: dict[str, dict[str, list[float]]] = {name: {"embed": [], "extract": []} for name in acts}
    for turn in range(ROUNDS + 1):
        for name, both in acts.items():
            for act, do in both.items():
                began = time.perf_counter()
                do()
                if turn:
                    taken[name][act].append(time.perf_counter() - began)
    told = {name: {act: spread(times) for act, times in both.items()} for name, both in taken.items()}
    memory = {name: [memory_mib(name, *size) for size in SIZES] for name in releases()}
    sizes = {"width": WIDTH, "height": HEIGHT, "memory_sizes": SIZES}
    record = sizes | {"rounds": ROUNDS, "seconds": told, "memory_mib": memory, **machine()}
    OUTPUT.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(told, indent=1))


def work(system: System) -> dict[str, Callable[[], object]]:
    """Hiding a picture of noise, and finding it in what hides it."""
    cover, secret = np.random.default_rng(0).integers(0, 256, (2, HEIGHT, WIDTH, 3), dtype=np.uint8)
    if system.name in WITHOUT_LEARNING:  # which compresses, so that noise would not fit
        cover, secret = (smooth(picture) for picture in (cover, secret))
    secret = secret if system.secret_channels == 3 else np.ascontiguousarray(secret[..., 0])
    return {"embed": partial(system.hide, cover, secret), "extract": partial(system.show, system.hide(cover, secret))}


def memory_mib(model: str, width: int, height: int) -> int:
    """The most memory that a process of its own holds at once."""
    command = [sys.executable, "-W", "ignore", "-c", PROCESS, model, str(width), str(height)]
    here = ROOT / "benchmarks"  # where it finds the meter
    finished = subprocess.run(command, cwd=here, capture_output=True, text=True, check=True)
    return round(float(finished.stdout))


def smooth(noise: np.ndarray) -> np.ndarray:
    """Noise that is alike in cells of eight pixels, with a little of its own."""
    cells = noise[::8, ::8].repeat(8, axis=0).repeat(8, axis=1)
    return (cells // 2 + noise // 16 + 50).astype(np.uint8)


def spread(times: list[float]) -> dict[str, float]:
    """In seconds."""
    return {"median": round(median(times), 3), "min": round(min(times), 3), "max": round(max(times), 3)}


if __name__ == "__main__":
    main()
