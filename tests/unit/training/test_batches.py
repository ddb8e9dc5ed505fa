"""Batches: the same samples in the same steps, however many processes and loaders share the work."""

import os
from types import SimpleNamespace

import pytest
import torch

from liftveil.data import find_pictures
from liftveil.errors import DataError
from liftveil.training import batches as module
from liftveil.training.batches import Batches, Place, loader_workers, sample_order, training_samples


@pytest.fixture(scope="module")
def paths(photos):
    return find_pictures(photos)


@pytest.fixture
def config(tiny_config):
    return tiny_config(data={"batch": 2}, training={"steps": 4})


def same(left, right):
    return all(torch.equal(a, b) for a, b in zip(left, right, strict=True))


def indices(batches):
    return [batch.index.tolist() for batch in batches]


class TestOrder:
    @pytest.mark.parametrize(("batch", "accumulate", "world"), [(1, 1, 12), (3, 4, 1), (2, 3, 2), (6, 1, 2), (4, 1, 3)])
    def test_a_step_has_the_same_samples_however_it_is_split(self, tiny_config, batch, accumulate, world):
        config = tiny_config(data={"batch": batch}, training={"steps": 5}, compute={"accumulate": accumulate})
        orders = [list(sample_order(config, Place(rank, world), 2)) for rank in range(world)]
        assert {len(order) for order in orders} == {3 * accumulate}
        for step in range(3):
            parts = [part for order in orders for part in order[step * accumulate : (step + 1) * accumulate]]
            assert {len(part) for part in parts} == {batch}
            assert sorted(index for part in parts for index in part) == list(range(12 * (step + 2), 12 * (step + 3)))

    def test_it_ends_with_the_run(self, config):
        assert list(sample_order(config, Place(), 2)) == [[4, 5], [6, 7]]
        assert list(sample_order(config, Place(), 4)) == []


class TestSamples:
    def test_are_drawn_as_configured(self, tiny_config, paths):
        config = tiny_config(
            data={"crop_px": 20, "ragged": 0.25, "stretch": 0.75}, model={"secret_channels": 1}, training={"seed": 8}
        )
        samples = training_samples(config, paths)
        assert (samples.paths, samples.crop_px, samples.seed) == (paths, 20, 8)
        assert (samples.ragged, samples.stretch, samples.secret_channels) == (0.25, 0.75, 1)

    def test_never_end(self, config, paths):
        samples = training_samples(config, paths)
        assert same(samples[10**15], samples[10**15])


class TestBatches:
    def test_are_the_samples_in_their_order(self, config, paths):
        samples = training_samples(config, paths)
        batches = list(Batches(config, paths, Place(1, 2), 0))
        assert indices(batches) == [[2, 3], [6, 7], [10, 11], [14, 15]]
        for batch in batches:
            for which, index in enumerate(batch.index.tolist()):
                assert same([part[which] for part in batch], samples[index])

    def test_several_make_a_step(self, tiny_config, paths):
        config = tiny_config(data={"batch": 1}, training={"steps": 2}, compute={"accumulate": 3})
        assert indices(Batches(config, paths, Place(), 0)) == [[0], [1], [2], [3], [4], [5]]

    def test_begin_at_any_step(self, config, paths):
        whole = list(Batches(config, paths, Place(), 0))
        rest = list(Batches(config, paths, Place(), 3))
        assert len(rest) == 1
        assert same(rest[0], whole[3])

    @pytest.mark.parametrize("workers", [0, 1])
    def test_can_go_back(self, tiny_config, paths, workers):
        config = tiny_config(training={"steps": 4}, compute={"workers": workers})
        batches = Batches(config, paths, Place(), 0)
        assert indices([next(batches) for _ in range(3)]) == [[0, 1], [2, 3], [4, 5]]
        waited = batches.waited
        batches.seek(1)
        assert batches.waited == waited
        assert indices(batches) == [[2, 3], [4, 5], [6, 7]]

    def test_are_the_same_from_loader_processes(self, tiny_config, paths):
        alone, shared = (
            list(Batches(tiny_config(training={"steps": 6}, compute={"workers": workers}), paths, Place(), 0))
            for workers in (0, 2)
        )
        assert len(alone) == len(shared) == 6
        assert all(same(left, right) for left, right in zip(alone, shared, strict=True))

    @pytest.mark.parametrize("workers", [0, 1])
    def test_leave_torch_s_random_state_alone(self, tiny_config, paths, workers):
        config = tiny_config(training={"steps": 2}, compute={"workers": workers})
        before = torch.get_rng_state()
        assert len(list(Batches(config, paths, Place(), 0))) == 2
        assert torch.equal(torch.get_rng_state(), before)

    def test_know_how_long_the_run_has_waited(self, config, paths, monkeypatch):
        clock = iter([10.0, 10.5, 20.0, 22.0])
        monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
        batches = Batches(config, paths, Place(), 0)
        assert batches.waited == 0
        next(batches)
        assert batches.waited == 0.5
        next(batches)
        assert batches.waited == 2.5

    @pytest.mark.parametrize("workers", [0, 1])
    def test_say_which_picture_has_gone(self, tiny_config, photos, tmp_path, workers):
        for path in photos.iterdir():
            (tmp_path / path.name).write_bytes(path.read_bytes())
        pictures = find_pictures(tmp_path)
        pictures[0].write_bytes(b"")
        for path in pictures[1:]:
            path.unlink()
        batches = Batches(tiny_config(compute={"workers": workers}), pictures, Place(), 0)
        with pytest.raises(DataError) as refusal:
            next(batches)
        assert refusal.value.path in map(str, pictures)
        assert str(refusal.value).count(refusal.value.path) == 1
        assert "\n" not in str(refusal.value)


