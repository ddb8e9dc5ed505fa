"""Runs one training twice: undisturbed, and killed ten times with SIGKILL, each in a process of its own.

python kill_driver.py CONFIG PICTURES FOLDER      prints one line for each kill: where it struck
"""

import os
import shutil
import signal
import sys
from pathlib import Path

import torch

from liftveil.config import read_config
from liftveil.imaging import atomic
from liftveil.training import CHECKPOINT, Folders, journal, load_checkpoint, recorder, train

# Files without a name leave nothing behind; what has to be cleaned up is what other systems and disks leave.
vars(os).pop("O_TMPFILE", None)

# Steps are those of the configuration: 40, with a checkpoint every second one.
KILLS = (
    ("step", 3),
    ("half a checkpoint", 6),
    ("step", 7),
    ("half a line of the journal", 10),
    ("step", 13),
    ("before the checkpoint's name", 18),
    ("step", 21),
    ("after the checkpoint's name", 26),
    ("half a checkpoint", 32),
    ("step", 39),
)


class Silent:
    """Watches nothing but where to strike."""

    def __init__(self, strike_at=None):
        self.strike_at = strike_at

    def step(self, step, _):
        if step == self.strike_at:
            strike()

    def note(self, text):
        raise AssertionError(text)


def strike():
    os.kill(os.getpid(), signal.SIGKILL)


def prepare(kind, step):
    """Make the process kill itself in the middle of a write that belongs to a step."""
    if kind == "half a line of the journal":
        journal.Journal.write = half_a_line(step, journal.Journal.write)
        return
    save, write_through, publish = recorder.save_checkpoint, atomic._write_through, atomic._publish
    due = {"now": False}

    def save_checkpoint(path, state, **rest):
        due["now"] = state.step == step
        save(path, state, **rest)

    def half(temporary, data):
        if due["now"] and kind == "half a checkpoint":
            temporary.write_bytes(data[: len(data) // 2])
            strike()
        write_through(temporary, data)

    def around(temporary, target, *, force):
        if due["now"] and kind == "before the checkpoint's name":
            strike()
        publish(temporary, target, force=force)
        if due["now"] and kind == "after the checkpoint's name":
            strike()

    recorder.save_checkpoint, atomic._write_through, atomic._publish = save_checkpoint, half, around


def half_a_line(step, write):
    def note(self, at, record):
        if at == step:
            with self.path.open("a") as file:
                file.write('{"step": 10, "ti')
            strike()
        write(self, at, record)

    return note


def attempt(config, folders, kind=None, step=None):
    """Train in a process of its own, going on from a checkpoint if there is one; how that process ended."""
    child = os.fork()
    if child == 0:
        if kind not in (None, "step"):
            prepare(kind, step)
        resume = (folders.run / CHECKPOINT).exists()
        train(config, folders, Silent(step if kind == "step" else None), resume=resume)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def main():
    torch.set_num_threads(1)
    config = read_config(Path(sys.argv[1]))
    pictures, folder = Path(sys.argv[2]), Path(sys.argv[3])
    judged = Path(shutil.copytree(pictures, folder / "judged"))
    undisturbed, killed = (Folders(pictures, judged, folder / name) for name in ("undisturbed", "killed"))
    if attempt(config, undisturbed) != 0:
        sys.exit("the undisturbed run failed")
    for kind, step in KILLS:
        status = attempt(config, killed, kind, step)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            sys.exit(f"not killed at {kind} {step}: {status}")
        left = sorted(path.name for path in killed.run.iterdir() if path.name.startswith("."))
        sys.stdout.write(
            "|".join(map(str, (kind, step, load_checkpoint(killed.run / CHECKPOINT).step, len(left)))) + "\n"
        )
    if attempt(config, killed) != 0:
        sys.exit("the last resumption failed")


if __name__ == "__main__":
    main()
