"""Measurements of real steps, in one process of their own."""

import json
import sys
from io import StringIO

import pytest
import torch

from liftveil.config import config_table
from liftveil.networks import StarINN
from liftveil.profiling import measuring
from liftveil.profiling.budget import fit_memory
from liftveil.profiling.gpu import Gpu
from liftveil.profiling.measuring import Holdings, Measurement, main, measure, measurement_from
from liftveil.profiling.rehearsal import Rehearsal
from liftveil.training.memory import stored_bytes

# Large enough to stand out from what the kernel counts in batches.
BATCHES = (8, 16, 32)
CHANGES = {"data": {"crop_px": 32}, "model": {"blocks": 4, "width": 32}}

SCRIPT = """if True:
    import json, sys
    from liftveil.config import config_from
    from liftveil.profiling import measuring
    measuring.STEPS = 1
    tables = json.load(open("configs.json"))
    print(json.dumps([measuring.measure(config_from(table), "stored").record() for table in tables]))
"""


@pytest.fixture(scope="module")
def configs(tiny_config):
    return [tiny_config(data=CHANGES["data"] | {"batch": batch}, model=CHANGES["model"]) for batch in BATCHES]


@pytest.fixture
def measured(configs, run_python, tmp_path):
    """Measure each batch size, the largest last, so that every peak is above those before it."""
    (tmp_path / "configs.json").write_text(json.dumps([config_table(config) for config in configs]))
    finished = run_python("-c", SCRIPT)
    assert finished.returncode == 0, finished.stderr
    return [measurement_from(table) for table in json.loads(finished.stdout.splitlines()[-1])]


def test_measured_memory_is_what_can_be_counted_and_predicted(configs, measured):
    for config, row in zip(configs, measured, strict=True):
        counted = stored_bytes(config, StarINN(config.model))
        assert counted < row.activation_bytes < 1.6 * counted  # beside gradients of activations on their way
        assert row.peak_bytes > row.activation_bytes
        assert row.before_bytes > 50 * 2**20  # Python and torch
        assert (row.batch, row.accumulate, row.activations) == (config.data.batch, 1, "stored")
        assert (row.device, row.gpu) == ("cpu", None)
        assert row.step_s > 0
        assert sum(row.shares.values()) == pytest.approx(1)
    *known, largest = measured
    model = fit_memory({row.batch: row.peak_bytes for row in known})
    assert model.at(largest.batch) == pytest.approx(largest.peak_bytes, rel=0.2)


@pytest.mark.parametrize(("optimiser", "states"), [("adamw", 2), ("sgd", 1)])
def test_holdings_are_those_of_the_run(tiny_config, optimiser, states):
    run = Rehearsal(tiny_config(optimiser={"name": optimiser}), recompute=False)
    run.step()
    held = measuring._holdings(run.state)
    trained = [parameter for parameter in run.state.model.parameters() if parameter.requires_grad]
    assert held.parameters == sum(parameter.numel() for parameter in trained)
    assert held.gradient_bytes == 4 * held.parameters
    frozen = sum(parameter.nbytes for parameter in run.state.model.parameters()) - held.gradient_bytes
    buffers = sum(buffer.nbytes for buffer in run.state.model.buffers())
    assert held.parameter_bytes == held.gradient_bytes + frozen + buffers
    assert held.average_bytes == held.parameter_bytes + 8  # how often it was updated
    counters = 4 * len(trained) if optimiser == "adamw" else 0
    assert held.optimiser_bytes == states * held.gradient_bytes + counters


@pytest.fixture
def made_up():
    return Measurement(
        batch=3,
        accumulate=2,
        activations="recomputed",
        device="cuda",
        before_bytes=7,
        holdings=Holdings(10, 40, 39, 80, 48),
        gradient_peak_bytes=1127,
        peak_bytes=2000,
        step_s=0.5,
        shares={"wavelet": 0.1, "network": 0.2, "loss": 0.3, "optimiser": 0.4},
        gpu=Gpu("Made-up 9000", 93, 5, 8),
    )


def test_activations_are_what_is_not_held(made_up):
    assert made_up.activation_bytes == 1127 - 40 - 39 - 48


def test_both_pictures_of_every_pair_count(made_up):
    assert made_up.pictures_per_s == 2 * 3 * 2 / 0.5


def test_a_record_can_be_read_back(made_up):
    record = json.loads(json.dumps(made_up.record()))
    assert measurement_from(record) == made_up
    assert record["activation_bytes"] == made_up.activation_bytes
    assert record["pictures_per_s"] == made_up.pictures_per_s


def test_main_measures_what_it_is_asked_for(tiny_config, made_up, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(measuring, "measure", lambda *order: asked.append(order) or made_up)
    config = tiny_config(data={"batch": 5})
    order = {"config": config_table(config), "activations": "recomputed"}
    monkeypatch.setattr(sys, "stdin", StringIO(json.dumps(order)))
    main()
    assert asked == [(config, "recomputed")]
    assert measurement_from(json.loads(capsys.readouterr().out)) == made_up


class FakeMeter:
    """A meter that notes what happened before it was asked."""

    before_bytes = 5

    def __init__(self, happened):
        self.happened = happened

    def peak_bytes(self):
        self.happened.append("peak")
        return len(self.happened)

    def relax(self):
        self.happened.append("relax")


@pytest.mark.parametrize("activations", ["stored", "recomputed"])
def test_memory_is_read_behind_a_gradient_and_behind_the_steps(tiny_config, monkeypatch, activations):
    happened = []

    def warm(_, *, recompute):
        happened.append(("warm", recompute))
        return FakeMeter(happened)

    monkeypatch.setattr(measuring, "_warm_meter", warm)
    for name in ("gradient", "step"):
        original = getattr(Rehearsal, name)
        monkeypatch.setattr(Rehearsal, name, lambda run, o=original, n=name: happened.append(n) or o(run))
    row = measure(tiny_config(), activations)
    recompute = activations == "recomputed"
    assert happened[:7] == [("warm", recompute), "gradient", "peak", "relax", "step", "step", "step"]
    assert happened.count("step") == 2 + measuring.STEPS + 2
    assert happened[-3:] == ["peak", "step", "step"]  # only the split of the time comes later
    assert (row.gradient_peak_bytes, row.activations) == (3, activations)


def test_warming_up_needs_little_of_a_large_run(tiny_config, monkeypatch):
    seen = []
    original = Rehearsal.__init__

    def note(run, config, *, recompute):
        seen.append((config.data.batch, config.data.crop_px, config.model.blocks, recompute))
        original(run, config, recompute=recompute)

    monkeypatch.setattr(Rehearsal, "__init__", note)
    monkeypatch.setattr(measuring, "meter_for", lambda device: device)
    large = tiny_config(data={"batch": 512, "crop_px": 1024}, model={"blocks": 64})
    assert measuring._warm_meter(large, recompute=True) == torch.device("cpu")
    assert seen == [(1, 32, 2, True)]
