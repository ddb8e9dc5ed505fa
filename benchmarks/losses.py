"""What clipping, rounding and the missing residual cost a released model, on validation pictures (needs torch).

python benchmarks/losses.py --data DIR             -> results/losses.json
"""

import argparse
import json
from pathlib import Path

from photographs import VALIDATION
from provenance import ROOT, provenance

from liftveil.data import validation_pictures
from liftveil.networks import load_weights
from liftveil.training import validate, validation_pairs
from liftveil.weights import DEFAULT_MODEL, WEIGHTS_FILE, find_model

OUTPUT = ROOT / "benchmarks" / "results" / "losses.json"


def main() -> None:
    """Measure and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=VALIDATION)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    options = parser.parse_args()
    model = find_model(options.model)
    pairs = validation_pairs(validation_pictures(options.data), crop_px=512, count=40)
    figures = validate(load_weights(model.file(WEIGHTS_FILE)).frozen(), pairs)
    record = {"set": f"{options.data.name}, {len(pairs)} pairs", "figures": figures, **provenance(model)}
    OUTPUT.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
