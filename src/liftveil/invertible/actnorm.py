r"""ActNorm: a learned scale and shift for each channel, :math:`w = e^{a} \odot x + b`.

The identity at the start. :meth:`ActNorm.normalise` is the data-dependent start of Glow.

References:
    Kingma and Dhariwal, "Glow: generative flow with invertible 1x1 convolutions", NeurIPS 2018.
"""

from __future__ import annotations

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from liftveil.invertible.base import Activation, Invertible, per_sample, pixels, zeros


@final
class ActNorm(Invertible):
    """Scale by ``exp(log_scale)`` and shift by ``bias``.

    Args:
        channels: Number of channels.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.log_scale = zeros(channels)
        self.bias = zeros(channels)

    def forward(self, x: Activation) -> Activation:
        """Scale, then shift."""
        return x * self._column(self.log_scale.exp()) + self._column(self.bias)

    def inverse(self, y: Activation) -> Activation:
        """Shift back, then scale back."""
        return (y - self._column(self.bias)) * self._column((-self.log_scale).exp())

    def log_abs_det(self, x: Activation) -> Float[Tensor, " batch"]:
        """Sum of the log-scales, once for each position."""
        return per_sample(x, self.log_scale.sum() * pixels(x))

    @torch.no_grad()
    def normalise(self, sample: Activation, least_deviation: float = 1e-2) -> None:
        """Set scale and shift so that ``sample`` comes out with mean 0 and deviation 1 in each channel.

        Args:
            sample: A fixed sample, the same in every process.
            least_deviation: Channels that vary less (constant ones among them) are centred, but scaled as if
                they varied by this much, so that no scale explodes.
        """
        deviation, mean = torch.std_mean(sample, dim=(0, 2, 3), correction=0)
        scale = 1 / deviation.clamp(min=least_deviation)
        self.log_scale.copy_(scale.log())
        self.bias.copy_(-mean * scale)

    @torch.no_grad()
    def undo(self, other: ActNorm) -> None:
        """Become the inverse of another one.

        Args:
            other: The one to undo.
        """
        self.log_scale.copy_(-other.log_scale)
        self.bias.copy_(-other.bias * (-other.log_scale).exp())

    @staticmethod
    def _column(values: Float[Tensor, " channel"]) -> Float[Tensor, "channel 1 1"]:
        return values[:, None, None]
