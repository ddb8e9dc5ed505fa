"""Random and fixed crops, from pictures whose pixels tell where they were."""

import pickle

import numpy as np
import pytest
import torch

from liftveil.data import CropPairs, benchmark_partner, validation_pairs
from liftveil.errors import DataError

SIDE = 16


@pytest.fixture
def pairs(made_folder):
    folder, _ = made_folder((20, 24), (24, 18), (16, 30), (16, 16))
    return CropPairs(folder, crop_px=SIDE, seed=3, length=600)


@pytest.fixture
def crops(pairs):
    """Many crops, covers and secrets, as (number, red = row, green = column, blue = picture)."""
    return torch.cat([pairs[index] for index in range(len(pairs))]).int()


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


def test_a_sample_is_a_pair_of_square_crops(pairs):
    assert len(pairs) == 600
    assert pairs[0].shape == (2, 3, SIDE, SIDE)
    assert pairs[0].dtype == torch.uint8


def test_a_sample_depends_on_seed_and_index_alone(pairs):
    folder = pairs.paths[0].parent
    again = CropPairs(folder, crop_px=SIDE, seed=3, length=999)
    elsewhere = pickle.loads(pickle.dumps(pairs))  # as a loader process gets it
    backwards = {index: pairs[index] for index in reversed(range(20))}
    for index in range(20):
        assert torch.equal(again[index], backwards[index])
        assert torch.equal(elsewhere[index], backwards[index])


def test_samples_differ_between_indices_and_between_seeds(pairs):
    other = CropPairs(pairs.paths[0].parent, crop_px=SIDE, seed=4, length=600)
    different = {pairs[index].numpy().tobytes() for index in range(40)}
    different |= {other[index].numpy().tobytes() for index in range(40)}
    assert len(different) > 70


def test_cover_and_secret_come_from_different_pictures(pairs):
    drawn = {tuple(pairs[index][:, 2, 0, 0].tolist()) for index in range(len(pairs))}
    assert drawn == {(cover, secret) for cover in range(4) for secret in range(4) if cover != secret}


def test_a_crop_is_one_square_of_one_picture(crops):
    for crop in crops:
        rows, columns, number = (plane.unique().tolist() for plane in crop)
        assert rows == list(range(rows[0], rows[0] + SIDE))
        assert columns == list(range(columns[0], columns[0] + SIDE))
        assert len(number) == 1
        assert sorted(map(abs, turn_of(crop))) == [0, 0, 1, 1]


def test_every_position_can_be_drawn(crops):
    corners = {(int(crop[0].min()), int(crop[1].min())) for crop in crops if crop[2, 0, 0] == 1}
    assert corners == {(top, left) for top in range(9) for left in range(3)}


def test_all_eight_turns_occur(crops):
    turns = [turn_of(crop) for crop in crops]
    assert len(set(turns)) == 8
    assert min(turns.count(turn) for turn in set(turns)) > len(turns) / 16


def stretch_of(cover, plain):
    """How many times as far from middle grey a cover's pixels are as they were, at most."""
    moved = (cover - 127.5) / (plain - 127.5)
    return float(moved[(cover > 0) & (cover < 255)].median())


def test_stretched_crops_have_more_contrast_about_middle_grey(made_folder):
    folder, _ = made_folder((250, 250), (250, 250))
    settings = {"crop_px": 250, "seed": 0, "length": 40}
    plain = CropPairs(folder, **settings)
    stretched = CropPairs(folder, **settings, stretch=1.0)
    factors = []
    for index in range(40):
        before, after = plain[index][0].double(), stretched[index][0].double()
        factors.append(stretch_of(after[0], before[0]))
        expected = ((before - 127.5) * factors[-1] + 127.5).clamp(0, 255)
        torch.testing.assert_close(after, expected, rtol=0, atol=1.5)
        assert torch.equal(stretched[index], stretched[index])
    assert 1.0 <= min(factors) < 1.2  # a factor near 1 moves no level
    assert 1.8 < max(factors) < 2.0


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_as_many_crops_are_stretched_as_asked_for(made_folder, share):
    folder, _ = made_folder((40, 40), (40, 40))
    settings = {"crop_px": SIDE, "seed": 0, "length": 200}
    plain, stretched = CropPairs(folder, **settings), CropPairs(folder, **settings, stretch=share)
    changed = sum(not torch.equal(plain[index][0], stretched[index][0]) for index in range(200))
    assert abs(changed - 200 * share) <= (20 if share == 0.25 else 0)


def test_a_picture_smaller_than_the_crops_is_refused_by_name_when_it_is_drawn(made_folder):
    folder, _ = made_folder((20, 15), (20, 20))
    with pytest.raises(DataError, match="is smaller than the crops of 16x16") as refusal:
        CropPairs(folder, crop_px=SIDE, seed=0, length=1)[0]
    assert refusal.value.path == str(folder / "00.png")


def test_a_folder_that_cannot_serve_is_refused_at_once(tmp_path):
    with pytest.raises(DataError):
        CropPairs(tmp_path / "missing", crop_px=SIDE, seed=0, length=1)


def test_validation_pairs_are_the_benchmark_s_pairs_of_centres(made_folder):
    folder, pictures = made_folder((20, 24), (24, 18), (16, 30), (17, 17), (16, 16), (18, 18), (20, 16))
    centres = [
        picture[top : top + SIDE, left : left + SIDE] for picture, (top, left) in zip(pictures, OFFSETS, strict=True)
    ]
    made = validation_pairs(folder, crop_px=SIDE, count=7)
    assert len(made) == 7
    for index, (cover, secret) in enumerate(made):
        assert np.array_equal(cover, centres[index])
        assert np.array_equal(secret, centres[benchmark_partner(index, 7)])


OFFSETS = [(2, 4), (4, 1), (0, 7), (0, 0), (0, 0), (1, 1), (2, 0)]


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (2, 2), (3, 3), (10, 3)])
def test_at_most_as_many_validation_pairs_as_asked_for(made_folder, count, expected):
    folder, _ = made_folder(*[(16, 16)] * 3)
    made = validation_pairs(folder, crop_px=SIDE, count=count)
    assert [int(cover[0, 0, 2]) for cover, _ in made] == list(range(expected))


def test_validation_refuses_a_picture_smaller_than_the_crops_by_name(made_folder):
    folder, _ = made_folder((20, 20), (15, 20), (20, 20))
    with pytest.raises(DataError, match="is smaller than the crops of 16x16") as refusal:
        validation_pairs(folder, crop_px=SIDE, count=1)
    assert refusal.value.path == str(folder / "01.png")
