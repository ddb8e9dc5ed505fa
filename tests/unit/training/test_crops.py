"""Random and fixed crops, from pictures whose pixels tell where they were."""

import pickle
from collections import Counter

import numpy as np
import pytest
import pywt
import torch
from PIL import Image
from torch.utils.data import DataLoader

from liftveil.data import benchmark_partner, find_pictures, load_rgb
from liftveil.errors import PictureSizeError, UnreadablePicture
from liftveil.training.crops import CropPairs, Sample, validation_pairs
from liftveil.wavelets import NUMPY_INTEGER, pad_by_reflection

SIDE = 16
LARGE = [(40, 44), (44, 38), (36, 50), (36, 36)]


@pytest.fixture
def made(made_folder):
    """Paths of made-up pictures of the given sizes."""
    return lambda *sizes: find_pictures(made_folder(*sizes)[0])


@pytest.fixture
def pairs(made):
    return CropPairs(made((20, 24), (24, 18), (16, 30), (16, 16)), crop_px=SIDE, seed=3, length=600)


@pytest.fixture
def crops(pairs):
    """Many crops, covers and secrets, as (number, red = row, green = column, blue = picture)."""
    return torch.stack([crop for index in range(len(pairs)) for crop in pairs[index][:2]]).int()


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def real(sample):
    """Cover and secret without what was padded, as (height, width, channel)."""
    height, width = sample.size.tolist()
    return tuple(crop[:, :height, :width].permute(1, 2, 0).numpy() for crop in (sample.cover, sample.secret))


def turn_of(crop):
    """How rows and columns of the picture run through the crop."""
    rows, columns, _ = crop
    steps = (
        rows[1, 0] - rows[0, 0],
        rows[0, 1] - rows[0, 0],
        columns[1, 0] - columns[0, 0],
        columns[0, 1] - columns[0, 0],
    )
    return tuple(int(step) for step in steps)


class TestSample:
    def test_is_a_pair_of_square_crops_with_its_size_and_index(self, pairs):
        assert len(pairs) == 600
        sample = pairs[7]
        assert isinstance(sample, Sample)
        assert [part.shape for part in sample] == [(3, SIDE, SIDE), (3, SIDE, SIDE), (2,), ()]
        assert [part.dtype for part in sample] == [torch.uint8, torch.uint8, torch.int64, torch.int64]
        assert (sample.size.tolist(), sample.index.item()) == ([SIDE, SIDE], 7)

    def test_depends_on_seed_and_index_alone(self, pairs):
        again = CropPairs(pairs.paths, crop_px=SIDE, seed=3, length=999)
        elsewhere = pickle.loads(pickle.dumps(pairs))  # as a loader process gets it
        backwards = {index: pairs[index] for index in reversed(range(20))}
        for index in range(20):
            assert same(again[index], backwards[index])
            assert same(elsewhere[index], backwards[index])

    @pytest.mark.parametrize("seed", [0, 2**63 - 1])
    def test_differs_between_indices_however_large(self, made, seed):
        paths = made(*LARGE)
        indices = [*range(20), *(2**power + extra for power in (31, 32, 33, 53, 62) for extra in (-1, 0, 1))]
        made_pairs = CropPairs(paths, crop_px=SIDE, seed=seed, length=2**63 - 1, ragged=0.5)
        samples = [made_pairs[index] for index in indices]
        assert [sample.index.item() for sample in samples] == indices
        assert len({sample.cover.numpy().tobytes() + sample.secret.numpy().tobytes() for sample in samples}) == 35

    def test_differs_between_seeds(self, pairs):
        other = CropPairs(pairs.paths, crop_px=SIDE, seed=4, length=600)
        assert sum(same(pairs[index], other[index]) for index in range(40)) < 3

    def test_comes_from_two_different_pictures(self, pairs):
        drawn = {tuple(int(crop[2, 0, 0]) for crop in pairs[index][:2]) for index in range(len(pairs))}
        assert drawn == {(cover, secret) for cover in range(4) for secret in range(4) if cover != secret}

    def test_is_drawn_in_this_order(self, made):
        """Runs that are resumed, and comparisons with earlier ones, rely on it."""
        paths = made(*LARGE)
        pairs = CropPairs(paths, crop_px=SIDE, seed=9, length=50, stretch=0.3)
        for index in range(50):
            rng = np.random.default_rng((9, index))
            for which, drawn in zip(rng.choice(4, size=2, replace=False), real(pairs[index]), strict=True):
                picture = load_rgb(paths[which])
                top = rng.integers(0, picture.shape[0] - SIDE + 1)
                left = rng.integers(0, picture.shape[1] - SIDE + 1)
                crop = np.rot90(picture[top : top + SIDE, left : left + SIDE], rng.integers(4))
                crop = np.flip(crop, axis=1) if rng.integers(2) else crop
                if rng.random() < 0.3:
                    crop = np.clip(np.rint((crop - 127.5) * rng.uniform(1, 2) + 127.5), 0, 255)
                assert np.array_equal(drawn, crop)

    def test_of_a_damaged_or_tiny_picture_is_refused_by_name(self, made):
        paths = made((20, 20), (15, 20))
        with pytest.raises(PictureSizeError) as refusal:
            CropPairs(paths, crop_px=SIDE, seed=0, length=1)[0]
        assert refusal.value.path == str(paths[1])
        paths[1].write_bytes(b"no picture")
        broken = paths[1].rename(paths[1].with_name("broken.png"))
        with pytest.raises(UnreadablePicture) as refusal:
            CropPairs([paths[0], broken], crop_px=SIDE, seed=0, length=1)[0]
        assert refusal.value.path == str(broken)


