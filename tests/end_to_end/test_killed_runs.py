"""A run that is killed again and again ends where an undisturbed one ends, bit for bit."""

from pathlib import Path

import pytest
import torch

from liftveil.training import CHECKPOINT, JOURNAL, TIMES, load_checkpoint, read_journal

DRIVER = Path(__file__).with_name("kill_driver.py")


def plain_journal(run):
    records = read_journal(run / JOURNAL)
    return [{key: value for key, value in record.items() if key not in TIMES} for record in records]


@pytest.mark.slow
def test_ten_kills_change_nothing(tmp_path, run_python, small_photographs, small_config):
    config = small_config(
        data={"ragged": 0.5, "stretch": 0.3},
        channel={
            "noise": 0.5,
            "noise_sigma": 0.5,
            "jpeg": 0.3,
            "jpeg_quality": 80,
            "resize": 0.3,
            "resize_factor": 0.8,
        },
        training={"steps": 40, "validate_every": 6, "checkpoint_every": 2, "picture_every": 20},
    )
    finished = run_python(DRIVER, config, small_photographs, tmp_path)
    assert finished.returncode == 0, finished.stderr

    kills = [line.split("|") for line in finished.stdout.splitlines()]
    assert len(kills) == 10
    assert all(int(at) > 0 for _, _, at, _ in kills), "killed before a checkpoint of a step"
    in_writes = [kind for kind, *_ in kills if "checkpoint" in kind]
    assert len(in_writes) >= 3
    assert any(int(left) for *_, left in kills), "no kill left half a file behind"

    killed, undisturbed = (load_checkpoint(tmp_path / name / CHECKPOINT) for name in ("killed", "undisturbed"))
    assert killed.tensors.keys() == undisturbed.tensors.keys()
    assert [n for n, tensor in killed.tensors.items() if not torch.equal(tensor, undisturbed.tensors[n])] == []
    assert {"model", "average", "optimiser0", "optimiser1", "random"} <= {n.split(".")[0] for n in killed.tensors}
    times = {"seconds", "journal_bytes"}  # numbers of different length make lines of different length
    assert [key for key in killed.progress.keys() - times if killed.progress[key] != undisturbed.progress[key]] == []
    assert plain_journal(tmp_path / "killed") == plain_journal(tmp_path / "undisturbed")
    assert len(plain_journal(tmp_path / "killed")) >= 8
    pictures = [sorted((tmp_path / name / "pictures").iterdir()) for name in ("killed", "undisturbed")]
    assert [p.read_bytes() for p in pictures[0]] == [p.read_bytes() for p in pictures[1]]
    assert list((tmp_path / "killed").rglob(".*")) == []
