"""Write the tables of README and docs from the JSON files that the benchmarks wrote.

A table stands between `<!-- table: NAME -->` and `<!-- end of table -->`; `<!-- table: NAME, rows only -->` leaves out
what was measured where.
"""

import argparse
import re
import sys
from collections.abc import Callable
from statistics import mean
from typing import Any

from provenance import ROOT
from records import FIRST, kodak_of, origin, result, s_per_megapixel, table

from liftveil.weights import aliases, cards, find_model, releases

PAGES = (ROOT / "README.md", ROOT / "docs" / "results.md", ROOT / "docs" / "guides" / "service.md")
OURS = [aliases()[name] for name in ("starinn-large", "starinn", "starinn-fast")]
"""What stands beside the field."""

BLOCK = re.compile(r"(<!-- table: (\w+)(, rows only)? -->\n).*?(<!-- end of table -->)", re.DOTALL)


def main() -> None:
    """Rewrite or compare the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a table is not that of its JSON")
    check, stale = parser.parse_args().check, []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        fresh = BLOCK.sub(lambda match: match[1] + filled(match[2], rows_only=bool(match[3])) + match[4], text)
        if fresh != text:
            stale.append(page.name)
        if not check:
            page.write_text(fresh, encoding="utf-8")
    if stale and check:
        sys.exit(f"{', '.join(stale)}: a table differs from its JSON; run benchmarks/tables.py")


def filled(name: str, *, rows_only: bool) -> str:
    """A table, with or without the words below it."""
    lines = TABLES[name]().splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith("|") or not rows_only)


def quality() -> str:
    """The released models through PNG files, those with a short name first, and the default's crops."""
    rows, records = [], []
    for name in dict.fromkeys([*aliases().values(), *releases()]):
        whole = kodak_of(name)
        rows.append([f"`{name}`", *quality_of(whole["summary"]), f"{s_per_megapixel(name):.2f} s"])
        records.append(whole)
        if name == find_model().name:
            crops = result(FIRST.get(f"{name} 641x427", f"kodak-641x427-{name}"))
            rows.append([f"`{name}`, cropped to 641x427", *quality_of(crops["summary"]), ""])
            records.append(crops)
    columns = (
        "model",
        "cover",
        "secret",
        "worst cover",
        "worst secret",
        "SSIM cover, secret",
        "sum",
        "embedding a megapixel",
    )
    kinds = "Kodak-24, whole pictures. PSNR and SSIM over RGB of 8-bit pictures. Time: two cores, all models in turns."
    jpeg = [through_jpeg(name) for name in releases() if "attacked" in kodak_of(name)]
    return table(*columns, rows=rows) + f"\n{' '.join([*jpeg, kinds, origin(*records)])}\n"


def service() -> str:
    """Times and memory of the models that a service may use."""
    record = result("times")
    rows: list[list[object]] = []
    for name in aliases().values():
        seconds = [f"{s_per_megapixel(name, act):.2f} s" for act in ("embed", "extract")]
        rows.append([f"`{name}`", *seconds, *(f"{mib:,} MiB" for mib in record["memory_mib"][name])])
    peaks = [f"memory, {width * height / 1e6:.0f} MP" for width, height in record["memory_sizes"]]
    columns = ("model", "embedding a megapixel", "extracting it", *peaks)
    kinds = "Times without reading and writing; memory is the most that a process holds which embeds and extracts."
    return table(*columns, rows=rows) + f"\n{kinds} {origin(record)}\n"


