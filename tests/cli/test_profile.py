"""`liftveil profile`: what it measures, prints and refuses; the measuring itself is made up here."""

import json
from pathlib import Path

import pytest

from liftveil.profiling import Measurement, profiler
from liftveil.profiling.gpu import Gpu
from liftveil.profiling.measuring import Holdings

MIB = 2**20
QUICK = Path(__file__).parents[2] / "configs" / "quick.toml"
SLOPES = {"stored": 35 * MIB, "recomputed": 14 * MIB}


def row(batch, activations, **changes):
    values = {
        "batch": batch,
        "accumulate": 1,
        "activations": activations,
        "device": "cpu",
        "before_bytes": 220 * MIB,
        "holdings": Holdings(1234567, 5 * MIB, 4 * MIB, 3 * MIB, 2 * MIB),
        "gradient_peak_bytes": SLOPES[activations] * batch + 11 * MIB,
        "peak_bytes": SLOPES[activations] * batch + 80 * MIB,
        "step_s": 0.25 * batch,
        "shares": {"wavelet": 0.1, "network": 0.5, "loss": 0.15, "optimiser": 0.25},
        "gpu": None,
    }
    return Measurement(**values | changes)


@pytest.fixture
def machine(monkeypatch):
    """Put a made-up machine in place; a test may change what it is."""
    changes = {}
    monkeypatch.setattr(profiler, "measure_apart", lambda config, kind: row(config.data.batch, kind, **changes))
    return changes


@pytest.fixture
def unmeasured(monkeypatch):
    """Nothing may be measured before everything was read."""
    monkeypatch.setattr(profiler, "measure_apart", lambda *_: pytest.fail("measured already"))


def words(line):
    return " ".join(line.split())


@pytest.mark.usefixtures("machine")
def test_prints_a_table(invoke):
    finished = invoke("profile", QUICK)
    assert (finished.returncode, finished.stderr) == (0, "")
    lines = finished.stdout.splitlines()
    assert lines[0] == "crops of 128x128 pixels, batches a step: 1, device: cpu"
    assert list(map(words, lines[1:7])) == [
        "parameters 5.0 MiB, 1,234,567 numbers",
        "gradients 4.0 MiB",
        "optimiser state 3.0 MiB",
        "averaged weights 2.0 MiB",
        "before the model 220.0 MiB, not part of the memory below",
        "batch mode activations peak step pictures/s wavelet network loss optimiser",
    ]
    assert [line.split()[:2] for line in lines[7:15]] == [
        [batch, kind] for batch in ("1", "2", "4", "8") for kind in ("stored", "recomputed")
    ]
    assert words(lines[11]) == "4 stored 140.0 MiB 220.0 MiB 1.00 s 8.00 10% 50% 15% 25%"
    assert len({len(line) for line in lines[6:15]}) == 1
    assert lines[15:] == [
        "largest batch within 16GiB, stored: about 459",
        "largest batch within 16GiB, recomputed: about 1148",
        "GPU: no NVIDIA hardware in use",
    ]


@pytest.mark.usefixtures("machine")
def test_measures_the_wanted_sizes_for_the_wanted_budget(invoke):
    lines = invoke("profile", QUICK, "--batches", "3,1", "--budget", "370MiB").stdout.splitlines()
    assert [line.split()[0] for line in lines[7:11]] == ["1", "1", "3", "3"]
    assert lines[11:13] == [
        "largest batch within 370MiB, stored: about 2",
        "largest batch within 370MiB, recomputed: about 5",
    ]


@pytest.mark.usefixtures("machine")
def test_prints_json(invoke):
    finished = invoke("profile", QUICK, "--json", "--batches", "1,2")
    assert finished.stderr == ""
    record = json.loads(finished.stdout)
    assert (record["config"], record["crop_px"]) == (str(QUICK), 128)
    assert record["budget_bytes"] == 16 * 2**30
    assert record["largest_batch"] == {"stored": 459, "recomputed": 1148}
    assert record["measurements"][0]["activation_bytes"] == 35 * MIB


def test_says_if_too_little_fits_to_tell(invoke, monkeypatch):
    def measure(config, kind):
        return row(1, kind) if config.data.batch == 1 else None

    monkeypatch.setattr(profiler, "measure_apart", measure)
    lines = invoke("profile", QUICK).stdout.splitlines()
    assert lines[-3] == "largest batch within 16GiB, stored: too little was measured to say"


@pytest.mark.parametrize(
    ("gpu", "expected"),
    [
        (Gpu("Made-up 9000", 93, 5 * 2**30, 8 * 2**30), "Made-up 9000, 93 % utilised, 5.0 of 8.0 GiB in use"),
        (None, "NVML tells nothing about it; is nvidia-ml-py installed?"),
    ],
)
def test_tells_about_the_gpu(invoke, machine, gpu, expected):
    machine |= {"device": "cuda", "gpu": gpu}
    assert invoke("profile", QUICK).stdout.splitlines()[-1] == f"GPU: {expected}"


@pytest.mark.usefixtures("unmeasured")
class TestRefuses:
    def refused(self, finished, problem):
        assert (finished.returncode, finished.stdout) == (1, "")
        assert finished.stderr.splitlines() == [f"liftveil: {problem}"]

    def test_a_budget_without_a_unit(self, invoke):
        finished = invoke("profile", QUICK, "--budget", "16")
        self.refused(finished, "--budget: '16' is no amount of memory; write it like 16GiB, 800MiB or 12GB")

    @pytest.mark.parametrize("text", ["", "4", "4,4", "1,two", "0,1", "1,-2", "1.5,2", "1,,2", "1,1234567", "1 2"])
    def test_sizes_that_are_none(self, invoke, text):
        finished = invoke("profile", QUICK, f"--batches={text}")
        problem = f"{text!r} are no batch sizes; give two or more different ones, such as 1,2,4,8"
        self.refused(finished, f"--batches: {problem}")

    def test_a_missing_configuration(self, invoke):
        finished = invoke("profile", "missing.toml")
        assert finished.returncode == 1
        assert finished.stderr.startswith("liftveil: missing.toml: cannot be read")
