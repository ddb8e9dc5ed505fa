"""Muon against the singular value decomposition and against torch's own in bfloat16."""

import pytest
import torch
from torch import nn

from liftveil.training.muon import Muon, orthogonalised

SHAPES = [(8, 18), (18, 8), (8, 18), (5, 40), (6, 6)]
RATE = 0.02


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def parameters(seed=0):
    generator = seeded(seed)
    return [nn.Parameter(torch.randn(shape, generator=generator)) for shape in SHAPES]


def set_gradients(parameters, seed):
    generator = seeded(seed)
    common = torch.randn(1, generator=seeded(99)).abs() + 1
    for parameter in parameters:
        parameter.grad = common * torch.randn(parameter.shape, generator=generator)


def run(optimiser, parameters, seeds):
    for seed in seeds:
        set_gradients(parameters, seed)
        optimiser.step()


def matrices_with_values(rows, columns, values, seed=0):
    """Random matrices of given singular values, with both bases."""
    generator = seeded(seed)
    left = torch.linalg.qr(torch.randn(3, rows, rows, generator=generator, dtype=torch.float64)).Q
    right = torch.linalg.qr(torch.randn(3, columns, columns, generator=generator, dtype=torch.float64)).Q
    count = min(rows, columns)
    left, right = left[..., :count], right[..., :count]
    return left @ torch.diag(torch.linspace(*values, count, dtype=torch.float64)) @ right.mT, left, right


@pytest.mark.parametrize(("rows", "columns"), [(5, 12), (12, 5), (8, 8)])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_singular_values_come_near_1_and_the_vectors_stay(rows, columns, scale):
    matrices, left, right = matrices_with_values(rows, columns, (0.2 * scale, scale))
    in_their_bases = left.mT @ orthogonalised(matrices) @ right
    values = in_their_bases.diagonal(dim1=-2, dim2=-1)
    assert values.min() > 0.65
    assert values.max() < 1.25
    torch.testing.assert_close(in_their_bases, torch.diag_embed(values), rtol=0, atol=1e-9)


def test_the_result_is_near_the_polar_factor():
    matrices, left, right = matrices_with_values(6, 20, (0.3, 1.0))
    polar = left @ right.mT
    assert (orthogonalised(matrices) - polar).norm() < 0.3 * polar.norm()
    assert (matrices / matrices.norm(dim=(1, 2), keepdim=True) - polar).norm() > 0.3 * polar.norm()


def test_matrices_do_not_see_each_other():
    matrices = torch.randn(4, 6, 9, generator=seeded(0), dtype=torch.float64)
    alone = torch.cat([orthogonalised(matrix[None]) for matrix in matrices])
    torch.testing.assert_close(orthogonalised(matrices), alone, rtol=0, atol=1e-12)


def test_a_matrix_of_zeros_stays_one():
    assert torch.equal(orthogonalised(torch.zeros(2, 3, 4)), torch.zeros(2, 3, 4))


@pytest.mark.parametrize("steps", [1, 6])
def test_it_moves_as_torch_s_muon_does_up_to_bfloat16(steps):
    ours, theirs, start = parameters(), parameters(), parameters()
    run(Muon(ours, lr=RATE), ours, range(steps))
    oracle = torch.optim.Muon(
        theirs, lr=RATE, momentum=0.95, nesterov=True, weight_decay=0.0, adjust_lr_fn="match_rms_adamw"
    )
    run(oracle, theirs, range(steps))
    for mine, other, before in zip(ours, theirs, start, strict=True):
        moved = (other - before).norm()
        assert moved > 0.01
        assert (mine - other).norm() < 0.03 * moved


def test_the_rate_scales_the_step():
    slow, fast, start = parameters(), parameters(), parameters()
    run(Muon(slow, lr=RATE), slow, [1])
    run(Muon(fast, lr=3 * RATE), fast, [1])
    for a, b, before in zip(slow, fast, start, strict=True):
        torch.testing.assert_close(b - before, 3 * (a - before), rtol=1e-3, atol=1e-6)


def test_what_has_no_gradient_does_not_move():
    moving = parameters()
    optimiser = Muon(moving, lr=RATE)
    set_gradients(moving, 0)
    moving[0].grad = None
    before = [parameter.detach().clone() for parameter in moving]
    optimiser.step()
    assert [torch.equal(a, b) for a, b in zip(moving, before, strict=True)] == [True, False, False, False, False]
    assert moving[0] not in optimiser.state


def test_a_state_dict_carries_the_momentum():
    straight, resumed = parameters(), parameters()
    first, second = Muon(straight, lr=RATE), Muon(resumed, lr=RATE)
    run(first, straight, range(3))
    run(second, resumed, range(3))
    third = Muon(resumed, lr=1.0)
    third.load_state_dict(second.state_dict())
    run(first, straight, [7, 8])
    run(third, resumed, [7, 8])
    assert all(torch.equal(a, b) for a, b in zip(straight, resumed, strict=True))
    forgetful = parameters()
    run(Muon(forgetful, lr=RATE), forgetful, range(3))
    run(Muon(forgetful, lr=RATE), forgetful, [7, 8])
    assert not any(torch.equal(a, b) for a, b in zip(straight, forgetful, strict=True))


def test_a_closure_is_refused():
    with pytest.raises(ValueError, match="no closure"):
        Muon(parameters(), lr=RATE).step(lambda: 0.0)
