"""Every key of a configuration: that it must be there, and what it may be."""

from dataclasses import MISSING, FrozenInstanceError, fields
from typing import get_type_hints

import pytest

from liftveil.config import Config, config_from

NAN, INFINITY = float("nan"), float("inf")

SECTIONS = get_type_hints(Config)
KEYS = [f"{section}.{field.name}" for section, kind in SECTIONS.items() for field in fields(kind)]

OPTIMISERS = (
    *("adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw"),
    *("asgd", "muon", "nadam", "radam", "rmsprop", "sgd"),
)
CHOICES = {
    "model.wavelet": ("haar", "legall5/3", "9/7-m", "cdf9/7"),
    "model.wavelet_mode": ("float", "integer"),
    "model.colour": ("opponent", "reversible"),
    "model.secret_channels": (3, 1),
    "model.conditioner": ("plain", "star", "next", "naf"),
    "model.mixing": ("lu", "orthogonal"),
    "optimiser.name": OPTIMISERS,
    "compute.precision": ("32", "64", "16-mixed", "bf16-mixed"),
    "compute.recompute": ("auto", "always", "never"),
}
BOUND_TOGETHER = {"model.wavelet_mode", "model.colour"}
SWITCHES = ["model.learned_strengths", "training.normalise", "compute.compile"]
COUNTS = ["training.steps", "training.validate_every", "training.validation_pairs", "training.checkpoint_every"]
SIZES = ["model.blocks", "model.width", "data.batch", "compute.accumulate", "compute.prefetch"]
NATURALS = ["optimiser.warmup_steps", "training.picture_every"]
WORKERS = ["compute.workers"]
LEVELS = ["model.levels"]
SEEDS = ["training.seed"]
SIDES = ["data.crop_px", "training.validation_px"]
SHARES = ["data.ragged", "data.stretch", "data.drawn", "optimiser.final_share"]
DECAYS = ["optimiser.ema_decay"]
POSITIVES = [
    *["model.luma_strength", "model.chroma_strength", "model.scale_bound"],
    *["objective.unit", "optimiser.rate", "optimiser.clip_norm"],
]
RAMPED_SHARES = ["channel.rounding", "channel.noise", "channel.jpeg", "channel.resize"]
RAMPED_QUALITIES = ["channel.jpeg_quality"]
RAMPED_FACTORS = ["channel.resize_factor"]
RAMPED_WEIGHTS = [
    *["objective.hiding_log", "objective.recovery_log"],
    *["objective.hiding_mse", "objective.recovery_mse", "objective.recovery_ssim", "objective.recovery_gradient"],
    *["objective.total_variation", "objective.out_of_range", "objective.band_ll", "objective.band_lh"],
    *["objective.band_hl", "objective.band_hh", "objective.band_ll2", "channel.shaping", "channel.noise_sigma"],
]
RAMPS = [*RAMPED_SHARES, *RAMPED_QUALITIES, *RAMPED_FACTORS, *RAMPED_WEIGHTS]


@pytest.fixture
def said(table, refusal):
    """What is said of a value."""

    def say(path, value):
        section, key = path.split(".")
        return refusal(table | {section: table[section] | {key: value}})

    return say


@pytest.fixture
def taken(table):
    """What becomes of a value."""

    def take(path, value):
        section, key = path.split(".")
        return getattr(getattr(config_from(table | {section: table[section] | {key: value}}), section), key)

    return take


def test_the_lists_above_hold_every_key_once():
    whole = [*COUNTS, *SIZES, *NATURALS, *WORKERS, *LEVELS, *SEEDS, *SIDES]
    assert sorted([*CHOICES, *SWITCHES, *whole, *SHARES, *DECAYS, *POSITIVES, *RAMPS]) == sorted(KEYS)


def test_a_configuration_cannot_be_changed(table):
    config = config_from(table)
    for section in SECTIONS:
        for holder, name in ((config, section), (getattr(config, section), fields(getattr(config, section))[0].name)):
            with pytest.raises(FrozenInstanceError):
                setattr(holder, name, None)


def test_no_key_has_a_default():
    kinds = [Config, *SECTIONS.values()]
    assert [field.name for kind in kinds for field in fields(kind) if field.default is not MISSING] == []


@pytest.mark.parametrize("path", KEYS)
def test_every_key_of_a_section_must_be_there(table, refusal, path):
    section, key = path.split(".")
    del table[section][key]
    assert refusal(table) == f"'{path}' is missing"


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_must_be_there(table, refusal, section):
    del table[section]
    assert refusal(table) == f"'{section}' is missing"


@pytest.mark.parametrize("path", CHOICES)
def test_a_choice_is_among_its_words(said, path):
    for value in ("db4", True, 1.0, 7):
        words = ", ".join(map(repr, CHOICES[path]))
        assert said(path, value) == f"'{path}' is {value!r}, but must be one of {words}"


@pytest.mark.parametrize("path", sorted(CHOICES.keys() - BOUND_TOGETHER))
def test_every_word_of_a_choice_is_taken(taken, path):
    assert [taken(path, word) for word in CHOICES[path]] == list(CHOICES[path])


@pytest.mark.parametrize("path", SWITCHES)
def test_a_switch_is_true_or_false(said, taken, path):
    assert [taken(path, value) for value in (True, False)] == [True, False]
    for value in (1, "true"):
        assert said(path, value) == f"'{path}' is {value!r}, but must be of type bool"


