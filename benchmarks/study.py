"""The shipped model and the classical systems on Kodak-24 with everything that `liftveil evaluate research` measures.

python benchmarks/study.py                 -> results/study.json, docs/plane.svg and .png, docs/robustness.svg and .png
python benchmarks/study.py --work DIR      keeps report and pictures there, and goes on there if broken off
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from kodak import LOG
from photographs import KODAK
from provenance import ROOT, provenance

from liftveil.cli.progress import StudyProgress
from liftveil.data import find_pictures
from liftveil.networks import load_weights
from liftveil.research import (
    Study,
    default_processes,
    network,
    pairs_of,
    record_of,
    run_study,
    write_report,
)
from liftveil.weights import DEFAULT_MODEL, WEIGHTS_FILE, find_model

RESULTS = ROOT / "benchmarks" / "results"
OUTPUT = RESULTS / "study.json"


def main() -> None:
    """Measure, write the JSON, log the run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--work", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        record = measure(options.model, options.work or Path(folder))
    OUTPUT.write_text(json.dumps(record, indent=1) + "\n")
    with LOG.open("a") as log:
        line = {"set": "kodak", "summary": record["systems"][0]["figures"], **provenance(find_model(options.model))}
        log.write(json.dumps(line) + "\n")


def measure(model: str, folder: Path) -> dict[str, Any]:
    """Run the study, and write its report."""
    pairs = pairs_of(find_pictures(KODAK))
    study = Study(network(model), pairs, "Kodak-24")
    with StudyProgress(len(study.job_names)) as progress:
        findings = run_study(study, folder, observer=progress, processes=default_processes(), force=True)
    record = record_of(study, findings)
    write_report(study, record, folder)
    record["systems"][0]["parameters"] = parameters(model)
    return record | {"origin": provenance(find_model(model))}


def parameters(model: str) -> int:
    """Numbers that training set by gradients."""
    weights = load_weights(find_model(model).file(WEIGHTS_FILE))
    return sum(parameter.numel() for parameter in weights.parameters())


if __name__ == "__main__":
    main()
