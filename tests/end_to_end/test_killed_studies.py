"""A study that is killed or interrupted goes on when it is started again, and ends as if nothing had happened."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from liftveil.research.jobs import WORK

JOBS = 3 * 8  # exchange, probe and six kinds of attacks: enough for two signals to strike in the middle
COMMAND = ("evaluate", "research", "--pairs", "3", "--no-baselines", "--processes", "2")


@pytest.fixture
def start(small_photographs, tmp_path):
    """Start the command in a group of its own, of whose processes nothing is left when the test ends."""
    groups = []

    def begin(output):
        arguments = (*COMMAND, "--data", small_photographs, "-o", output)
        process = subprocess.Popen(
            [sys.executable, "-m", "liftveil", *map(str, arguments)],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=listen,
        )
        groups.append(process)
        return process

    yield begin
    for process in groups:
        if members(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def listen():
    """Shells let what they start in the background ignore Ctrl-C, and so these tests and all that they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def members(group):
    """Processes of a group that still run; the fifth word behind the name in a line of /proc is the group."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state, _, its_group = place.joinpath("stat").read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        found += [int(place.name)] if (int(its_group), state != "Z") == (group, True) else []
    return found


def kept_jobs(folder):
    return {path.name: path.stat().st_mtime_ns for path in (folder / "jobs").glob("*.json")}


def strike(process, folder, *, jobs, how):
    """Send a signal to the whole group as soon as so many jobs are done, and wait for its end."""
    until = time.monotonic() + 300
    while len(kept_jobs(folder)) < jobs:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)
    os.killpg(process.pid, how)
    return process.communicate(timeout=300)


def counts(stdout):
    [found] = re.findall(r"(\d+) jobs done, (\d+) kept from before; look at .*report\.html$", stdout.strip())
    return tuple(map(int, found))


@pytest.mark.slow
def test_kills_and_ctrl_c_change_nothing(start, tmp_path):
    stdout, stderr = start("undisturbed").communicate(timeout=300)
    assert (counts(stdout), "Traceback" in stderr) == ((JOBS, 0), False)

    out = tmp_path / "out"
    killed = start(out)
    strike(killed, out, jobs=1, how=signal.SIGKILL)
    assert killed.returncode == -signal.SIGKILL
    assert (out / WORK).exists(), "killed when nothing was under way"
    before = kept_jobs(out)

    interrupted = start(out)
    stdout, stderr = strike(interrupted, out, jobs=len(before) + 1, how=signal.SIGINT)
    assert (interrupted.returncode, stderr) == (130, "liftveil: interrupted\n")  # and no traceback
    assert not (out / WORK).exists()
    assert members(interrupted.pid) == []
    between = kept_jobs(out)
    assert len(before) < len(between) < JOBS

    stdout, stderr = start(out).communicate(timeout=300)
    assert (counts(stdout), "Traceback" in stderr) == ((JOBS - len(between), len(between)), False)
    assert {name: at for name, at in kept_jobs(out).items() if name in between} == between
    assert {name: at for name, at in between.items() if name in before} == before
    for name in ("research.json", "report.html", "study.json"):
        assert (out / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()
    assert sorted(path.name for path in out.iterdir()) == [
        "figures",
        "jobs",
        "pictures",
        "report.html",
        "research.json",
        "study.json",
    ]
    assert list(out.rglob(".*")) == []
