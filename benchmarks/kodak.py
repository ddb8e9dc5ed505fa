"""Quality through the file: picture i hides picture (i + 5) mod n, by processes that share nothing but a PNG.

For each pair, one process hides the secret and writes a PNG. Its RGB samples alone are written anew by another encoder
into an empty folder, and there a process of its own extracts. All metrics are of 8-bit pixels. Of models that are made
for JPEG, the same is done with JPEG files of several qualities, and with what else they were trained to stand.
`liftveil evaluate research` measures much more by the same protocol.

    python benchmarks/kodak.py                  the default model on Kodak-24 -> results/kodak-MODEL.json
    python benchmarks/kodak.py --model NAME     another one
    python benchmarks/kodak.py --crop 641x427   crops whose sides fit no wavelet -> results/kodak-641x427-MODEL.json
    python benchmarks/kodak.py --data DIR       another set, such as the validation pictures -> results/DIR-MODEL.json
    python benchmarks/kodak.py --system exact   a system without learning, such as the exact carrier

The first release has its figures in results/kodak.json and results/kodak-641x427.json.
"""

import argparse
import json
from io import BytesIO
from pathlib import Path

import numpy as np
from photographs import KODAK
from PIL import Image
from provenance import ROOT, machine, provenance

from liftveil.comparison import Figures, plain
from liftveil.data import find_pictures
from liftveil.metrics import mean_psnr, psnr
from liftveil.research import (
    CLASSICAL,
    FAMILIES,
    Pair,
    System,
    find_system,
    load_pair,
    network,
    pairs_of,
    scores_of,
    together,
)
from liftveil.research.protocol import STEGO, Exchange, plain_png, receive, send
from liftveil.runtime import Session
from liftveil.weights import DEFAULT_MODEL, find_model

RESULTS = ROOT / "benchmarks" / "results"
LOG = RESULTS / "kodak-runs.jsonl"
ATTACKS = ("jpeg-444", "jpeg-420", "webp", "noise", "rescale")
Attacked = dict[str, dict[str, float]]
"""PSNRs in dB by family and strength of an attack, such as "jpeg-420 90"."""


def main() -> None:
    """Measure, write the JSON, and log every run on Kodak."""
    options = arguments()
    system = network(options.model) if options.system is None else find_system(options.system)
    robust = options.system is None and Session(find_model(options.model)).jpeg_quality is not None
    rows, named, attacked = [], [], []
    for pair in pairs_of(find_pictures(options.data)):
        figures, left = measure(system, pair, options.crop, robust=robust)
        rows.append(plain(figures))
        attacked.append(left)
        named.append({"cover": pair.cover.name, "secret": pair.secret.name} | rows[-1])
        print(json.dumps(named[-1]), json.dumps(left), flush=True)
    record = {
        "set": f"{options.data.name}{'' if options.crop is None else ' ' + options.crop}",
        "summary": together(rows),
        **({"attacked": over_pairs(attacked)} if robust else {}),
        **(provenance(find_model(options.model)) if options.system is None else {"system": system.name, **machine()}),
        "pairs": named,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(record, indent=1) + "\n")
    if options.data.resolve() == KODAK.resolve():
        with LOG.open("a") as log:
            log.write(json.dumps({key: value for key, value in record.items() if key != "pairs"}) + "\n")
    print(json.dumps(record["summary"], indent=1))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=KODAK)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--system", choices=CLASSICAL, help="instead of a model")
    parser.add_argument("--crop", help="WIDTHxHEIGHT, cut from the top left corner (turned with the picture)")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    if options.output is None:
        parts = (options.data.name, options.crop, options.system or find_model(options.model).folder.name)
        options.output = RESULTS / ("-".join(part for part in parts if part) + ".json")
    return options


def measure(system: System, pair: Pair, crop: str | None, *, robust: bool) -> tuple[Figures, Attacked]:
    """One pair through files and processes, whole or cut; if wanted, also after attacks."""
    loaded = load_pair(pair, system.secret_channels)
    cover, secret = (np.ascontiguousarray(cropped(picture, crop)) for picture in (loaded.cover, loaded.secret))
    stego = send(system.name, cover, secret)
    png = plain_png(stego)
    files = attacks_on(png) if robust else {}
    recovered = receive(system.name, {STEGO: png, **files}, grey=secret.ndim == 2)
    left = {
        Path(name).stem.removeprefix("stego "): {
            "cover": psnr(cover, np.asarray(Image.open(BytesIO(content)))),
            "secret": psnr(secret, recovered[name]),
        }
        for name, content in files.items()
    }
    return scores_of(cover, secret, Exchange(stego, recovered[STEGO])), left


def attacks_on(stego: bytes) -> dict[str, bytes]:
    """Files that are left of a stego's, by every attack in every strength."""
    families = {name: FAMILIES[name] for name in ATTACKS}
    return {
        f"stego {name} {strength:g}{family.suffix}": family.attack(stego, strength, seed=0)
        for name, family in families.items()
        for strength in family.strengths
    }


def over_pairs(rows: list[Attacked]) -> dict[str, dict[str, float]]:
    """Means, and the worst secret, of every attack."""
    found: dict[str, dict[str, float]] = {}
    for title in rows[0]:
        covers, secrets = ([row[title][role] for row in rows] for role in ("cover", "secret"))
        found[title] = {
            "mean_cover_psnr_db": mean_psnr(covers),
            "mean_secret_psnr_db": mean_psnr(secrets),
            "worst_secret_psnr_db": min(secrets),
        }
    return found


def cropped(picture: np.ndarray, crop: str | None) -> np.ndarray:
    """The top left corner, of the given size or, for portraits, of the size turned."""
    if crop is None:
        return picture
    width, height = map(int, crop.split("x"))
    if picture.shape[0] > picture.shape[1]:
        width, height = height, width
    return picture[:height, :width]


if __name__ == "__main__":
    main()
