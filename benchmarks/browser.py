"""A report in headless Chromium: what it asks for beside itself (nothing), and what it looks like.

Chromium's own log of its network stack is read; what the browser asks for on its own account is not the page's. A page
that does ask for something is opened first, so that a log which shows nothing means something.

    python benchmarks/browser.py study/report.html page.png
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

OUTSIDE = "http://outside.invalid/picture.png"


def main() -> None:
    """Open the page, write the picture, and fail if anything was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--chromium", default="chromium")
    parser.add_argument("--size", default="1280,12000")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        control = Path(folder) / "control.html"
        control.write_text(f'<!doctype html><img src="{OUTSIDE}">')
        if opened(control, Path(folder) / "control.png", options) != [OUTSIDE]:
            sys.exit("this Chromium's log does not show what a page asks for")
    asked = opened(options.page, options.picture, options)
    print(f"{options.page} asked for {len(asked)} things")
    sys.exit("\n".join(asked) or None)


def opened(page: Path, picture: Path, options: argparse.Namespace) -> list[str]:
    """Take a picture of a page.

    Returns:
        The addresses that the page asked for, each once.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "net.json"
        command = [options.chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        command += [f"--user-data-dir={folder}/profile", f"--log-net-log={log}", f"--window-size={options.size}"]
        command += [f"--screenshot={picture.resolve()}", page.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True)
        asked = (event.get("params", {}) for event in events(log.read_text(encoding="utf-8")))
        # A request of a page carries the page's origin in the key by which answers are kept apart.
        pages = {one["url"] for one in asked if str(one.get("network_isolation_key", "")).startswith("file://")}
        return sorted(url for url in pages if not url.startswith("data:"))


def events(log: str) -> list[dict[str, Any]]:
    """What Chromium logged."""
    try:
        found: list[dict[str, Any]] = json.loads(log)["events"]
    except json.JSONDecodeError:  # it ends without closing its log now and then
        found = json.loads(log.rstrip().rstrip(",") + "]}")["events"]
    return found


if __name__ == "__main__":
    main()
