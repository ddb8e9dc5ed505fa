"""The split of a step's time: which part runs when, and that watching changes nothing."""

from itertools import groupby
from types import SimpleNamespace

import pytest
import torch

from liftveil.profiling import stopwatch
from liftveil.profiling.rehearsal import Rehearsal
from liftveil.profiling.stopwatch import Stopwatch, split_time

# No gradient goes to the first pictures, nor comes from the cover that extraction finds beside the secret.
EMBED = ["wavelet", "loss", "network", "loss", "wavelet", "loss"]
EXTRACT = ["wavelet", "loss", "network", "loss", "wavelet", "loss", "wavelet", "loss"]
BACKWARD = ["wavelet", "loss", "network", "loss", "wavelet", "loss", "wavelet", "loss", "network"]


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until a test moves it on."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(stopwatch, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


def test_time_belongs_to_the_part_that_runs(clock):
    watch = Stopwatch(torch.device("cpu"))
    for seconds, part in ((1, "loss"), (2, "network"), (4, "loss"), (8, "wavelet")):
        clock.now += seconds
        watch.turn_to(part)
    assert watch.seconds == {"optimiser": 1, "loss": 2 + 8, "network": 4, "wavelet": 0}


@pytest.mark.parametrize("recompute", [True, False])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_parts_take_turns_in_both_passes(tiny_config, monkeypatch, recompute, accumulate):
    turns = []
    monkeypatch.setattr(Stopwatch, "turn_to", lambda _, part: turns.append(part))
    monkeypatch.setattr(Stopwatch, "shares", lambda _: {})
    split_time(Rehearsal(tiny_config(compute={"accumulate": accumulate}), recompute=recompute), 1)
    order = [part for part, _ in groupby(turns)]
    assert order == ["loss", *EMBED, *EXTRACT, *BACKWARD, "optimiser"] * accumulate


def test_shares_are_of_the_steps_alone(tiny_config, clock):
    run = Rehearsal(tiny_config(), recompute=False)

    def takes(seconds):
        def go_on(*_):
            clock.now += seconds

        return go_on

    run.state.model.chain.steps[0].register_forward_pre_hook(takes(3))
    run.state.optimisers[0].register_step_pre_hook(takes(1))
    clock.now = 1000.0
    assert split_time(run, 2) == {"wavelet": 0, "network": 0.75, "loss": 0, "optimiser": 0.25}


def test_watching_changes_no_step(tiny_config):
    plain, watched = (Rehearsal(tiny_config(), recompute=False) for _ in range(2))
    plain.step()
    shares = split_time(watched, 1)
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares.values()) > 0
    for a, b in zip(plain.state.model.parameters(), watched.state.model.parameters(), strict=True):
        assert torch.equal(a, b)
