"""The guard: what it lets pass, when it sends a run back, and when it gives up."""

import json
from math import inf, nan

import pytest

from liftveil.errors import DivergenceError
from liftveil.training.guard import DOUBT, EXPLOSION, MEMORY, MOST_ROLLBACKS, PATIENCE, RATE_CUT, Guard


def used(losses):
    guard = Guard()
    assert {guard.judge(loss, 1.0) for loss in losses} <= {"take"}
    return guard


def test_usual_steps_are_taken():
    guard = used([50.0, 5.0, 1.0, 0.5, 0.4])
    assert (guard.rate_scale, guard.rollbacks, guard.skipped, guard.content) == (1.0, 0, 0, True)


@pytest.mark.parametrize(("loss", "norm"), [(nan, 1.0), (inf, 1.0), (1.0, nan), (1.0, inf), (-inf, 1.0)])
def test_what_is_not_finite_is_skipped_and_forgotten(loss, norm):
    guard = used([1.0] * 5)
    assert guard.judge(loss, norm) == "skip"
    assert list(guard.losses) == [1.0] * 5
    assert not guard.content
    assert guard.judge(1.0, 1.0) == "take"
    assert (guard.skipped, guard.content) == (0, True)


def test_an_explosion_is_measured_by_the_usual_loss():
    guard = used([1.0, 2.0, 3.0])
    assert guard.judge(2.0 * EXPLOSION, 1.0) == "take"
    assert used([1.0, 2.0, 3.0]).judge(2.0 * EXPLOSION * 1.01, 1.0) == "skip"


def test_the_first_loss_may_be_anything_finite():
    assert Guard().judge(1e30, 1e30) == "take"


def test_a_high_loss_is_no_time_for_a_checkpoint():
    guard = used([1.0] * 5)
    assert guard.judge(DOUBT * 1.5, 1.0) == "take"
    assert not guard.content
    assert guard.judge(1.0, 1.0) == "take"
    assert guard.content


def test_only_so_many_losses_count():
    guard = used([1.0] * MEMORY + [90.0] * MEMORY)
    assert list(guard.losses) == [90.0] * MEMORY


def test_bad_steps_in_a_row_send_the_run_back_at_a_lower_rate():
    guard = used([1.0])
    verdicts = [guard.judge(nan, 1.0) for _ in range(PATIENCE)]
    assert verdicts == ["skip"] * (PATIENCE - 1) + ["roll back"]
    guard.roll_back(7)
    assert (guard.rate_scale, guard.rollbacks, guard.skipped) == (RATE_CUT, 1, 0)


def test_bad_steps_between_good_ones_do_not():
    guard = used([1.0])
    for _ in range(3 * PATIENCE):
        assert guard.judge(nan, 1.0) == "skip"
        assert guard.judge(1.0, 1.0) == "take"


def test_a_run_that_never_recovers_is_given_up():
    guard = Guard()
    for _ in range(MOST_ROLLBACKS):
        guard.roll_back(3)
    assert guard.rate_scale == RATE_CUT**MOST_ROLLBACKS
    with pytest.raises(DivergenceError, match=r"step 9: .*lower 'optimiser.rate'") as refusal:
        guard.roll_back(9)
    assert refusal.value.step == 9


def test_its_state_survives_json():
    guard = used([0.1, 1 / 3, 2.0])
    guard.judge(nan, 1.0)
    guard.roll_back(1)
    guard.judge(nan, 1.0)
    other = Guard()
    other.load_state_dict(json.loads(json.dumps(guard.state_dict())))
    assert other == guard
    assert other.losses.maxlen == MEMORY
