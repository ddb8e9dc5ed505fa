"""Write the tables of the README from the JSON files that the benchmarks wrote; `--check` only compares.

A table stands between `<!-- table: NAME -->` and `<!-- end of table -->`.
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
README = ROOT / "README.md"
BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)", re.DOTALL)


def main() -> None:
    """Rewrite or compare the README's tables."""
    text = README.read_text(encoding="utf-8")
    fresh = BLOCK.sub(lambda match: match[1] + TABLES[match[2]]() + match[3], text)
    if "--check" in sys.argv[1:]:
        sys.exit(0 if fresh == text else "README.md: a table differs from its JSON; run benchmarks/tables.py")
    README.write_text(fresh, encoding="utf-8")


def quality() -> str:
    """The released model through PNG files."""
    rows = ["| pictures | cover PSNR | secret PSNR | worst cover | worst secret | SSIM cover, secret | sum |", "|---" * 7 + "|"]
    for name, title in (("kodak", "Kodak-24, whole"), ("kodak-641x427", "the same cropped to 641x427")):
        s = json.loads((RESULTS / f"{name}.json").read_text())["summary"]
        rows.append(
            f"| {title} | **{s['mean_cover_psnr_db']:.2f} dB** | **{s['mean_secret_psnr_db']:.2f} dB** "
            f"| {s['worst_cover_psnr_db']:.2f} dB | {s['worst_secret_psnr_db']:.2f} dB "
            f"| {s['mean_cover_ssim']:.4f}, {s['mean_secret_ssim']:.4f} | {s['sum_db']:.2f} dB |"
        )
    return "\n".join([*rows, "", origin()]) + "\n"


def origin() -> str:
    """One line that says what was measured where."""
    record = json.loads((RESULTS / "kodak.json").read_text())
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    digest = record["weights_sha256"]["extract.onnx"][:12]
    seconds = record["embed_seconds"]["median"]
    return (
        f"Model `{record['model']}` (extract.onnx sha256 {digest}…), commit {record['commit'][:10]}, {versions}; "
        f"{record['cpu']}. Embedding 768x512 pixels took {seconds:.2f} s of inference (median of 9)."
    )


TABLES = {"quality": quality}

if __name__ == "__main__":
    main()
