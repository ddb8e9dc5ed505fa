from copy import deepcopy

import pytest
import torch

from liftveil.invertible import ActNorm, AffineCoupling, Sequence, TriangularMixing
from liftveil.networks import CONDITIONERS


def steps(randomised):
    coupling = AffineCoupling(CONDITIONERS["plain"](3, 6, 4), changes="first", bound=2.0)
    return [randomised(step) for step in (ActNorm(6), TriangularMixing(6), coupling)]


def test_steps_are_applied_in_order_and_undone_backwards(activation, randomised):
    norm, mix, coupling = steps(randomised)
    sequence = Sequence(norm, mix, coupling)
    assert torch.equal(sequence(activation), coupling(mix(norm(activation))))
    assert torch.equal(sequence.inverse(activation), norm.inverse(mix.inverse(coupling.inverse(activation))))
    assert not torch.allclose(sequence(activation), norm(mix(coupling(activation))))


def test_each_step_s_determinant_is_taken_at_its_own_input(activation, randomised):
    norm, mix, coupling = steps(randomised)
    expected = norm.log_abs_det(activation) + mix.log_abs_det(activation)
    expected = expected + coupling.log_abs_det(mix(norm(activation)))
    torch.testing.assert_close(Sequence(norm, mix, coupling).log_abs_det(activation), expected)
    assert not torch.allclose(coupling.log_abs_det(mix(norm(activation))), coupling.log_abs_det(activation))


def test_iteration_gives_the_steps_and_their_parameters_are_registered(randomised):
    made = steps(randomised)
    sequence = Sequence(*made)
    assert list(sequence) == made
    registered = {id(parameter) for parameter in sequence.parameters()}
    assert registered == {id(parameter) for step in made for parameter in step.parameters()}


@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_the_switch_makes_gradients_come_by_reconstruction(activation, randomised, direction):
    sequence = randomised(Sequence(*steps(randomised)))

    def run():
        activations = []
        with torch.autograd.graph.saved_tensors_hooks(activations.append, lambda held: held):
            return getattr(sequence, direction)(activation), activations

    stored, kept = run()
    sequence.recompute = True
    recomputed, kept_recomputing = run()
    assert torch.equal(recomputed, stored)
    assert len(kept) > 10
    assert len(kept_recomputing) == 1
    assert kept_recomputing[0].data_ptr() == recomputed.data_ptr()
    with torch.no_grad():
        assert torch.equal(getattr(sequence, direction)(activation), stored)


def test_the_switch_is_off_at_first_and_no_part_of_the_state(randomised):
    sequence = Sequence(*steps(randomised))
    before = sequence.state_dict()
    assert not sequence.recompute
    sequence.recompute = True
    assert sequence.state_dict().keys() == before.keys()
    assert deepcopy(sequence).recompute
    assert not any(inner.recompute for inner in (Sequence(), Sequence(*sequence)))
