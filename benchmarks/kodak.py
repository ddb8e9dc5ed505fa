"""Quality through the file: picture i hides picture (i + 5) mod n, by processes that share nothing but a PNG.

For each pair, one process hides the secret and writes a PNG. Its RGB samples alone are written anew by another encoder
into an empty folder, and there a process of its own extracts. All metrics are of 8-bit pixels. `liftveil evaluate
research` measures much more by the same protocol.

    python benchmarks/kodak.py                  the default model on Kodak-24 -> results/kodak-MODEL.json
    python benchmarks/kodak.py --model NAME     another one
    python benchmarks/kodak.py --crop 641x427   crops whose sides fit no wavelet -> results/kodak-641x427-MODEL.json
    python benchmarks/kodak.py --data DIR       another set, such as the validation pictures -> results/DIR-MODEL.json

The first release has its figures in results/kodak.json and results/kodak-641x427.json.
"""

import argparse
import json
import time
from pathlib import Path
from statistics import median

import numpy as np
from provenance import ROOT, provenance

from liftveil.comparison import Figures, plain
from liftveil.data import find_pictures
from liftveil.research import Pair, System, exchange, load_pair, network, pairs_of, scores_of, together
from liftveil.runtime import Session
from liftveil.weights import DEFAULT_MODEL, Model, find_model

KODAK = ROOT.parent / "shared" / "data" / "kodak"
RESULTS = ROOT / "benchmarks" / "results"
LOG = RESULTS / "kodak-runs.jsonl"


def main() -> None:
    """Measure, write the JSON, and log every run on Kodak."""
    options = arguments()
    model, system = find_model(options.model), network(options.model)
    rows, named = [], []
    for pair in pairs_of(find_pictures(options.data)):
        rows.append(plain(measure(system, pair, options.crop)))
        named.append({"cover": pair.cover.name, "secret": pair.secret.name} | rows[-1])
        print(json.dumps(named[-1]), flush=True)
    record = {
        "set": f"{options.data.name}{'' if options.crop is None else ' ' + options.crop}",
        "summary": together(rows),
        "embed_seconds": embed_seconds(model) if options.time else None,
        **provenance(model),
        "pairs": named,
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
        parts = (options.data.name, options.crop, find_model(options.model).folder.name)
        options.output = RESULTS / ("-".join(part for part in parts if part) + ".json")
    return options


def measure(system: System, pair: Pair, crop: str | None) -> Figures:
    """One pair through files and processes, whole or cut."""
    loaded = load_pair(pair, system.secret_channels)
    cover, secret = (np.ascontiguousarray(cropped(picture, crop)) for picture in (loaded.cover, loaded.secret))
    return scores_of(cover, secret, exchange(system.name, cover, secret))


def cropped(picture: np.ndarray, crop: str | None) -> np.ndarray:
    """The top left corner, of the given size or, for portraits, of the size turned."""
    if crop is None:
        return picture
    width, height = map(int, crop.split("x"))
    if picture.shape[0] > picture.shape[1]:
        width, height = height, width
    return picture[:height, :width]


def embed_seconds(model: Model, runs: int = 9) -> dict[str, float]:
    """Inference alone for 768x512 pixels, after a warm-up run."""
    session = Session(model)
    cover, secret = np.random.default_rng(0).integers(0, 256, (2, 512, 768, 3), dtype=np.uint8)
    secret = secret if session.secret_channels == 3 else np.ascontiguousarray(secret[..., 0])
    times = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        session.embed(cover, secret)
        times.append(time.perf_counter() - began)
    return {"median": round(median(times[1:]), 3), "min": round(min(times[1:]), 3), "max": round(max(times[1:]), 3)}


if __name__ == "__main__":
    main()
