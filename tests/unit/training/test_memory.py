"""What is kept for the backward pass, counted, and the decision that follows from it."""

import pytest
import torch
from torch import nn

from liftveil.config import Ramp
from liftveil.networks import StarINN
from liftveil.training import memory
from liftveil.training.memory import (
    UNKNOWN_BYTES,
    WORTHWHILE,
    costliest,
    free_bytes,
    made_up_sample,
    saved_bytes,
    should_recompute,
    stored_bytes,
)
from liftveil.training.step import LossOfSample

CPU = torch.device("cpu")
NUMBERS = 1000
BYTES = 4 * NUMBERS


class TestSavedBytes:
    @pytest.fixture
    def weight(self):
        return nn.Parameter(torch.ones(NUMBERS))

    def test_counts_results_that_gradients_need(self, weight):
        assert saved_bytes(lambda: (2 * weight).exp().sum(), [weight]) == BYTES

    def test_leaves_parameters_and_their_views_out(self, weight):
        assert saved_bytes(lambda: weight.view(10, -1).sin().sum(), [weight]) == 0
        assert saved_bytes(lambda: weight.view(10, -1).sin().sum(), []) == BYTES

    def test_counts_two_views_of_one_tensor_once_and_whole(self, weight):
        def product():
            base = 2 * weight
            return (base[:100] * base[100:200]).sum()

        assert saved_bytes(product, [weight]) == BYTES

    def test_does_not_count_a_graph_that_is_dropped_on_the_way(self, weight):
        def dropped():
            (2 * weight).exp().cos().sum()
            return (3 * weight).exp().sum()

        assert saved_bytes(dropped, [weight]) == BYTES

    def test_counts_what_a_function_of_its_own_saves(self, weight):
        class Twice(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x + 1, x + 2)
                return x.clone()

            @staticmethod
            def backward(_, gradient):
                return gradient

        assert saved_bytes(lambda: Twice.apply(weight).sum(), [weight]) == 2 * BYTES


class TestStoredBytes:
    @pytest.mark.parametrize("levels", [1, 2])
    def test_a_small_probe_tells_what_the_whole_batch_keeps(self, tiny_config, levels):
        config = tiny_config(model={"levels": levels, "blocks": 3}, data={"batch": 3, "crop_px": 98})
        model = StarINN(config.model)
        sample = made_up_sample(config, CPU)
        counted = saved_bytes(lambda: LossOfSample(model, config)(sample, 0.0)[0], list(model.parameters()))
        # Loss and pictures have 98 pixels a side, the network may have 100.
        assert stored_bytes(config, model) == pytest.approx(counted, rel=0.02)

    def test_recomputation_keeps_little(self, tiny_config):
        config = tiny_config(model={"blocks": 8}, data={"crop_px": 64})
        model = StarINN(config.model)
        stored = stored_bytes(config, model)
        model.recompute(True)
        assert stored_bytes(config, model) < 0.2 * stored

    def test_does_not_touch_the_run(self, tiny_config):
        config = tiny_config()
        model = StarINN(config.model)
        torch.manual_seed(3)
        before = torch.get_rng_state()
        stored_bytes(config, model)
        assert torch.equal(torch.get_rng_state(), before)
        assert all(parameter.grad is None for parameter in model.parameters())


class TestShouldRecompute:
    @pytest.mark.parametrize(("word", "expected"), [("always", True), ("never", False)])
    def test_does_as_it_is_told(self, tiny_config, word, expected):
        config = tiny_config(compute={"recompute": word})
        assert should_recompute(config, StarINN(config.model)) is expected

    @pytest.mark.parametrize(("spare", "expected"), [(-1, True), (1, False)])
    def test_on_its_own_when_activations_would_fill_half_of_the_memory(self, tiny_config, monkeypatch, spare, expected):
        config = tiny_config(compute={"recompute": "auto"})
        model = StarINN(config.model)
        free = stored_bytes(config, model) / WORTHWHILE + spare
        monkeypatch.setattr(memory, "free_bytes", lambda _: free)
        assert should_recompute(config, model) is expected


class TestCostliest:
    def test_takes_the_largest_value_of_each_ramp(self, tiny_config):
        falling, rising = {"first": 3.0, "last": 0.0}, {"first": 0.0, "last": 0.5, "begin": 0.9}
        config = tiny_config(objective={"band_ll": falling}, channel={"jpeg": rising})
        worst = costliest(config)
        assert worst.objective.band_ll == Ramp(3.0, 3.0)
        assert worst.channel.jpeg == Ramp(0.5, 0.5)
        assert worst.objective.unit == config.objective.unit
        assert worst.objective.hiding_mse.at(0.5) == config.objective.hiding_mse.at(0.5)
        assert worst.model is config.model

    def test_counts_for_what_is_stored(self, tiny_config):
        late = tiny_config(objective={"recovery_gradient": {"first": 0.0, "last": 1.0}})
        model = StarINN(late.model)
        assert stored_bytes(late, model) > stored_bytes(tiny_config(), model)


@pytest.mark.parametrize("channels", [3, 1])
def test_a_made_up_sample_is_a_batch_like_any_other(tiny_config, channels):
    config = tiny_config(model={"secret_channels": channels}, data={"batch": 3, "crop_px": 24})
    sample = made_up_sample(config, CPU)
    assert (sample.cover.shape, sample.secret.shape) == ((3, 3, 24, 24), (3, channels, 24, 24))
    assert {sample.cover.dtype, sample.secret.dtype} == {torch.uint8}
    assert sample.size.tolist() == [[24, 24]] * 3
    assert sample.index.tolist() == [0, 1, 2]
    assert not torch.equal(sample.cover[0], sample.cover[1])
    assert torch.equal(made_up_sample(config, CPU).cover, sample.cover)


class TestFreeBytes:
    def test_counts_what_the_system_would_give_up(self, monkeypatch, tmp_path):
        meminfo = tmp_path / "meminfo"
        meminfo.write_text("MemTotal:       100 kB\nMemFree:         10 kB\nMemAvailable:    60 kB\n")
        monkeypatch.setattr(memory, "MEMINFO", meminfo)
        monkeypatch.setattr(memory, "CONTAINER", tmp_path)
        assert free_bytes(CPU) == 60 * 1024

    @pytest.mark.parametrize(
        ("limit", "processes", "expected"),
        [("max\n", "1", 60 * 1024), ("9000\n", "1", 5000), ("9000\n", "2", 2500), ("99999999\n", "3", 20 * 1024)],
    )
    def test_is_what_a_container_and_other_processes_leave(self, monkeypatch, tmp_path, limit, processes, expected):
        (tmp_path / "meminfo").write_text("MemAvailable:    60 kB\n")
        (tmp_path / "memory.max").write_text(limit)
        (tmp_path / "memory.current").write_text("4000\n")
        monkeypatch.setattr(memory, "MEMINFO", tmp_path / "meminfo")
        monkeypatch.setattr(memory, "CONTAINER", tmp_path)
        monkeypatch.setenv("LOCAL_WORLD_SIZE", processes)
        assert free_bytes(CPU) == expected

    def test_is_that_of_a_small_machine_where_the_system_does_not_tell(self, monkeypatch, tmp_path):
        monkeypatch.setattr(memory, "MEMINFO", tmp_path / "missing")
        assert free_bytes(CPU) == UNKNOWN_BYTES

    def test_asks_a_gpu_about_its_own(self, monkeypatch):
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (7, 8) if device.index == 1 else (1, 8))
        assert free_bytes(torch.device("cuda", 1)) == 7
