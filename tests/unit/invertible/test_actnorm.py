import torch

from liftveil.invertible import ActNorm, Sequence


def test_each_channel_is_scaled_then_shifted(activation, randomised):
    norm = randomised(ActNorm(6))
    w = norm(activation)
    for channel in range(6):
        expected = norm.log_scale[channel].exp() * activation[:, channel] + norm.bias[channel]
        torch.testing.assert_close(w[:, channel], expected, rtol=1e-14, atol=1e-14)


def test_a_fresh_one_is_the_identity_to_the_last_bit(activation):
    assert torch.equal(ActNorm(6).double()(activation), activation)


def test_normalised_sample_has_mean_0_and_deviation_1_in_each_channel(activation):
    sample = activation * torch.tensor([0.02, 1, 5, 30, 100, 1e4])[:, None, None] + 7
    norm = ActNorm(6).double()
    norm.normalise(sample)
    w = norm(sample)
    torch.testing.assert_close(w.mean(dim=(0, 2, 3)), torch.zeros(6).double(), rtol=0, atol=1e-10)
    deviation = w.std(dim=(0, 2, 3), correction=0)
    torch.testing.assert_close(deviation, torch.ones(6).double(), rtol=1e-10, atol=0)


def test_constant_channels_are_centred_but_not_blown_up(activation):
    activation[:, 2] = 40.0
    activation[:, 3] *= 1e-6
    norm = ActNorm(6).double()
    norm.normalise(activation, least_deviation=0.25)
    w = norm(activation)
    torch.testing.assert_close(norm.log_scale[2:4].exp(), torch.full((2,), 4.0).double())
    assert w[:, 2].abs().max() < 1e-12
    assert w[:, 3].abs().max() < 1e-4
    torch.testing.assert_close(w[:, 4].std(correction=0), torch.tensor(1.0).double())


def test_a_constant_channel_is_safe_by_default(activation):
    activation[:, 0] = -3.0
    norm = ActNorm(6).double()
    norm.normalise(activation)
    torch.testing.assert_close(norm.log_scale[0].exp(), torch.tensor(100.0).double())
    assert norm(activation).isfinite().all()


def test_parameters_stay_trainable_after_normalisation(activation):
    norm = ActNorm(6).double()
    norm.normalise(activation.requires_grad_())
    assert all(parameter.is_leaf and parameter.requires_grad for parameter in norm.parameters())
    norm(activation.detach()).sum().backward()
    assert norm.log_scale.grad is not None


def test_undo_becomes_the_inverse_and_leaves_the_other_as_it_is(activation, randomised):
    norm, closing = randomised(ActNorm(6)), randomised(ActNorm(6))
    before = norm(activation)
    closing.undo(norm)
    assert torch.equal(norm(activation), before)
    torch.testing.assert_close(Sequence(norm, closing)(activation), activation, rtol=0, atol=1e-12)
    torch.testing.assert_close(closing(activation), norm.inverse(activation), rtol=0, atol=1e-12)
