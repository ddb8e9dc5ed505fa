"""What the benchmarks measured, from the JSON files of results/, and the words for it."""

import json
from typing import Any

from provenance import ROOT

RESULTS = ROOT / "benchmarks" / "results"
FIRST = {"starinn-1": "kodak", "starinn-1 641x427": "kodak-641x427"}
"""Files of the first release, whose names do not end in it."""


def result(name: str) -> Any:  # noqa: ANN401 - whatever the script wrote
    """Content of a result file."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def kodak_of(name: str) -> Any:  # noqa: ANN401 - as for result
    """What a model reaches on whole pictures."""
    return result(FIRST.get(name, f"kodak-{name}"))


def s_per_megapixel(name: str, act: str = "embed") -> float:
    """Time of hiding, or of finding (``"extract"``), by a model."""
    record = result("times")
    return float(record["seconds"][name][act]["median"]) / (record["width"] * record["height"] / 1e6)


def table(*columns: str, rows: list[list[object]]) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)


def origin(*records: dict[str, Any]) -> str:
    """What was measured where; models by the hash of what extracts.

    Raises:
        ValueError: If something was measured with uncommitted changes.
    """
    places: dict[str, list[str]] = {}
    for record in records:
        if record["uncommitted_changes"]:
            raise ValueError(f"{record} was measured with uncommitted changes; measure it again")
        commit = f"commit {record['commit'][:10]}"
        if "weights_sha256" in record:
            commit = (
                f"`{record['model']}`, extract.onnx sha256 {record['weights_sha256']['extract.onnx'][:12]}…, {commit}"
            )
        places.setdefault(f"{versions(record)}; {record['cpu']}", []).append(commit)
    told = (f"{'; '.join(dict.fromkeys(commits))}; {place}." for place, commits in places.items())
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in told)


def versions(record: dict[str, Any]) -> str:
    """Packages of a measurement."""
    return ", ".join(f"{name} {number}" for name, number in record["versions"].items())
