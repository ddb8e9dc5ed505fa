"""The guard: which steps must not be taken, and when a run has to go back."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite
from statistics import median
from typing import Any, Literal, final

from liftveil.errors import DivergenceError

Verdict = Literal["take", "skip", "roll back"]

MEMORY = 50
"""Good steps whose losses are remembered."""
EXPLOSION = 100.0
"""A loss of so many times the median of the remembered ones is one of an exploding network."""
DOUBT = 10.0
"""A loss of so many times the median is not followed by a checkpoint."""
PATIENCE = 3
"""Steps skipped in a row before the run goes back."""
RATE_CUT = 0.25
"""What is left of the rate after going back."""
MOST_ROLLBACKS = 12
"""Times that a run may go back before it is given up."""


@final
@dataclass
class Guard:
    """Watches losses and gradients.

    A step whose loss or gradient is not finite, or whose loss is a hundred times the usual, is skipped: nothing
    of it reaches the weights. After three such steps in a row the weights themselves must be spoilt, so the run
    goes back to its last checkpoint, at a quarter of the rate.

    Attributes:
        rate_scale: Share of the configured rate that is left.
        rollbacks: Times that the run went back.
        skipped: Steps skipped in a row.
        losses: Losses of the last good steps.
    """

    rate_scale: float = 1.0
    rollbacks: int = 0
    skipped: int = 0
    losses: deque[float] = field(default_factory=lambda: deque(maxlen=MEMORY))

    def judge(self, loss: float, gradient_norm: float) -> Verdict:
        """Decide about a step before it is taken.

        Args:
            loss: Its loss, the mean over all devices.
            gradient_norm: Norm of its gradient.

        Returns:
            Whether to take it, to skip it, or to go back.
        """
        if isfinite(loss) and isfinite(gradient_norm) and loss <= EXPLOSION * self._usual():
            self.skipped = 0
            self.losses.append(loss)
            return "take"
        self.skipped += 1
        return "roll back" if self.skipped >= PATIENCE else "skip"

    def roll_back(self, step: int) -> None:
        """Note that the run goes back, at a lower rate.

        Args:
            step: Where it went wrong.

        Raises:
            DivergenceError: If it went back too often.
        """
        if self.rollbacks == MOST_ROLLBACKS:
            problem = f"the training diverged again after going back {MOST_ROLLBACKS} times; lower 'optimiser.rate'"
            raise DivergenceError(step, problem)
        self.rollbacks += 1
        self.rate_scale *= RATE_CUT
        self.skipped = 0

    @property
    def content(self) -> bool:
        """Whether the last step was a usual one, so that what it left behind is worth keeping."""
        return not self.skipped and (not self.losses or self.losses[-1] <= DOUBT * self._usual())

    def state_dict(self) -> dict[str, Any]:
        """Everything, as plain values."""
        return asdict(self) | {"losses": list(self.losses)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave."""
        self.rate_scale, self.rollbacks = float(state["rate_scale"]), int(state["rollbacks"])
        self.skipped = int(state["skipped"])
        self.losses = deque(map(float, state["losses"]), maxlen=MEMORY)

    def _usual(self) -> float:
        return median(self.losses) if self.losses else float("inf")