def carriers() -> str:
    """Both carriers side by side."""
    records = {
        f"neural, `{find_model().name}`": kodak_of(find_model().name),
        "exact": result("kodak-exact"),
        "exact, `--lossless`": result("kodak-exact-lossless"),
    }
    rows: list[list[object]] = []
    for title, record in records.items():
        s = record["summary"]
        keys = [f"{which}_{role}_psnr_db" for role in ("cover", "secret") for which in ("mean", "worst")]
        similarity = f"{s['mean_cover_ssim']:.4f}, {s['mean_secret_ssim']:.4f}"
        identical = f"{s['identical_secret']:.0f} of {s['pairs']:.0f}"
        rows.append([title, *(f"{s[key]:.2f} dB" for key in keys), similarity, identical])
    columns = ("carrier", "cover", "worst", "secret", "worst", "SSIM cover, secret", "identical")
    return table(*columns, rows=rows) + f"\nIdentical pictures count as 60 dB. {origin(*records.values())}\n"


def exact() -> str:
    """What the exact carrier stood and what it costs."""
    soak, speed, fuzz = (result(f"exact-{name}") for name in ("soak", "speed", "fuzz"))
    large, small = speed["large"], speed["small"]
    refused = soak["outcomes"]["refused"]
    rows: list[list[object]] = [
        [
            "round trips, sizes and payloads at random",
            f"{soak['outcomes']['came back']:,} of {soak['cases']:,} came back",
        ],
        ["changed samples, passwords, crops, JPEG and WebP", f"{refused:,} of {tampered_with(soak):,} refused"],
        ["fuzzed inputs in " + f"{fuzz['seconds'] / 60:.0f} min", f"{fuzzed(fuzz):,}, {fuzz['crashes']} crashes"],
        ["10 MB into 12 megapixels, hiding", cost(large["hide"])],
        ["the same, opening", cost(large["open"])],
        [
            "10 kB into a megapixel by a code, hiding",
            f"{cost(small['hide'])}, {small['hide']['changed']:.2%} of samples",
        ],
        ["the same, opening", cost(small["open"])],
        ["key derivation", f"{speed['key_derivation_s']:.2f} s"],
    ]
    for row in speed["efficiency"]:
        known = f", {row['published_columns']:.2f} with the best known columns" if "published_columns" in row else ""
        title = f"message bits for each change, {row['bits_for_each']} samples for each bit"
        rows.append([title, f"{row['efficiency']:.2f}, {row['share']:.0%} of the bound{known}"])
    return table("what", "measured", rows=rows) + f"\n{origin(soak, fuzz, speed)}\n"


def tampered_with(soak: dict[str, Any]) -> int:
    """How many pictures should have been refused."""
    return sum(count for kind, count in soak["tried"].items() if not kind.startswith("round trip"))


def fuzzed(fuzz: dict[str, Any]) -> int:
    """How many inputs were tried."""
    return sum(count for kind, count in fuzz["inputs"].items() if kind != "opened")


def cost(row: dict[str, float]) -> str:
    """Time and memory, without the PNG."""
    return f"{row['seconds']:.1f} s, {row['peak_mib']:.0f} MiB (and {row['png_seconds']:.1f} s for the PNG)"


def detection() -> str:
    """Whether simple steganalysis notices a small message."""
    record = result("exact-detection")
    titles = {"exact": "exact carrier", "replaced": "replaced lowest bits"}
    rows: list[list[object]] = []
    for row in record["rows"]:
        low, high = row["interval_95"]
        estimates = f"{row['mean_of_covers']:.4f}", f"{row['mean_difference']:+.4f}"
        rows.append(
            [
                row["estimator"],
                titles[row["stego"]],
                *estimates,
                f"{row['area_under_curve']:.3f}",
                f"{low:.3f} to {high:.3f}",
            ]
        )
    columns = ("estimator", "hidden by", "estimate, covers", "difference", "area under the curve", "95 %")
    size = f"{record['content_bytes'] / 1000:.0f} kB in {record['side_px']}x{record['side_px']} pixels"
    return table(*columns, rows=rows) + f"\n{size}, {record['pictures']} pictures. {origin(record)}\n"


def through_jpeg(name: str) -> str:
    """What a model keeps that is made for JPEG."""
    found = kodak_of(name)["attacked"]
    kept = [f"{found[f'jpeg-{key} 90']['mean_secret_psnr_db']:.2f} dB" for key in ("444", "420")]
    return f"From JPEG files of quality 90, `{name}` recovers {kept[0]} (4:4:4) and {kept[1]} (4:2:0)."


