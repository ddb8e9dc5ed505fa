import pytest
import torch

from liftveil.invertible import OrthogonalMixing, TriangularMixing, mixing

PARAMETRISATIONS = {"lu": TriangularMixing, "orthogonal": OrthogonalMixing}

both = pytest.mark.parametrize("kind", PARAMETRISATIONS.values(), ids=PARAMETRISATIONS)


def identity(channels):
    return torch.eye(channels, dtype=torch.float64)


@pytest.mark.parametrize(("name", "kind"), PARAMETRISATIONS.items())
def test_mixing_by_name_starts_as_the_identity(name, kind):
    mix = mixing(name, 6)
    assert type(mix) is kind
    assert torch.equal(mix.matrix(), torch.eye(6))
    assert torch.equal(mix.inverse_matrix(), torch.eye(6))


def test_an_unknown_name_is_refused():
    with pytest.raises(KeyError):
        mixing("qr", 6)


@both
def test_the_matrix_is_applied_to_the_channels_at_every_position(kind, activation, randomised):
    mix = randomised(kind(6))
    matrix = mix.matrix()
    assert (matrix - matrix.T).abs().max() > 0.1  # a transposed matrix would show
    w = mix(activation)
    for row in range(activation.shape[2]):
        for column in range(activation.shape[3]):
            expected = activation[:, :, row, column] @ matrix.T
            torch.testing.assert_close(w[:, :, row, column], expected, rtol=0, atol=1e-12)


@both
def test_inverse_matrix_is_the_inverse(kind, randomised):
    mix = randomised(kind(24))
    torch.testing.assert_close(mix.inverse_matrix() @ mix.matrix(), identity(24), rtol=0, atol=1e-9)


def test_cayley_matrix_is_a_rotation(randomised):
    matrix = randomised(OrthogonalMixing(24)).matrix()
    assert (matrix - identity(24)).abs().max() > 0.1
    torch.testing.assert_close(matrix @ matrix.T, identity(24), rtol=0, atol=1e-12)
    torch.testing.assert_close(torch.linalg.det(matrix), torch.tensor(1.0).double(), rtol=0, atol=1e-12)


def test_cayley_matrix_is_that_of_the_formula(randomised):
    mix = randomised(OrthogonalMixing(5))
    skew = mix.generator.tril(-1) - mix.generator.tril(-1).T
    expected = (identity(5) - skew) @ torch.linalg.inv(identity(5) + skew)
    torch.testing.assert_close(mix.matrix(), expected, rtol=0, atol=1e-12)


def test_lu_matrix_is_the_product_of_its_factors(randomised):
    mix = randomised(TriangularMixing(5))
    lower = identity(5) + mix.lower.tril(-1)
    upper = mix.upper.triu(1) + torch.diag(mix.log_diagonal.exp())
    torch.testing.assert_close(mix.matrix(), lower @ upper, rtol=0, atol=1e-12)


def test_a_rotation_s_inverse_never_amplifies_noise(activation, randomised):
    mix = randomised(OrthogonalMixing(6))
    torch.testing.assert_close(mix.inverse(activation).norm(), activation.norm(), rtol=1e-12, atol=0)


@both
def test_frozen_is_the_same_map_without_parameters(kind, activation, randomised):
    mix = randomised(kind(6))
    frozen = mix.frozen()
    assert list(frozen.parameters()) == []
    assert not any(buffer.requires_grad for buffer in frozen.buffers())
    assert torch.equal(frozen(activation), mix(activation))
    assert torch.equal(frozen.inverse(activation), mix.inverse(activation))
    torch.testing.assert_close(frozen.log_abs_det(activation), mix.log_abs_det(activation))


@both
def test_frozen_does_not_follow_later_training(kind, activation, randomised):
    mix = randomised(kind(6))
    frozen = mix.frozen()
    before = frozen(activation)
    randomised(mix)
    assert not torch.allclose(mix(activation), before)
    assert torch.equal(frozen(activation), before)
