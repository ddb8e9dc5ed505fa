"""What of a hidden picture comes through, counted in bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liftveil.metrics.shapes import require_same_shape

_PLANES = 8


def bit_error_rates(reference_u8: NDArray[np.uint8], picture_u8: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Shares of differing bits, plane by plane.

    Args:
        reference_u8: A picture of any shape.
        picture_u8: Another of the same shape.

    Returns:
        Eight shares in [0, 1]; entry 0 is the least significant plane. Chance alone gives 0.5.

    Raises:
        ShapeError: If the shapes differ.
    """
    require_same_shape(reference_u8, picture_u8)
    differing = np.bitwise_xor(reference_u8, picture_u8)
    return np.array([np.count_nonzero(differing & (1 << plane)) for plane in range(_PLANES)]) / differing.size


def effective_bpp(secret_u8: NDArray[np.uint8], recovered_u8: NDArray[np.uint8]) -> float:
    r"""Bits per pixel that come through, each plane of each channel being a binary symmetric channel.

    .. math:: \sum_{c} \sum_{p=0}^{7} 1 - H_2(e_{c,p})

    with :math:`e_{c,p}` the share of wrong bits and :math:`H_2` the binary entropy. A plane with more wrong bits
    than right ones counts as 0: turned over it would carry as much as its mirror image, but who extracts does not
    have the secret and cannot know that it wants turning over. Bits of natural pictures depend on each other, so
    this counts places for bits, not what a compressor would make of the secret.

    Args:
        secret_u8: Picture (height, width, channel) or (height, width).
        recovered_u8: Another of the same shape.

    Returns:
        At most 8 for each channel, which identical pictures reach; near 0 for unrelated noise.

    Raises:
        ShapeError: If the shapes differ.

    References:
        Cover and Thomas, "Elements of Information Theory", 2nd edition, section 7.1.4.
    """
    require_same_shape(secret_u8, recovered_u8)
    secret, recovered = np.atleast_3d(secret_u8), np.atleast_3d(recovered_u8)
    channels = range(secret.shape[2])
    rates = np.array([bit_error_rates(secret[..., channel], recovered[..., channel]) for channel in channels])
    return float((1 - _binary_entropy(np.minimum(rates, 0.5))).sum())


def _binary_entropy(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bits of a coin that falls on one side with this probability."""
    both = np.stack([share, 1 - share])
    # log2 of 0 is never taken, and 0 * log2(1) is what the limit is.
    return np.asarray(-(both * np.log2(np.where(both > 0, both, 1))).sum(axis=0))