def quality_of(s: dict[str, float]) -> list[object]:
    """A row's figures from a summary."""
    decibels = ("mean_cover_psnr_db", "mean_secret_psnr_db", "worst_cover_psnr_db", "worst_secret_psnr_db")
    similarity = f"{s['mean_cover_ssim']:.4f}, {s['mean_secret_ssim']:.4f}"
    return [*(f"{s[key]:.2f} dB" for key in decibels), similarity, f"{s['sum_db']:.2f} dB"]


def losses() -> str:
    """What each step between the network's output and the file costs."""
    figures = result("losses")["figures"]
    names = {"float": "nothing lost but the residual", "clipped": "clipped to 0..255", "rounded": "rounded"}
    names["file"] = "rounded and clipped: the file"
    rows: list[list[object]] = [[names[key], f"{figures[f'secret_{key}_db']:.2f} dB"] for key in names]
    gain = f"The inverse amplifies rounding noise by {figures['noise_gain']:.1f} (rms out over rms in).\n"
    return table("what the extractor gets", "secret", rows=rows) + f"\n{gain}{origin(result('losses'))}\n"


def systems() -> str:
    """The network beside the classical systems, through files, and the network's figure as floats."""
    study = result("study")
    rows: list[list[object]] = []
    for system in study["systems"]:
        s = system["figures"]
        keys = [f"{which}_{role}_psnr_db" for role in ("cover", "secret") for which in ("mean", "worst")]
        decibels = [f"{s[key]:.2f}" for key in (*keys, "sum_db")]
        similarity = f"{s['mean_cover_ssim']:.4f}, {s['mean_secret_ssim']:.4f}"
        bits, identical = f"{s['mean_secret_bit_accuracy']:.1%}", f"{s['identical_secret']:.0f}"
        rows.append([system["title"], *decibels, similarity, bits, identical])
        if system is study["systems"][0]:
            floats = study["float"]
            both = [f"{floats[f'float_{role}_psnr_db']:.2f}" for role in ("cover", "secret")]
            total = sum(floats[f"float_{role}_psnr_db"] for role in ("cover", "secret"))
            rows.append([f"*{system['title']}, float*", both[0], "", both[1], "", f"{total:.2f}", "", "", ""])
    columns = ("system", "cover", "worst", "secret", "worst", "sum", "SSIM cover, secret", "secret's bits", "identical")
    kinds = "PSNR in dB over RGB; identical pictures count as 60 dB, their number stands in the last column."
    return table(*columns, rows=rows) + f"\n{kinds} {origin(study['origin'])}\n"


def robustness() -> str:
    """What attacks leave of the secret."""
    study = result("study")
    rows: list[list[object]] = []
    for row in study["robustness"]:
        means = zip(row["strengths"], row["mean_secret_psnr_db"], strict=True)
        rows.append([row["family"], "; ".join(f"{strength:g}: {value:.1f}" for strength, value in means)])
    return table("attack", "strength: mean secret PSNR in dB", rows=rows) + f"\n{origin(study['origin'])}\n"


def field() -> str:
    """What others have published, and ours."""
    rows: list[list[object]] = []
    for row in result("published")["rows"]:
        figures = [f"{row[key]:.2f}".removesuffix("0") for key in ("cover_db", "secret_db")]
        size = f"{row['parameters_m']:g} M"
        rows.append([row["system"], size, *figures, row["set"], row["source"], row["through_8_bits"]])
    study = result("study")
    network, *classical = study["systems"]
    floats = [study["float"][f"float_{role}_psnr_db"] for role in ("cover", "secret")]
    learned = [(f"**{name}**", cards()[name].parameters, kodak_of(name)["summary"]) for name in OURS]
    others = [
        (f"**{one['title']}**", 0, one["figures"]) for one in classical if one["name"] in {"jxl-mod-3", "jxl-mod-4"}
    ]
    measured = [
        (f"{network['title']}, float", network["parameters"], floats, "no"),
        *((title, parameters, both_of(summary), "yes") for title, parameters, summary in [*learned, *others]),
    ]
    for title, parameters, both, through in measured:
        size = f"{parameters / 1e6:.2f} M" if parameters else "0"
        figures = [f"{value:.2f}" for value in both]
        rows.append([title, size, *figures, "Kodak-24, whole", "measured by us", through])
    columns = ("system", "parameters", "cover", "secret", "pictures", "source", "through 8 bits?")
    return table(*columns, rows=rows)


