"""A process that is asked to end while it writes leaves nothing behind, on every kind of disk."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import liftveil

# Stands in for a slow disk, and, if wanted, for a system that knows no files without names.
SLOW = """
import os, signal, sys, time

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever starts a shell in the background has it ignored
if sys.argv.pop(1) == "hidden":
    del os.O_TMPFILE

def slow(number):
    print("writing", flush=True)
    time.sleep(60)

os.fsync = slow
from liftveil.cli import main
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such request")
@pytest.mark.parametrize("kind", ["unnamed", "hidden"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left(tmp_path, cropped, kind, number):
    stego = liftveil.embed_bytes(cropped(64, 48)[0], b"content")
    Image.fromarray(stego).save(tmp_path / "stego.png")
    arguments = [sys.executable, "-c", SLOW, kind, "extract", "stego.png", "-o", "found"]
    with subprocess.Popen(arguments, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "writing\n"
        present = len(list(tmp_path.iterdir()))
        process.send_signal(number)
        assert process.wait(30) == 128 + number
    assert present == (1 if kind == "unnamed" else 2)
    assert [path.name for path in tmp_path.iterdir()] == ["stego.png"]
    np.testing.assert_array_equal(np.array(Image.open(tmp_path / "stego.png")), stego)
