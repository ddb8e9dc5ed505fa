"""What the exact carrier costs: a large file in a large cover, a small one hidden by a code, and the code's efficiency.

    python benchmarks/exact_speed.py    -> results/exact-speed.json

Hiding and opening run in a process of their own each, which tells its highest memory; key derivation is replaced by a
hash and timed apart, as is writing and reading the PNG. The cover is a photograph, enlarged by mirroring.
"""

import json
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from statistics import median
from unittest import mock

import numpy as np
from memory import peak_mib
from numpy.typing import NDArray
from PIL import Image
from provenance import ROOT, machine

from liftveil.exact import Message, argon2id, embed_message, extract_message, trellis
from liftveil.metrics import psnr

OUTPUT = ROOT / "benchmarks" / "results" / "exact-speed.json"
PHOTOGRAPH = ROOT / "src" / "liftveil" / "pictures" / "cover.png"
LARGE = {"width": 4000, "height": 3000, "content_bytes": 10_000_000}
SMALL = {"width": 1000, "height": 1000, "content_bytes": 10_000}
RUNS = 3
WIDTHS = (2, 4, 10, 20, 40)
EFFICIENCY_BITS = 20_000
HEIGHT = 10
PUBLISHED = (627, 997)
"""The best columns of height 10 for two bits each, by Filler, Judas and Fridrich (2011)."""


def main() -> None:
    """Measure both cases and the code; write the JSON."""
    if len(sys.argv) > 1:
        measure(*sys.argv[1:])
        return
    began = time.perf_counter()
    argon2id(b"password", bytes(16))
    record = {
        "key_derivation_s": round(time.perf_counter() - began, 3),
        "large": LARGE | case(LARGE),
        "small": SMALL | case(SMALL),
        "efficiency": efficiency(),
        **machine(),
    }
    OUTPUT.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record, indent=1))


def case(sizes: dict[str, int]) -> dict[str, object]:
    """Medians over runs, each step in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        runs = {act: [process(act, folder, sizes) for _ in range(RUNS)] for act in ("hide", "open")}
    return {act: {key: round(median(run[key] for run in found), 3) for key in found[0]} for act, found in runs.items()}


def process(act: str, folder: str, sizes: dict[str, int]) -> dict[str, float]:
    """One step; what it says of itself."""
    arguments = [sys.executable, __file__, act, folder, json.dumps(sizes)]
    finished = subprocess.run(arguments, capture_output=True, text=True, check=True)
    return json.loads(finished.stdout)


def measure(act: str, folder: str, sizes: str) -> None:
    """Hide or open, and say how long it took and how much memory."""
    wanted, path = json.loads(sizes), Path(folder) / "stego.png"
    message = Message(np.random.default_rng(0).bytes(wanted["content_bytes"]))
    if act == "hide":
        cover = enlarged(wanted["width"], wanted["height"])
        began = time.perf_counter()
        stego = embed_message(cover, message, "word", stretch=cheap)
        seconds = time.perf_counter() - began
        told = {"seconds": seconds, "peak_mib": peak_mib(), "psnr_db": psnr(cover, stego)}
        told["changed"] = float((stego != cover).mean())
        began = time.perf_counter()
        Image.fromarray(stego).save(path)
        told["png_seconds"] = time.perf_counter() - began
    else:
        began = time.perf_counter()
        stego = np.asarray(Image.open(path))
        png_seconds = time.perf_counter() - began
        began = time.perf_counter()
        assert extract_message(stego, "word", stretch=cheap) == message
        told = {"seconds": time.perf_counter() - began, "peak_mib": peak_mib(), "png_seconds": png_seconds}
    print(json.dumps(told))


def efficiency() -> list[dict[str, object]]:
    """Message bits for each changed bit, with equal costs, beside the bound; with the published columns where known."""
    rows = []
    for width in WIDTHS:
        bound = (1 / width) / change_rate(1 / width)
        row = {"bits_for_each": width, "constraint_height": HEIGHT, "bound": round(bound, 3)}
        row["efficiency"] = round(reached(width), 3)
        row["share"] = round(row["efficiency"] / bound, 4)
        if width == len(PUBLISHED):
            known = np.resize(np.array(PUBLISHED, np.uint16), trellis.MOST_WIDTH)
            with mock.patch.object(trellis, "columns", return_value=known):
                row["published_columns"] = round(reached(width), 3)
        rows.append(row)
    return rows


def reached(width: int) -> float:
    """Message bits for each changed bit."""
    rng = np.random.default_rng(width)
    message, bits = (rng.integers(0, 2, n, dtype=np.uint8) for n in (EFFICIENCY_BITS, width * EFFICIENCY_BITS))
    written = trellis.write_syndrome(bits, np.ones(bits.size, np.float32), message, HEIGHT)
    return message.size / int((written != bits).sum())


def change_rate(alpha: float) -> float:
    """The share of bits that have to change at least: the inverse of the binary entropy."""
    rates = np.linspace(1e-7, 0.5, 1_000_001)
    return float(np.interp(alpha, -rates * np.log2(rates) - (1 - rates) * np.log2(1 - rates), rates))


def enlarged(width: int, height: int) -> NDArray[np.uint8]:
    """The photograph, mirrored until it is large enough."""
    tile = np.asarray(Image.open(PHOTOGRAPH).convert("RGB"))
    tile = np.concatenate((tile, tile[::-1]))
    tile = np.concatenate((tile, tile[:, ::-1]), axis=1)
    repeats = (-(-height // tile.shape[0]), -(-width // tile.shape[1]), 1)
    return np.ascontiguousarray(np.tile(tile, repeats)[:height, :width])


def cheap(password: bytes, salt: bytes) -> bytes:
    """Stands in for Argon2id."""
    return sha256(password + salt).digest()


if __name__ == "__main__":
    main()
