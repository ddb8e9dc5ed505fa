"""Two processes, one process with the double batch, and accumulated gradients: the same training."""

import json
import shutil
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("two_processes.py")
TOLERANCE = {"64": 1e-8, "32": 1e-3}
CHANNEL = {"noise": 0.5, "noise_sigma": 0.5, "jpeg": 0.3, "jpeg_quality": 80, "resize": 0.3, "resize_factor": 0.8}
TRAINING = {"validate_every": 20, "checkpoint_every": 20}


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["64", "32"])
def test_losses_do_not_depend_on_how_a_step_is_split(tmp_path, run_python, small_photographs, small_config, precision):
    def losses(name, *launcher, batch, accumulate=1, recompute="never"):
        config = small_config(
            data={"batch": batch, "ragged": 0.5, "stretch": 0.3},
            channel=CHANNEL,
            training=TRAINING,
            compute={"accumulate": accumulate, "precision": precision, "recompute": recompute},
        )
        judged = shutil.copytree(small_photographs, tmp_path / "judged", dirs_exist_ok=True)
        output = tmp_path / f"{name}.json"
        finished = run_python(*launcher, SCRIPT, config, small_photographs, judged, tmp_path / name, output)
        assert finished.returncode == 0, finished.stderr
        return json.loads(output.read_text())

    whole = losses("whole", batch=4)
    assert len(whole) == 20
    assert len({loss for loss, _ in whole}) == 20
    clipped = [norm > 1 for _, norm in whole]
    assert any(clipped), "the gradient's norm was never clipped"
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--log-dir", tmp_path / "logs")
    others = (
        losses("two", *torchrun, batch=2),
        losses("accumulated", batch=1, accumulate=4),
        losses("both", *torchrun, batch=1, accumulate=2, recompute="always"),
    )
    for other in others:
        assert [loss for loss, _ in other] == pytest.approx([loss for loss, _ in whole], rel=TOLERANCE[precision])
