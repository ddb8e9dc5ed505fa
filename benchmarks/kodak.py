"""Quality through the file: picture i hides picture (i + 5) mod n, by processes that share nothing but a PNG.

For each pair, `liftveil embed` writes a PNG. Its RGB samples alone are written anew by another encoder into an
empty folder, and there `liftveil extract` opens them in a process of its own. All metrics are of 8-bit pixels.

    python benchmarks/kodak.py                         the default model on Kodak-24 -> results/kodak.json
    python benchmarks/kodak.py --crop 641x427          the same on crops whose sides fit no wavelet
    python benchmarks/kodak.py --data DIR -o FILE      another set, such as the validation pictures
"""

import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from statistics import median

import numpy as np
from provenance import ROOT, provenance

from liftveil.data import benchmark_partner, find_pictures, oriented_like
from liftveil.imaging import luma, read_picture, write_picture
from liftveil.metrics import mean_psnr, psnr, ssim
from liftveil.runtime import Session
from liftveil.weights import DEFAULT_MODEL, find_model

KODAK = ROOT.parent / "shared" / "data" / "kodak"
RESULTS = ROOT / "benchmarks" / "results"
LOG = RESULTS / "kodak-runs.jsonl"


def main() -> None:
    """Measure, write the JSON, and log every run on Kodak."""
    options = arguments()
    model = find_model(options.model)
    name = options.model if model.sha256 else str(model.folder)  # children run in folders of their own
    paths = find_pictures(options.data)
    pictures = [cropped(read_picture(path).rgb_u8, options.crop) for path in paths]
    rows = []
    for i, path in enumerate(paths):
        partner = benchmark_partner(i, len(paths))
        names = {"cover": path.name, "secret": paths[partner].name}
        rows.append(names | measure(pictures[i], oriented_like(pictures[partner], pictures[i]), name))
        print(json.dumps(rows[-1]), flush=True)
    record = {
        "set": f"{options.data.name}{'' if options.crop is None else ' ' + options.crop}",
        "summary": summary(rows),
        "embed_seconds": embed_seconds(model) if options.time else None,
        **provenance(model),
        "pairs": rows,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(record, indent=1) + "\n")
    if options.data.resolve() == KODAK.resolve():
        with LOG.open("a") as log:
            log.write(json.dumps({key: value for key, value in record.items() if key != "pairs"}) + "\n")
    print(json.dumps(record["summary"], indent=1), record["embed_seconds"])


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=KODAK)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--crop", help="WIDTHxHEIGHT, cut from the top left corner (turned with the picture)")
    parser.add_argument("--no-time", dest="time", action="store_false", help="leave out the timing of inference")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    if options.output is None:
        options.output = RESULTS / ("kodak.json" if options.crop is None else f"kodak-{options.crop}.json")
    return options


def cropped(picture: np.ndarray, crop: str | None) -> np.ndarray:
    """The top left corner, of the given size or, for portraits, of the size turned."""
    if crop is None:
        return picture
    width, height = map(int, crop.split("x"))
    if picture.shape[0] > picture.shape[1]:
        width, height = height, width
    return picture[:height, :width]


def measure(cover: np.ndarray, secret: np.ndarray, model: str) -> dict[str, float]:
    """Hide, save, write anew, extract elsewhere, compare."""
    with tempfile.TemporaryDirectory() as sender, tempfile.TemporaryDirectory() as receiver:
        for name, pixels in (("cover", cover), ("secret", secret)):
            write_picture(Path(sender) / f"{name}.png", np.ascontiguousarray(pixels))
        liftveil("embed", "cover.png", "secret.png", "-o", "stego.png", "--model", model, folder=sender)
        stego = read_picture(Path(sender) / "stego.png").rgb_u8
        (Path(receiver) / "stego.png").write_bytes(plain_png(stego))
        liftveil("extract", "stego.png", "-o", "recovered.png", "--model", model, folder=receiver)
        recovered = read_picture(Path(receiver) / "recovered.png").rgb_u8
    return {
        "cover_psnr_db": psnr(cover, stego),
        "secret_psnr_db": psnr(secret, recovered),
        "cover_y_psnr_db": psnr(luma(cover), luma(stego)),
        "secret_y_psnr_db": psnr(luma(secret), luma(recovered)),
        "cover_ssim": ssim(cover, stego),
        "secret_ssim": ssim(secret, recovered),
    }


def liftveil(*words: str, folder: str) -> None:
    """Run a command in a process of its own, which knows no folder but the given one."""
    environment = {key: value for key, value in os.environ.items() if key != "CI"} | {"HOME": folder}
    subprocess.run(
        [sys.executable, "-m", "liftveil", *words], cwd=folder, env=environment, check=True, capture_output=True
    )


def plain_png(rgb: np.ndarray) -> bytes:
    """A PNG of nothing but the pixels, written without the library that wrote the stego."""
    height, width = rgb.shape[:2]
    rows = np.concatenate([np.zeros((height, 1), np.uint8), rgb.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def summary(rows: list[dict[str, float]]) -> dict[str, float | int]:
    """Means and worst pictures."""
    columns = {key: [row[key] for row in rows] for key in rows[0] if key not in ("cover", "secret")}
    means = {
        f"mean_{key}": round(mean_psnr(values) if key.endswith("_db") else float(np.mean(values)), 4)
        for key, values in columns.items()
    }
    worst = {f"worst_{key}": round(min(columns[key]), 4) for key in columns if "_y_" not in key}
    total = means["mean_cover_psnr_db"] + means["mean_secret_psnr_db"]
    identical = sum(np.isinf(value) for key, values in columns.items() if key.endswith("_db") for value in values)
    return means | worst | {"sum_db": round(total, 4), "pairs": len(rows), "identical": int(identical)}


def embed_seconds(model: object, runs: int = 9) -> dict[str, float]:
    """Inference alone for 768x512 pixels, after a warm-up run."""
    session = Session(model)
    cover, secret = np.random.default_rng(0).integers(0, 256, (2, 512, 768, 3), dtype=np.uint8)
    times = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        session.embed(cover, secret)
        times.append(time.perf_counter() - began)
    return {"median": round(median(times[1:]), 3), "min": round(min(times[1:]), 3), "max": round(max(times[1:]), 3)}


if __name__ == "__main__":
    main()
