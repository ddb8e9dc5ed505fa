"""A disk that is full, or may only be read, ends a training with one line and leaves its last checkpoint whole."""

import pytest

from liftveil.training import CHECKPOINT, load_checkpoint

LIMITED = """
import resource, sys
size = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
from liftveil.cli import main
main()
"""


@pytest.mark.slow
def test_a_limit_on_file_sizes(tmp_path, run_python, small_photographs, small_config):
    words = ("train", "--data", small_photographs, "--validation", small_photographs, "-o", "run")
    small = small_config(training={"steps": 4, "checkpoint_every": 2})
    assert run_python("-m", "liftveil", *words, small).returncode == 0
    checkpoint = tmp_path / "run" / CHECKPOINT
    before = checkpoint.read_bytes()

    longer = small_config(training={"steps": 8, "checkpoint_every": 2})
    half = str(len(before) // 2)
    finished = run_python("-c", LIMITED, half, *words, longer, "--resume")
    [line] = finished.stderr.splitlines()
    assert finished.returncode == 1
    assert line.startswith("liftveil: run/checkpoint.safetensors: the checkpoint of step 6 was not written")
    assert "larger than the system allows" in line
    assert checkpoint.read_bytes() == before
    assert load_checkpoint(checkpoint).step == 4
    assert list((tmp_path / "run").glob(".*")) == []
    assert run_python("-m", "liftveil", *words, longer, "--resume").returncode == 0
    assert load_checkpoint(checkpoint).step == 8