class TestCrop:
    def test_is_one_square_of_one_picture(self, crops):
        for crop in crops:
            rows, columns, number = (plane.unique().tolist() for plane in crop)
            assert rows == list(range(rows[0], rows[0] + SIDE))
            assert columns == list(range(columns[0], columns[0] + SIDE))
            assert len(number) == 1
            assert sorted(map(abs, turn_of(crop))) == [0, 0, 1, 1]

    def test_lies_at_every_position(self, crops):
        corners = {(int(crop[0].min()), int(crop[1].min())) for crop in crops if crop[2, 0, 0] == 1}
        assert corners == {(top, left) for top in range(9) for left in range(3)}

    def test_is_turned_in_all_eight_ways(self, crops):
        turns = [turn_of(crop) for crop in crops]
        assert len(set(turns)) == 8
        assert min(turns.count(turn) for turn in set(turns)) > len(turns) / 16


class TestSmallPictures:
    def test_are_used_whole_and_both_are_cut_to_the_common_size_after_the_turn(self, made):
        paths = made((20, 90), (90, 30), (90, 90))
        sizes = Counter()
        for sample in map(CropPairs(paths, crop_px=40, seed=0, length=100).__getitem__, range(100)):
            turned = []
            for crop in real(sample):
                number = int(crop[0, 0, 2])
                height, width = (min(side, 40) for side in load_rgb(paths[number]).shape[:2])
                upright = crop[1, 0, 0] != crop[0, 0, 0]
                turned.append((height, width) if upright else (width, height))
            assert tuple(sample.size.tolist()) == tuple(map(min, *turned))
            sizes[tuple(sample.size.tolist())] += 1
        assert set(sizes) == {(20, 30), (30, 20), (20, 40), (40, 20), (40, 30), (30, 40)}

    def test_keep_every_row(self, made):
        pairs = CropPairs(made((20, 90), (20, 90)), crop_px=40, seed=0, length=40)
        alike = [sample for sample in map(pairs.__getitem__, range(40)) if 40 in sample.size]
        assert len(alike) > 10  # the others are turned to different sides, and cut
        for sample in alike:
            assert [crop[0].unique().tolist() for crop in sample[:2]] == [list(range(20))] * 2

    @pytest.mark.parametrize("sizes", [[(17, 30)] * 2, [(39, 16)] * 2, [(30, 30)] * 2])
    def test_are_continued_as_pywavelets_does(self, made, sizes):
        pairs = CropPairs(made(*sizes), crop_px=100, seed=0, length=8, ragged=0.5)
        for sample in map(pairs.__getitem__, range(8)):
            height, width = sample.size.tolist()
            for crop, part in zip((sample.cover, sample.secret), real(sample), strict=True):
                for channel in range(3):
                    margins = [(0, 100 - height), (0, 100 - width)]
                    expected = pywt.pad(part[..., channel], margins, mode="reflect")
                    assert np.array_equal(crop[channel], expected)

    def test_are_continued_as_before_the_wavelet_transform(self, made):
        pairs = CropPairs(made(*LARGE), crop_px=32, seed=0, length=20, ragged=1.0)
        for sample in map(pairs.__getitem__, range(20)):
            height, width = sample.size.tolist()
            padded = pad_by_reflection(sample.cover.numpy()[:, :height, :width], 32, NUMPY_INTEGER)
            assert np.array_equal(sample.cover, padded)


