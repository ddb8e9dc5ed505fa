"""Every table in README and docs is the one that its JSON makes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/results.md", "docs/guides/service.md")


def check(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "benchmarks" / "tables.py"), "--check"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_tables_are_generated():
    finished = check(ROOT)
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize("page", PAGES)
def test_a_figure_changed_by_hand_is_found(page, tmp_path):
    scripts = [f"benchmarks/{name}.py" for name in ("tables", "records", "provenance")]
    for name in (*PAGES, *scripts):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "benchmarks" / "results").symlink_to(ROOT / "benchmarks" / "results")
    text = (tmp_path / page).read_text(encoding="utf-8")
    changed = re.sub(r"\| \d+\.\d\d( dB| s)", r"| 99.99\1", text, count=1)
    assert changed != text
    (tmp_path / page).write_text(changed, encoding="utf-8")
    finished = check(tmp_path)
    assert finished.returncode != 0
    assert Path(page).name in finished.stderr