def both_of(summary: dict[str, float]) -> list[float]:
    """Mean PSNRs of cover and secret."""
    return [summary[f"mean_{role}_psnr_db"] for role in ("cover", "secret")]


def search() -> str:
    """Trainings that differ from a base by one change, the best first; means over the seeds of each."""
    record = result("search")
    found: dict[str, list[dict[str, Any]]] = {}
    for row in record["rows"]:
        found.setdefault(row["variant"], []).append(row)
    rows: list[list[object]] = []
    for variant, seeds in sorted(found.items(), key=lambda item: -mean(map(sum_of, item[1]))):
        figures = [f"{mean(row[key] for row in seeds):.2f} dB" for key in ("cover_db", "secret_file_db")]
        sums = sorted(map(sum_of, seeds))
        spread = f"{sums[0]:.2f} to {sums[-1]:.2f}" if len(sums) > 1 else "one seed"
        cost = record["costs"]["of"][variant]
        rows.append([variant, *figures, f"{mean(sums):.2f} dB", spread, f"{cost['step']:.2f}", f"{cost['embed']:.2f}"])
    columns = ("variant", "cover", "secret", "sum", "over seeds", "a step", "embedding")
    steps = ", ".join(sorted({str(row["steps"]) for row in record["rows"]}))
    kinds = f"{steps} steps. Times as multiples of the base's, on one core, all in turns."
    return table(*columns, rows=rows) + f"\n{kinds} {origin(*record['rows'], record['costs'])}\n"


def distillation() -> str:
    """The base of the search, with and without a teacher."""
    record = result("distillation")
    alone = next(row for row in result("search")["rows"] if row["variant"] == "base" and row["seed"] == record["seed"])
    rows: list[list[object]] = []
    for row in ({"teacher_weight": "none"} | alone, *record["rows"]):
        figures = [f"{row[key]:.2f} dB" for key in ("cover_db", "secret_file_db", "worst_cover_db", "worst_secret_db")]
        rows.append([row["teacher_weight"], *figures, f"{sum_of(row):.2f} dB"])
    columns = ("weight of the teacher", "cover", "secret", "worst cover", "worst secret", "sum")
    told = f"{record['steps']} steps, seed {record['seed']}, `{record['teacher']}` as the teacher."
    return table(*columns, rows=rows) + f"\n{told} {origin(record)}\n"


def sum_of(row: dict[str, float]) -> float:
    """Both PSNRs of a validation."""
    return row["cover_db"] + row["secret_file_db"]


def quick() -> str:
    """The quick recipe from nothing, seed by seed, through PNG files."""
    record = result("quick")
    rows: list[list[object]] = []
    for row in record["rows"]:
        decibels = ("mean_cover_psnr_db", "mean_secret_psnr_db", "worst_cover_psnr_db", "worst_secret_psnr_db")
        minutes, rate = f"{row['train_minutes']:.1f} min", f"{row['matmul_gflops']:.0f} GFLOP/s"
        rows.append([row["seed"], *(f"{row[key]:.2f} dB" for key in decibels), minutes, rate])
    columns = ("seed", "cover", "secret", "worst cover", "worst secret", "training", "matrix multiplication")
    steps = f"{record['rows'][0]['steps']} steps."
    return table(*columns, rows=rows) + f"\n{steps} {origin(*record['rows'])}\n"