@pytest.mark.parametrize("path", COUNTS)
def test_what_counts_starts_at_one(said, taken, path):
    assert [taken(path, value) for value in (1, 10**9)] == [1, 10**9]
    for value in (0, -1, 10**9 + 1):
        assert said(path, value) == f"'{path}' is {value}, but must be from 1 to 1e9"


@pytest.mark.parametrize("path", SIZES)
def test_what_takes_memory_is_bounded(said, taken, path):
    assert [taken(path, value) for value in (1, 10_000)] == [1, 10_000]
    for value in (0, -1, 10_001):
        assert said(path, value) == f"'{path}' is {value}, but must be from 1 to 10000"


@pytest.mark.parametrize("path", LEVELS)
def test_the_smallest_pictures_can_be_padded_for_all_levels(said, taken, path):
    assert [taken(path, value) for value in (1, 4)] == [1, 4]
    for value in (0, 5):
        assert said(path, value) == f"'{path}' is {value}, but must be from 1 to 4"


@pytest.mark.parametrize("path", NATURALS)
def test_warm_up_and_pictures_may_be_zero(said, taken, path):
    assert [taken(path, value) for value in (0, 10**9)] == [0, 10**9]
    for value in (-1, 10**9 + 1):
        assert said(path, value) == f"'{path}' is {value}, but must be from 0 to 1e9"


def test_workers_may_be_none_or_left_to_the_machine(said, taken):
    assert [taken("compute.workers", value) for value in (0, 256, "auto")] == [0, 256, "auto"]
    for value in (-1, 257):
        assert said("compute.workers", value) == f"'compute.workers' is {value}, but must be from 0 to 256"
    for value in ("all", 1.0, True):
        text = said("compute.workers", value)
        assert text == f"'compute.workers' is {value!r}, but must be of type int or 'auto'"


@pytest.mark.parametrize("path", SEEDS)
def test_a_seed_is_one_that_torch_takes(said, taken, path):
    assert [taken(path, value) for value in (0, 2**63 - 1)] == [0, 2**63 - 1]
    for value in (-1, 2**63):
        assert said(path, value) == f"'{path}' is {value}, but must be from 0 to 2 ** 63 - 1"


@pytest.mark.parametrize("path", SIDES)
def test_a_crop_is_at_least_as_large_as_the_smallest_picture(said, taken, path):
    assert [taken(path, value) for value in (16, 10_000)] == [16, 10_000]
    for value in (15, 10_001):
        words = "from 16, the least side of a picture, to 10000"
        assert said(path, value) == f"'{path}' is {value}, but must be {words}"


@pytest.mark.parametrize("path", SHARES)
def test_a_share_is_between_zero_and_one(said, taken, path):
    assert [taken(path, value) for value in (0, 0.5, 1)] == [0, 0.5, 1]
    for value in (-0.1, 1.01, NAN, INFINITY):
        assert said(path, value) == f"'{path}' is {value}, but must be from 0 to 1"


@pytest.mark.parametrize("path", DECAYS)
def test_decays_stay_below_one(said, taken, path):
    for value in (0.0, 0.9999):
        assert taken(path, value) == value
    for value in (-0.1, 1.0, NAN):
        assert said(path, value) == f"'{path}' is {value}, but must be at least 0 and below 1"


@pytest.mark.parametrize("path", POSITIVES)
def test_strengths_bounds_and_rates_are_above_zero(said, taken, path):
    assert [taken(path, value) for value in (1e-9, 1e9)] == [1e-9, 1e9]
    for value in (0.0, 0, -1.0, 1.1e9, NAN, INFINITY):
        assert said(path, value) == f"'{path}' is {value}, but must be from 1e-9 to 1e9"


@pytest.mark.parametrize(
    ("paths", "inside", "outside"),
    [
        (RAMPED_SHARES, (0, 1), {"from 0 to 1": (-0.1, 1.1, NAN)}),
        (RAMPED_QUALITIES, (1, 100), {"from 1 to 100": (0.9, 100.1, NAN)}),
        (RAMPED_FACTORS, (0.25, 2), {"from 0.25 to 2": (0.24, 2.1, NAN)}),
        (RAMPED_WEIGHTS, (0, 1e9), {"from 0 to 1e9": (-1.0, 1.1e9, NAN, INFINITY, 10**400)}),
    ],
    ids=["shares", "qualities", "factors", "weights"],
)
def test_what_may_change_during_a_run_has_a_range(said, taken, paths, inside, outside):
    [(words, values)] = outside.items()
    for path in paths:
        assert [taken(path, value).at(0.5) for value in inside] == list(inside)
        for value in values:
            assert said(path, value) == f"'{path}' is {value}, but must be {words}"


@pytest.mark.parametrize("path", RAMPS)
def test_what_may_change_during_a_run_may_be_a_table(said, taken, path):
    last = 100 if path in RAMPED_QUALITIES else 0.5
    ramp = taken(path, {"first": 1, "last": last, "begin": 0.5})
    assert [ramp.at(progress) for progress in (0.5, 0.75, 1)] == [1, (1 + last) / 2, last]
    assert said(path, {"first": 1, "last": -1}).startswith(f"'{path}.last' is -1.0, but must be ")
