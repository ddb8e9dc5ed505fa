"""Train for twenty steps in as many processes as torchrun started; the first one writes the losses.

python two_processes.py CONFIG TRAINING VALIDATION RUN OUTPUT
"""

import json
import sys
from pathlib import Path

import torch

from liftveil.config import read_config
from liftveil.training import Folders, train


class Losses:
    """Keeps every loss."""

    def __init__(self):
        self.losses = []

    def step(self, _, figures):
        self.losses.append((figures["loss"], figures["gradient_norm"]))

    def note(self, text):
        raise AssertionError(text)


def main():
    torch.set_num_threads(1)
    config, training, validation, run, output = map(Path, sys.argv[1:])
    watcher = Losses()
    train(read_config(config), Folders(training, validation, run), watcher)
    if watcher.losses:  # the first process alone is told
        output.write_text(json.dumps(watcher.losses))


if __name__ == "__main__":
    main()
