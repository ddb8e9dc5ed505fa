"""Model cards: docs/models/NAME.md with its pictures, from results, journals and the weights' own facts.

    python benchmarks/cards.py NAME [...]    those pages, and what `liftveil info --models` says of all models

Needs results/kodak-NAME.json, results/val-NAME.json and results/covers.json, which the other scripts write.
"""

import argparse
import csv
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from numpy.typing import NDArray
from photographs import MANIFESTS, VALIDATION
from provenance import ROOT
from records import kodak_of, origin, result, s_per_megapixel, table
from study import parameters

from liftveil.cli.embed import WEAK_DB
from liftveil.data import find_pictures
from liftveil.evaluation import plot_runs, read_runs
from liftveil.imaging import amplified_difference, side_by_side, write_picture
from liftveil.networks import load_weights, weights_facts
from liftveil.research import FAMILIES, load_pair, pairs_of
from liftveil.runtime import Session
from liftveil.weights import WEIGHTS_FILE, Card, find_model

CARDS = ROOT / "docs" / "models"
SHORT = ROOT / "src" / "liftveil" / "weights" / "cards.json"
WATTS_A_CORE = 10
WORST = 2
PANEL_PX = 256

PURPOSES = json.loads((Path(__file__).parent / "models.json").read_text())
"""What each model is for, what it cannot do, and what made it: recipes, journals, and, of the runs that the weights
tell of, which count (a run that goes on counts what it has behind it) and on how many cores they were."""


def main() -> None:
    """Write the cards."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", metavar="NAME")
    CARDS.mkdir(exist_ok=True)
    for name in parser.parse_args().names:
        page(name)
    short = {name: asdict(card(name)) for name in PURPOSES}
    SHORT.write_text(json.dumps(short, indent=1) + "\n", encoding="utf-8")


def card(name: str) -> Card:
    """The short card, which is part of the package."""
    kodak, told = kodak_of(name), PURPOSES[name]
    runs = runs_of(weights_facts(find_model(name).file(WEIGHTS_FILE)))
    return Card(
        purpose=told["purpose"],
        limits=told["limits"],
        cover_psnr_db=round(kodak["summary"]["mean_cover_psnr_db"], 2),
        secret_psnr_db=round(kodak["summary"]["mean_secret_psnr_db"], 2),
        embed_s_per_megapixel=round(s_per_megapixel(name), 2),
        parameters=parameters(name),
        cpu_hours=round(sum(float(runs[i]["training_seconds"]) * cores for i, cores in told["counted"]) / 3600, 1),
    )


def page(name: str) -> None:
    """Write one page and its pictures."""
    short, kodak, validation, told = card(name), kodak_of(name), result(f"val-{name}"), PURPOSES[name]
    network = load_weights(find_model(name).file(WEIGHTS_FILE))
    worst = sorted(validation["pairs"], key=lambda row: row["secret_psnr_db"])[:WORST]
    failures = f"{name}-worst.png"
    write_picture(CARDS / failures, montage(name, [row["cover"] for row in worst]), force=True)
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined)
    text = environment.get_template("card.md.j2").render(
        model=name,
        card=short,
        figures=figures(kodak, validation),
        origin=origin(kodak),
        embed_seconds=result("times")["seconds"][name]["embed"],
        attacked=attacked(kodak),
        planes=planes(kodak["summary"]),
        covers=covers(name),
        weak_db=f"{WEAK_DB:.0f}",
        network=", ".join(f"{key} {value}" for key, value in vars(network.config).items()),
        data=data("train"),
        watt_hours=f"{short.cpu_hours * WATTS_A_CORE:.0f}",
        recipe=", then ".join(f"`{path}`" for path in told["recipes"]),
        curves=curves(name, told["runs"]),
        licences=data("val"),
        failures=failures,
    )
    (CARDS / f"{name}.md").write_text(text.rstrip() + "\n", encoding="utf-8")


def runs_of(facts: dict[str, str]) -> list[dict[str, str]]:
    """Facts of every run behind the weights, the first one first."""
    return [*json.loads(facts.get("earlier_runs", "[]")), facts]


def figures(kodak: dict[str, Any], validation: dict[str, Any]) -> str:
    """Both sets, means and worst pictures."""
    rows: list[list[object]] = []
    for title, record in (("Kodak-24", kodak), ("validation, 40 pictures", validation)):
        s = record["summary"]
        keys = [f"{which}_{role}_psnr_db" for role in ("cover", "secret") for which in ("mean", "worst")]
        similarity = [f"{s[f'{which}_{role}_ssim']:.4f}" for role in ("cover", "secret") for which in ("mean", "worst")]
        rows.append([title, *(f"{s[key]:.2f}" for key in keys), f"{s['sum_db']:.2f}", *similarity])
    columns = ("pictures", "cover", "worst", "secret", "worst", "sum", "SSIM cover", "worst", "SSIM secret", "worst")
    return table(*columns, rows=rows)


def attacked(kodak: dict[str, Any]) -> str | None:
    """What attacks leave, of models that are made to stand some."""
    if "attacked" not in kodak:
        return None
    rows: list[list[object]] = []
    for title, found in kodak["attacked"].items():
        name, strength = title.split()
        family = FAMILIES[name]
        keys = ("mean_cover_psnr_db", "mean_secret_psnr_db", "worst_secret_psnr_db")
        rows.append([family.title, f"{family.unit} {strength}", *(f"{found[key]:.2f}" for key in keys)])
    return table("what happens to the stego", "strength", "cover as seen", "secret", "worst secret", rows=rows)


def planes(summary: dict[str, float]) -> str:
    """Accuracy of each bit plane, and of all."""
    shares = [f"{1 - summary[f'mean_secret_ber_{plane}']:.1%}" for plane in range(8)]
    return table(
        *(f"bit {plane}" for plane in range(8)), "all", rows=[[*shares, f"{summary['mean_secret_bit_accuracy']:.1%}"]]
    )


def covers(name: str) -> str:
    """What happens to flat covers."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in result("covers")[name]["rows"]:
        found.setdefault(row["cover"], []).append(row)
    rows: list[list[object]] = []
    for title, of_title in found.items():
        means = [f"{np.mean([row[f'{role}_psnr_db'] for row in of_title]):.2f}" for role in ("cover", "secret")]
        weak = sum(row["secret_psnr_db"] < WEAK_DB for row in of_title)
        rows.append(
            [title, *means, f"{min(row['secret_psnr_db'] for row in of_title):.2f}", f"{weak} of {len(of_title)}"]
        )
    return table("cover", "cover as seen", "secret", "worst secret", "warned", rows=rows)


