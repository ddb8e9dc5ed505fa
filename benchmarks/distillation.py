"""Whether a trained model teaches: the base of the search, its stegos drawn to those of a larger model.

Steps, data, seed and judgement are those of the row "base" of benchmarks/search.py. The objective has one more term:
the squared distance between the stegos of student and teacher, in the objective's unit, with a weight of its own.

    OMP_NUM_THREADS=1 python benchmarks/distillation.py [--steps 800]    -> results/distillation.json
"""

import argparse
import json
from pathlib import Path

import torch
from ablation import Silent
from photographs import TRAINING, VALIDATION
from provenance import ROOT, machine
from search import variant
from torch import Tensor, nn

from liftveil.config import Config
from liftveil.data import training_pictures, validation_pictures
from liftveil.networks import StarINN, load_weights
from liftveil.training import Folders, Sample, objective, validate, validation_pairs
from liftveil.training.batches import Batches, Place
from liftveil.training.devices import start_devices
from liftveil.training.preparation import prepare_state, readable_pictures
from liftveil.training.step import exchange_in_run, squared_errors, take_step
from liftveil.weights import WEIGHTS_FILE, find_model

OUTPUT = ROOT / "benchmarks" / "results" / "distillation.json"

TEACHER = "starinn-2"
WEIGHTS = (0.5, 1.5)  # the second is as much as the hiding error has


class LossOfStudent(nn.Module):
    """From a batch of samples to its loss, as :class:`liftveil.training.step.LossOfSample` with one term more.

    Args:
        student: The network in training.
        teacher: The trained one, frozen.
        weight: Of the distance to the teacher's stegos.
        config: Objective, channel and seed.
    """

    def __init__(self, student: StarINN, teacher: StarINN, weight: float, config: Config) -> None:
        super().__init__()
        self.student, self.teacher = student, teacher
        self.weight, self.config = weight, config

    def forward(self, sample: Sample, progress: float) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss, and the figures behind it."""
        result = exchange_in_run(self.student, sample, self.config, progress)
        loss, terms = objective(self.config.objective, result, progress)
        with torch.no_grad():
            shown = self.teacher.embed(result.cover, result.secret)[0]
        loss = loss + self.weight * ((result.stego - shown) / self.config.objective.unit).square().mean()
        return loss, {"loss": loss.detach()} | terms | squared_errors(result)


def main() -> None:
    """Train with every weight and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    config = variant("base", options.steps, options.seed)
    rows: list[dict[str, object]] = []
    for weight in WEIGHTS:
        rows.append({"teacher_weight": weight, **taught(config, weight)})
        print(json.dumps(rows[-1]), flush=True)
    record = {"teacher": TEACHER, "steps": options.steps, "seed": options.seed, "rows": rows, **machine()}
    OUTPUT.write_text(json.dumps(record, indent=1) + "\n")


def taught(config: Config, weight: float) -> dict[str, float]:
    """Train a student; figures of its averaged weights."""
    paths, fabric = readable_pictures(training_pictures(TRAINING), Silent()), start_devices()
    state = prepare_state(config, Folders(TRAINING, VALIDATION, Path()), paths, fabric.device)
    teacher = load_weights(find_model(TEACHER).file(WEIGHTS_FILE)).frozen()
    losses = fabric.setup_module(LossOfStudent(state.model, teacher, weight, config))
    batches = Batches(config, paths, Place(), 0)
    while state.step < config.training.steps:
        verdict, figures = take_step(state, losses, batches, config, fabric)
        if verdict == "roll back":
            raise SystemExit(f"the training with weight {weight} went wrong at step {state.step}: {figures}")
    rules = config.training
    pairs = validation_pairs(
        validation_pictures(VALIDATION),
        crop_px=rules.validation_px,
        count=rules.validation_pairs,
        secret_channels=config.model.secret_channels,
    )
    return validate(state.averaged, pairs)


if __name__ == "__main__":
    main()
