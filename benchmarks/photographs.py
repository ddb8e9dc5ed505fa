"""Where the photographs are that benchmarks read: the folders train, val and kodak.

pictures/*.csv lists them, with source, licence and SHA-256; they are no part of the repository. Whoever has them
elsewhere than in ../shared/data beside it says where in the environment variable LIFTVEIL_PICTURES.
"""

import os
from pathlib import Path

from provenance import ROOT

SETS = Path(os.environ.get("LIFTVEIL_PICTURES", ROOT.parent / "shared" / "data"))
TRAINING, VALIDATION, KODAK = (SETS / name for name in ("train", "val", "kodak"))
MANIFESTS = ROOT / "benchmarks" / "pictures"