def ablation() -> str:
    """Short trainings that differ in their objective only."""
    record = result("ablation")
    rows: list[list[object]] = []
    for row in record["rows"]:
        keys = ("cover_db", "secret_file_db", "secret_float_db", "worst_secret_db")
        rows.append([row["variant"], *(f"{row[key]:.2f} dB" for key in keys), f"{sum_of(row):.2f} dB"])
    columns = ("objective", "cover", "secret", "secret, float", "worst secret", "sum")
    return table(*columns, rows=rows) + f"\n{origin(record)}\n"


def training_speed() -> str:
    """Steps and pictures per second."""
    part = result("training")["speed"]
    rows: list[list[object]] = []
    for name, row in part["variants"].items():
        batch, count = name.removeprefix("batch ").split(" x ")
        spread = f"{row['min_s']:.3f} to {row['max_s']:.3f} s"
        rates = f"{row['steps_per_s']:.2f}", f"{row['pictures_per_s']:.1f}"
        rows.append([batch, count, *rates, f"{row['median_s']:.3f} s", spread])
    columns = ("pairs in a batch", "batches in a step", "steps / s", "pictures / s", "a step", "from, to")
    return table(*columns, rows=rows) + "\n" + conditions(part)


def training_memory() -> str:
    """Activations, stored and recomputed, by the number of blocks."""
    part = result("training")["memory"]
    modes = ("stored", "recomputed")
    found = {(row["blocks"], row["activations"]): row for row in part["rows"]}
    rows: list[list[object]] = []
    for blocks in sorted({blocks for blocks, _ in found}):
        sizes = (found[blocks, mode][key] for key in ("activation_bytes", "peak_bytes") for mode in modes)
        rows.append([blocks, *(f"{size / 2**20:.0f} MiB" for size in sizes)])
    rows.append(["growth", *(f"{part['growth'][mode]:+.1%}" for mode in modes), "", ""])
    timed = f"With {part['steps']['blocks']} blocks, a recomputing step took {part['recomputed_over_stored_time']:.2f} "
    columns = ("blocks", "stored", "recomputed", "process, stored", "process, recomputed")
    return table(*columns, rows=rows) + f"\n{timed}times as long.\n" + conditions(part)


def training_choices() -> str:
    """Memory layout, translation and optimisers, side by side."""
    record = result("training")
    rows: list[list[object]] = []
    for width, part in record["layout"]["widths"].items():
        for name, row in part["variants"].items():
            rows.append([f"a step, width {width}: {name}", f"{1000 * row['median_s']:.0f} ms"])
    for name, row in record["compile"]["variants"].items():
        rows.append([f"a step: {name}", f"{1000 * row['median_s']:.0f} ms"])
    rows.append(["translation, once", f"{record['compile']['compile_s']:.0f} s"])
    for name, row in record["optimisers"]["variants"].items():
        rows.append([f"optimiser alone: {name}", f"{1000 * row['median_s']:.1f} ms"])
    return table("what", "median", rows=rows) + "\n" + conditions(record["layout"])


def conditions(part: dict[str, Any]) -> str:
    """Sizes of what was timed, and the machine at that time."""
    batch = f"{part['batch']} pairs, " if "batch" in part else ""
    crops = f"{batch}crops of {part['crop_px']}x{part['crop_px']}"
    rate = f"{part['origin']['matmul_gflops']} GFLOP/s of matrix multiplication"
    return f"{crops}; {rate}. {origin(part['origin'])}\n"


TABLES: dict[str, Callable[[], str]] = {
    "quality": quality,
    "service": service,
    "carriers": carriers,
    "exact": exact,
    "detection": detection,
    "systems": systems,
    "robustness": robustness,
    "field": field,
    "losses": losses,
    "search": search,
    "distillation": distillation,
    "quick": quick,
    "ablation": ablation,
    "training_speed": training_speed,
    "training_memory": training_memory,
    "training_choices": training_choices,
}

if __name__ == "__main__":
    main()
