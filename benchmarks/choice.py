"""Whether extraction without a named model takes the one that hid: every release on validation pictures.

    python benchmarks/choice.py [--pairs 10]    -> results/choice.json

For each pair and release, the middle of the cover hides the middle of the secret, in memory. What counts is which
release is chosen, and by how much its score leads the best of the other families.
"""

import argparse
import json

import numpy as np
from photographs import VALIDATION
from provenance import ROOT, machine

from liftveil.api import extract_picture
from liftveil.data import find_pictures
from liftveil.imaging import Picture
from liftveil.research import load_pair, pairs_of
from liftveil.runtime import Session
from liftveil.weights import releases

OUTPUT = ROOT / "benchmarks" / "results" / "choice.json"
SIDE_PX = 512


def main() -> None:
    """Hide, choose, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=10)
    pairs = pairs_of(find_pictures(VALIDATION))[: parser.parse_args().pairs]
    rows = [row(name, pair) for pair in pairs for name in releases()]
    wrong = [one for one in rows if one["chosen"] != one["hidden_with"]]
    leads = {name: min(one["lead"] for one in rows if one["hidden_with"] == name) for name in releases()}
    record = {"pairs": len(pairs), "wrong": len(wrong), "least_lead": leads, "rows": rows, **machine()}
    OUTPUT.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps({"wrong": wrong, "least_lead": leads}, indent=1))


def row(name: str, pair) -> dict[str, object]:  # noqa: ANN001 - a Pair
    """One release on one pair."""
    session = Session(releases()[name])
    loaded = load_pair(pair, session.secret_channels)
    cover, secret = (np.ascontiguousarray(part[:SIDE_PX, :SIDE_PX]) for part in (loaded.cover, loaded.secret))
    result = extract_picture(Picture(session.embed(cover, secret)))
    family = name.rpartition("-")[0]
    others = [score for other, score in result.scores.items() if other.rpartition("-")[0] != family]
    return {
        "cover": pair.cover.name,
        "hidden_with": name,
        "chosen": result.model.name,
        "lead": round(result.scores[name] - max(others), 4),
        "scores": {other: round(score, 4) for other, score in result.scores.items()},
    }


if __name__ == "__main__":
    main()