def data(which: str) -> str:
    """Numbers of pictures by licence."""
    with (MANIFESTS / f"{which}.csv").open(encoding="utf-8", newline="") as file:
        counts = Counter(row["licence"] for row in csv.DictReader(file))
    return f"{counts.total()} photographs: " + ", ".join(
        f"{count} {licence}" for licence, count in counts.most_common()
    )


def curves(name: str, folders: list[str]) -> str | None:
    """The figure of the last run that kept its journal."""
    if not folders:
        return None
    path = CARDS / f"{name}-curves.png"
    path.write_bytes(plot_runs(read_runs([ROOT / folder for folder in folders])).png)
    return path.name


def montage(name: str, chosen: list[str]) -> NDArray[np.uint8]:
    """Pairs of validation pictures with what became of them."""
    session = Session(find_model(name))
    panels = []
    for pair in pairs_of(find_pictures(VALIDATION)):
        if pair.cover.name in chosen:
            loaded = load_pair(pair, session.secret_channels)
            stego = session.embed(loaded.cover, loaded.secret)
            panels += [
                (f"secret {pair.secret.stem[:24]}", loaded.secret),
                ("recovered", session.extract(stego)),
                (f"cover {pair.cover.stem[:24]}", loaded.cover),
                ("stego", stego),
                ("difference x20", amplified_difference(loaded.cover, stego)),
            ]
    return side_by_side(panels, columns=5, panel_height_px=PANEL_PX)


if __name__ == "__main__":
    main()
