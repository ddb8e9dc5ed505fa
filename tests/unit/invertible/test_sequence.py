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