class TestRagged:
    @pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
    def test_samples_are_as_many_as_asked_for(self, made, share):
        pairs = CropPairs(made(*LARGE), crop_px=32, seed=1, length=600, ragged=share)
        sizes = Counter(tuple(pairs[index].size.tolist()) for index in range(600))
        shorter = 600 - sizes[32, 32]
        assert abs(shorter - 600 * share * 15 / 16) < (45 if share > 0 else 1)
        if share == 1.0:
            assert set(sizes) == {(height, width) for height in range(29, 33) for width in range(29, 33)}
            assert min(sizes.values()) > 15

    def test_samples_are_otherwise_the_same(self, made):
        paths = made(*LARGE)
        settings = {"crop_px": 32, "seed": 1, "length": 40, "stretch": 0.5}
        whole = CropPairs(paths, **settings)
        for share in (0.5, 1.0):
            ragged = CropPairs(paths, **settings, ragged=share)
            for index in range(40):
                height, width = ragged[index].size.tolist()
                for part, crop in zip(real(ragged[index]), real(whole[index]), strict=True):
                    assert np.array_equal(part, crop[:height, :width])

    def test_samples_are_never_below_16_pixels(self, made):
        pairs = CropPairs(made((17, 40), (40, 18), (40, 16)), crop_px=24, seed=0, length=100, ragged=1.0)
        shortest = [min(pairs[index].size.tolist()) for index in range(100)]
        assert set(shortest) == {16, 17}

    def test_sizes_have_a_stream_of_their_own(self, made):
        """With the pairs' own numbers, the shrinking would follow from the pairing."""
        pairs = CropPairs(made(*LARGE), crop_px=32, seed=0, length=400, ragged=1.0)
        drawn = Counter()
        for index in range(400):
            rng = np.random.default_rng((0, index))
            drawn[tuple(pairs[index].size.tolist()) == tuple(32 - rng.integers(0, 4, size=2))] += 1
        assert 5 < drawn[True] < 60  # by chance a sixteenth


class TestBatches:
    @pytest.fixture
    def dataset(self, made):
        return CropPairs(
            made((20, 90), (60, 50), (90, 18)), crop_px=32, seed=2, length=12, ragged=0.5, secret_channels=1
        )

    def test_are_samples_of_stacked_tensors(self, dataset):
        batch = next(iter(DataLoader(dataset, 5)))
        assert isinstance(batch, Sample)
        assert [part.shape for part in batch] == [(5, 3, 32, 32), (5, 1, 32, 32), (5, 2), (5,)]
        assert [part.dtype for part in batch] == [torch.uint8, torch.uint8, torch.int64, torch.int64]
        assert batch.index.tolist() == [0, 1, 2, 3, 4]

    @pytest.mark.parametrize(("batch", "workers"), [(1, 0), (3, 0), (4, 1), (5, 2)])
    def test_of_any_size_from_any_process_hold_the_same_samples(self, dataset, batch, workers):
        loader = DataLoader(dataset, batch, num_workers=workers, persistent_workers=workers > 0)
        for _ in range(2):
            samples = [Sample(*parts) for whole in loader for parts in zip(*whole, strict=True)]
            assert len(samples) == 12
            for index, sample in enumerate(samples):
                assert same(sample, dataset[index])


class TestGreySecret:
    def test_is_the_rounded_luma_of_the_colour_secret(self, made_folder):
        folder, _ = made_folder()
        for number in range(3):
            noise = np.random.default_rng(number).integers(0, 256, (40, 40, 3), dtype=np.uint8)
            Image.fromarray(noise).save(folder / f"{number}.png")
        settings = {"crop_px": 32, "seed": 1, "length": 5, "ragged": 0.5, "stretch": 0.5}
        colour = CropPairs(find_pictures(folder), **settings)
        grey = CropPairs(find_pictures(folder), **settings, secret_channels=1)
        for index in range(5):
            assert grey[index].secret.shape == (1, 32, 32)
            assert same((grey[index].cover, *grey[index][2:]), (colour[index].cover, *colour[index][2:]))
            assert_luma(grey[index].secret[0].numpy(), colour[index].secret.permute(1, 2, 0).numpy())

    def test_of_a_validation_pair(self, made):
        paths = made(*LARGE)
        both = [validation_pairs(paths, crop_px=32, count=4, secret_channels=channels) for channels in (3, 1)]
        for (cover, colour), (same_cover, grey) in zip(*both, strict=True):
            assert np.array_equal(cover, same_cover)
            assert grey.shape == (32, 32, 1)
            assert_luma(grey[..., 0], colour)


def assert_luma(grey, colour):
    """The nearest level to BT.601's luma; Pillow's fixed-point one is another level in a few ties at most."""
    assert grey.dtype == np.uint8
    assert np.abs(grey - colour @ np.array([0.299, 0.587, 0.114])).max() <= 0.5 + 1e-9
    assert (grey == np.asarray(Image.fromarray(np.ascontiguousarray(colour)).convert("L"))).mean() > 0.99


def stretch_of(cover, plain):
    """How many times as far from middle grey a cover's pixels are as they were, at most."""
    moved = (cover - 127.5) / (plain - 127.5)
    return float(moved[(cover > 0) & (cover < 255)].median())


