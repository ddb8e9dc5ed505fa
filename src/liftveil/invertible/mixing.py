r"""Invertible 1x1 convolutions: a square matrix :math:`A` applied to the channels at every position.

Two parametrisations, both the identity at the start:

``lu``
    :math:`A = (I + L)(\mathrm{diag}(e^{s}) + U)` with strictly triangular :math:`L, U`. Any gain; the inverse
    takes two triangular solves of a small matrix.
``orthogonal``
    The Cayley transform :math:`A = (I - S)(I + S)^{-1}` of a skew-symmetric :math:`S`. No gain at all, so the
    inverse never amplifies rounding noise, and it is the transpose.

References:
    Kingma and Dhariwal, NeurIPS 2018 (LU); Lezcano-Casado and Martinez-Rubio, ICML 2019 (orthogonal).
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from liftveil.invertible.base import Activation, Invertible, per_sample, pixels, zeros

Matrix = Float[Tensor, "channel channel"]
Parametrisation = Literal["lu", "orthogonal"]


class Mixing(Invertible):
    """A 1x1 convolution by an invertible matrix; subclasses say how the matrix is parametrised."""

    @abstractmethod
    def matrix(self) -> Matrix:
        """The matrix of :meth:`forward`."""

    @abstractmethod
    def inverse_matrix(self) -> Matrix:
        """The matrix of :meth:`inverse`."""

    @torch.no_grad()
    def frozen(self) -> ConstantMixing:
        """The same map with both matrices computed once, for inference."""
        return ConstantMixing(self.matrix(), self.inverse_matrix())

    def forward(self, x: Activation) -> Activation:
        """Multiply the channels by the matrix."""
        return functional.conv2d(x, self.matrix()[:, :, None, None])

    def inverse(self, y: Activation) -> Activation:
        """Multiply the channels by the inverse matrix."""
        return functional.conv2d(y, self.inverse_matrix()[:, :, None, None])


@final
class TriangularMixing(Mixing):
    """LU parametrisation.

    Args:
        channels: Size of the matrix.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.lower = nn.Parameter(torch.zeros(channels, channels))
        self.upper = nn.Parameter(torch.zeros(channels, channels))
        self.log_diagonal = zeros(channels)

    def matrix(self) -> Matrix:
        """Product of the two triangular factors."""
        lower, upper = self._factors()
        return lower @ upper

    def inverse_matrix(self) -> Matrix:
        """Two triangular solves."""
        lower, upper = self._factors()
        identity = torch.eye(len(lower), dtype=lower.dtype, device=lower.device)
        half = torch.linalg.solve_triangular(lower, identity, upper=False, unitriangular=True)
        inverse: Tensor = torch.linalg.solve_triangular(upper, half, upper=True)
        return inverse

    def log_abs_det(self, x: Activation) -> Float[Tensor, " batch"]:
        """Sum of the diagonal's logarithms, once for each position."""
        return per_sample(x, self.log_diagonal.sum() * pixels(x))

    def _factors(self) -> tuple[Matrix, Matrix]:
        identity = torch.eye(len(self.lower), dtype=self.lower.dtype, device=self.lower.device)
        return self.lower.tril(-1) + identity, self.upper.triu(1) + self.log_diagonal.exp().diag()


@final
class OrthogonalMixing(Mixing):
    """Cayley parametrisation of the rotations.

    Args:
        channels: Size of the matrix.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.generator = nn.Parameter(torch.zeros(channels, channels))

    def matrix(self) -> Matrix:
        """One linear solve; ``(I - S)`` and ``(I + S)`` commute."""
        skew = self.generator.tril(-1)
        skew = skew - skew.T
        identity = torch.eye(len(skew), dtype=skew.dtype, device=skew.device)
        rotation: Tensor = torch.linalg.solve(identity + skew, identity - skew)
        return rotation

    def inverse_matrix(self) -> Matrix:
        """The transpose."""
        return self.matrix().T

    def log_abs_det(self, x: Activation) -> Float[Tensor, " batch"]:
        """Zero: rotations keep volume."""
        return per_sample(x, self.generator.new_zeros(()))


@final
class ConstantMixing(Mixing):
    """Two constant matrices.

    Args:
        matrix: Matrix of :meth:`forward`.
        inverse_matrix: Its inverse.
    """

    constant: Matrix
    constant_inverse: Matrix

    def __init__(self, matrix: Matrix, inverse_matrix: Matrix) -> None:
        super().__init__()
        self.register_buffer("constant", matrix)
        self.register_buffer("constant_inverse", inverse_matrix)

    def matrix(self) -> Matrix:
        """The constant."""
        return self.constant

    def inverse_matrix(self) -> Matrix:
        """The other constant."""
        return self.constant_inverse

    def log_abs_det(self, x: Activation) -> Float[Tensor, " batch"]:
        """Log-determinant of the constant, once for each position."""
        return per_sample(x, self.constant.slogdet().logabsdet * pixels(x))


def mixing(parametrisation: Parametrisation, channels: int) -> Mixing:
    """Build a mixing step by the name of its parametrisation.

    Args:
        parametrisation: ``"lu"`` or ``"orthogonal"``.
        channels: Size of the matrix.

    Returns:
        A mixing step that is the identity.

    Raises:
        KeyError: If the name is unknown (the configuration's reader checks it before).
    """
    return {"lu": TriangularMixing, "orthogonal": OrthogonalMixing}[parametrisation](channels)