class TestTheLoader:
    @pytest.fixture
    def options(self, tiny_config, paths, monkeypatch):
        """What torch's loader is asked for on a device."""
        asked = []
        monkeypatch.setattr(module, "DataLoader", lambda _, **options: asked.append(options) or iter(()))

        def ask(device, **compute):
            Batches(tiny_config(compute=compute), paths, Place(device=torch.device(device)), 0)
            return asked.pop()

        return ask

    @pytest.mark.parametrize(("device", "pinned"), [("cpu", False), ("cuda", True), ("mps", False)])
    def test_memory_is_pinned_for_cuda_alone(self, options, device, pinned):
        assert options(device)["pin_memory"] is pinned

    def test_prefetches_as_configured_if_it_has_processes(self, options):
        assert options("cpu", workers=3, prefetch=5)["num_workers"] == 3
        assert options("cpu", workers=3, prefetch=5)["prefetch_factor"] == 5
        assert options("cpu", workers=0, prefetch=5)["prefetch_factor"] is None


class TestWorkers:
    @pytest.fixture
    def workers(self, tiny_config, monkeypatch):
        """Loader processes on a device of a machine with so many cores, shared by so many processes."""

        def count(device, *, cores, processes=1, configured="auto"):
            monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
            monkeypatch.setenv("LOCAL_WORLD_SIZE", str(processes))
            config = tiny_config(compute={"workers": configured})
            return loader_workers(config, Place(device=torch.device(device)))

        return count

    def test_a_cpu_has_no_cores_left_for_them(self, workers):
        assert workers("cpu", cores=64) == 0

    @pytest.mark.parametrize(("cores", "processes", "expected"), [(4, 1, 4), (64, 1, 8), (16, 4, 4), (2, 4, 0)])
    def test_beside_gpus_they_share_the_cores(self, workers, cores, processes, expected):
        assert workers("cuda", cores=cores, processes=processes) == expected

    @pytest.mark.parametrize("device", ["cpu", "cuda"])
    @pytest.mark.parametrize("configured", [0, 3])
    def test_the_configuration_has_the_last_word(self, workers, device, configured):
        assert workers(device, cores=2, configured=configured) == configured

    def test_systems_that_do_not_tell_give_all_cores(self, workers, tiny_config, monkeypatch):
        workers("cuda", cores=64)  # the environment
        monkeypatch.delattr(os, "sched_getaffinity")
        for cores, expected in ((3, 3), (None, 1)):
            monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
            config = tiny_config(compute={"workers": "auto"})
            assert loader_workers(config, Place(device=torch.device("cuda"))) == expected


def test_a_place_is_the_only_process_on_the_cpu_unless_told_otherwise():
    assert Place() == Place(0, 1, torch.device("cpu"))