class TestStretch:
    def test_is_more_contrast_about_middle_grey(self, made):
        paths = made((128, 128), (200, 128))
        settings = {"crop_px": 128, "seed": 0, "length": 40}
        plain = CropPairs(paths, **settings)
        stretched = CropPairs(paths, **settings, stretch=1.0)
        factors = []
        for index in range(40):
            before, after = plain[index].cover.double(), stretched[index].cover.double()
            factors.append(stretch_of(after[0], before[0]))
            expected = ((before - 127.5) * factors[-1] + 127.5).clamp(0, 255)
            torch.testing.assert_close(after, expected, rtol=0, atol=1.5)
        assert 1.0 <= min(factors) < 1.2  # a factor near 1 moves no level
        assert 1.8 < max(factors) < 2.0

    @pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
    def test_comes_as_often_as_asked_for(self, made, share):
        paths = made((40, 40), (40, 40))
        settings = {"crop_px": SIDE, "seed": 0, "length": 200}
        plain, stretched = CropPairs(paths, **settings), CropPairs(paths, **settings, stretch=share)
        changed = sum(not torch.equal(plain[index].cover, stretched[index].cover) for index in range(200))
        assert abs(changed - 200 * share) <= (20 if share == 0.25 else 0)


class TestDrawn:
    @pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
    def test_crops_come_as_often_as_asked_for_on_both_sides(self, made, share):
        paths = made(*LARGE)
        plain, drawn = (CropPairs(paths, crop_px=SIDE, seed=1, length=400, drawn=d) for d in (0.0, share))
        changed = [[not torch.equal(a, b) for a, b in zip(plain[i][:2], drawn[i][:2], strict=True)] for i in range(400)]
        assert np.mean(changed, axis=0) == pytest.approx([share, share], abs=0.06)
        assert share in {0, 1} or 0.02 < np.mean(np.all(changed, axis=1)) < 0.12  # each by itself

    def test_crops_have_the_size_of_what_they_stand_for(self, made):
        paths = made((16, 30), (24, 18))
        plain, drawn = (CropPairs(paths, crop_px=20, seed=1, length=20, drawn=share) for share in (0.0, 1.0))
        assert all(torch.equal(plain[i].size, drawn[i].size) for i in range(20))

    def test_crops_depend_on_seed_and_index_alone(self, made):
        paths = made(*LARGE)
        first, again = (CropPairs(paths, crop_px=SIDE, seed=5, length=30, drawn=0.5) for _ in range(2))
        assert all(same(first[i], again[i]) for i in reversed(range(30)))


class TestValidation:
    def test_pairs_are_the_benchmark_s_pairs_of_centres(self, made_folder):
        folder, pictures = made_folder((20, 24), (24, 18), (16, 30), (17, 17), (16, 16), (18, 18), (20, 16))
        offsets = [(2, 4), (4, 1), (0, 7), (0, 0), (0, 0), (1, 1), (2, 0)]
        centres = [
            picture[top : top + SIDE, left : left + SIDE]
            for picture, (top, left) in zip(pictures, offsets, strict=True)
        ]
        pairs = validation_pairs(find_pictures(folder), crop_px=SIDE, count=7)
        assert len(pairs) == 7
        for index, (cover, secret) in enumerate(pairs):
            assert np.array_equal(cover, centres[index])
            assert np.array_equal(secret, centres[benchmark_partner(index, 7)])

    @pytest.mark.parametrize(("count", "expected"), [(1, 1), (2, 2), (3, 3), (10, 3)])
    def test_pairs_are_at_most_as_many_as_asked_for(self, made, count, expected):
        pairs = validation_pairs(made(*[(16, 16)] * 3), crop_px=SIDE, count=count)
        assert [int(cover[0, 0, 2]) for cover, _ in pairs] == list(range(expected))

    def test_small_pictures_are_used_whole_up_to_the_common_size(self, made_folder):
        folder, (wide, high) = made_folder((20, 60), (70, 30))
        [(cover, secret), (other_cover, other_secret)] = validation_pairs(find_pictures(folder), crop_px=50, count=2)
        assert np.array_equal(cover, wide[:, 15:45])
        assert np.array_equal(secret, high[25:45])
        assert np.array_equal(other_cover, secret)
        assert np.array_equal(other_secret, cover)

    def test_crops_do_not_keep_whole_pictures_in_memory(self, made):
        for cover, secret in validation_pairs(made(*LARGE), crop_px=SIDE, count=4):
            assert cover.base is None
            assert secret.base is None

    def test_a_tiny_picture_is_refused_by_name(self, made):
        paths = made((20, 20), (15, 20), (20, 20))
        with pytest.raises(PictureSizeError) as refusal:
            validation_pairs(paths, crop_px=SIDE, count=2)
        assert refusal.value.path == str(paths[1])
