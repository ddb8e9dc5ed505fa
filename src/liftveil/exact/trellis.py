r"""Syndrome-trellis codes: the message is the syndrome of the lowest bits, reached with the least total cost.

The rule, from which a stranger can write a decoder. There are n lowest bits in keyed order, a message of m bits, and a
constraint height h.

1. Each message bit has w bits on the average, at most 256: if n > 256 m, only the first 256 m are used.
2. The bits are cut into S segments of L each, the message into S parts of k bits, filled up with zeros at its end:
   with w = n / m rounded down, :math:`k' = \max(64, \lfloor 2^{14} / w \rfloor)`, :math:`S = \lceil m / k' \rceil`,
   :math:`k = \lceil m / S \rceil`, :math:`L = \lfloor n / S \rfloor`. If L < k, there are fewer segments: see
   :func:`plan`.
3. Within a segment, bit j of the message owns the bits from :math:`\lfloor j L / k \rfloor` up to, but without,
   :math:`\lfloor (j + 1) L / k \rfloor`. The i-th bit that a message bit owns has column number i of the code, counted
   from 0: a number of h bits. The exclusive or of the columns of all of j's ones is :math:`p_j`; message bit j is the
   exclusive or, over b = 0..h - 1, of bit b of :math:`p_{j - b}`.
4. Columns: for h = 1 all are 1. Else column i is 2 q + 1 + 2^(h - 1) with q of h - 2 bits, so that its first and last
   bit are set; the q are the numbers 0..2^(h - 2) - 1 in the order of SHA-256(label, h, q), where h and q have two
   bytes each, little-endian, and the list begins anew where it ends.

Writing takes the Viterbi algorithm over the 2^h states of a segment. Segments are independent, so 64 of them go side by
side, as one array. Columns with the first and last bit set are nearly as good as the best ones known.

References:
    Filler, Judas and Fridrich, "Minimizing additive distortion in steganography using syndrome-trellis codes", IEEE
    TIFS 6 (2011), 920-935. There, segments and columns of varying widths are left to the implementation.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import CapacityError

MOST_WIDTH: Final = 256
"""Most bits that one bit of the message may have; more would change hardly fewer of them."""

_LABEL = b"liftveil exact 1 columns"
_SIDE_BY_SIDE = 64
_SEGMENT_BITS = 2**14
_LEAST_PART = 64
_MOST_WORK = 4_000_000_000  # states times bits, about half a minute's work


class Plan(NamedTuple):
    """How bits and message are cut.

    Attributes:
        segments: S.
        length: L, bits of a segment.
        part: k, message bits of a segment.
    """

    segments: int
    length: int
    part: int

    @property
    def ends(self) -> NDArray[np.intp]:
        """Where each message bit's own bits end, within a segment."""
        return np.arange(1, self.part + 1, dtype=np.intp) * self.length // self.part


def plan(bits: int, message_bits: int) -> Plan:
    """Cut bits and message into segments, by the rule above.

    Args:
        bits: n, all there are.
        message_bits: m, at least 1.

    Returns:
        The cut; with so many segments that each has at least as many bits as message bits.

    Raises:
        CapacityError: If there are fewer bits than message bits.
    """
    if message_bits > bits:
        raise CapacityError(-(-message_bits // 8), bits // 8)
    used = min(bits, MOST_WIDTH * message_bits)
    segments = -(-message_bits // max(_LEAST_PART, _SEGMENT_BITS // (used // message_bits)))
    while used // segments < -(-message_bits // segments):  # only if nearly every bit is needed
        segments -= 1
    return Plan(segments, used // segments, -(-message_bits // segments))


def fitting_height(bits: int, message_bits: int, most: int = 10) -> int:
    """The constraint height for which writing takes no longer than about half a minute.

    Args:
        bits: n.
        message_bits: m.
        most: Height for small pictures; more gains little.
    """
    used = min(bits, MOST_WIDTH * message_bits)
    return max(1, min(most, (_MOST_WORK // max(1, used)).bit_length() - 1))


@cache
def columns(height: int) -> NDArray[np.uint16]:
    """The 256 columns of a constraint height, 1 to 12, by the rule above."""
    if height == 1:
        return np.ones(MOST_WIDTH, np.uint16)
    head = _LABEL + height.to_bytes(2, "little")
    inner = sorted(range(2 ** (height - 2)), key=lambda q: sha256(head + q.to_bytes(2, "little")).digest())
    found = np.resize(np.array([2 * q + 1 + 2 ** (height - 1) for q in inner], np.uint16), MOST_WIDTH)
    found.flags.writeable = False
    return found


def read_syndrome(bits: NDArray[np.uint8], message_bits: int, height: int) -> NDArray[np.uint8]:
    """Read a message.

    Args:
        bits: The lowest bits, 0 or 1.
        message_bits: Length m of the message.
        height: Constraint height h.

    Returns:
        ``message_bits`` values, 0 or 1.

    Raises:
        CapacityError: If there are fewer bits than message bits.
    """
    cut = plan(bits.size, message_bits)
    table, starts = _own_columns(cut, height), np.concatenate(([0], cut.ends[:-1]))
    rows = bits[: cut.segments * cut.length].reshape(cut.segments, cut.length)
    message = np.empty((cut.segments, cut.part), np.uint8)
    for first in range(0, cut.segments, _SIDE_BY_SIDE):
        some = slice(first, first + _SIDE_BY_SIDE)
        sums = np.bitwise_xor.reduceat(rows[some] * table, starts, axis=1)
        message[some] = _carried(sums, height)
    return message.reshape(-1)[:message_bits]


def write_syndrome(
    bits: NDArray[np.uint8], costs: NDArray[np.float32], message: NDArray[np.uint8], height: int
) -> NDArray[np.uint8]:
    """Change bits so that they read as a message, at nearly the least total cost.

    Args:
        bits: The lowest bits, 0 or 1.
        costs: What changing each of them costs, positive and finite.
        message: 0 or 1.
        height: Constraint height h; time and quality grow with it.

    Returns:
        The changed bits; see :func:`read_syndrome`.

    Raises:
        CapacityError: If there are fewer bits than message bits.
    """
    cut = plan(bits.size, message.size)
    used = cut.segments * cut.length
    rows, prices = bits[:used].reshape(cut.segments, -1), costs[:used].reshape(cut.segments, -1)
    parts = np.pad(message, (0, cut.segments * cut.part - message.size)).reshape(cut.segments, -1)
    written = bits.copy()
    changed = written[:used].reshape(cut.segments, cut.length)
    for first in range(0, cut.segments, _SIDE_BY_SIDE):
        some = slice(first, first + _SIDE_BY_SIDE)
        changed[some] = _Trellis(cut, height, rows[some], prices[some], parts[some]).best()
    return written


def _own_columns(cut: Plan, height: int) -> NDArray[np.uint16]:
    """The column of each bit of a segment."""
    starts = np.concatenate(([0], cut.ends[:-1]))
    places = np.arange(cut.length) - np.repeat(starts, np.diff(cut.ends, prepend=0))
    own: NDArray[np.uint16] = columns(height)[places]
    return own


def _carried(sums: NDArray[np.uint16], height: int) -> NDArray[np.uint8]:
    """Message bits from the sums of columns: each reaches as many bits as the height says."""
    message = np.zeros(sums.shape, np.uint8)
    for bit in range(min(height, sums.shape[1])):
        message[:, bit:] ^= ((sums[:, : sums.shape[1] - bit] >> bit) & 1).astype(np.uint8)
    return message


class _Trellis:
    """Viterbi's algorithm for segments side by side; arrays are (state, segment), so that states move as rows.

    A state is the exclusive or of the columns so far, without the bits that the message has fixed already. Every column
    has its last bit set, so choosing 1 leads from the lower half of the states into the upper one or back.
    """

    def __init__(
        self,
        cut: Plan,
        height: int,
        bits: NDArray[np.uint8],
        costs: NDArray[np.float32],
        message: NDArray[np.uint8],
    ) -> None:
        self._cut, self._height = cut, height
        self._states = 2**height
        # Choosing 1 instead of 0 costs so much more; what 0 costs by itself is the same on every path.
        self._extra = np.where(bits == 1, -costs, costs).T.astype(np.float32, order="C")
        self._message = np.ascontiguousarray(message.T)
        self._table = _own_columns(cut, height)
        self._chosen = np.empty((cut.length, self._states, -(-len(bits) // 8)), np.uint8)

    def best(self) -> NDArray[np.uint8]:
        """The cheapest bits that read as the message, (segment, bit)."""
        return self._backward(self._forward())

    def _forward(self) -> NDArray[np.intp]:
        """Costs of all states, bit by bit; the cheapest state at the end."""
        count = self._message.shape[1]
        paths = np.full((self._states, count), np.inf, np.float32)
        paths[0] = 0
        ends = iter(enumerate(self._cut.ends))
        number, end = next(ends)
        for place in range(self._cut.length):
            self._step(paths, place)
            if place + 1 == end:
                paths = self._shifted(paths, self._message[number])
                number, end = next(ends, (0, 0))
        cheapest: NDArray[np.intp] = paths.argmin(axis=0)
        return cheapest

    def _step(self, paths: NDArray[np.float32], place: int) -> None:
        """Choose 0 or 1 for one bit, in each state of each segment; in place."""
        half, extra = self._states // 2, self._extra[place]
        partners = np.arange(half) ^ (int(self._table[place]) & (half - 1))
        lower, upper = paths[:half], paths[half:][partners]
        by_one = upper + extra, lower + extra
        ones = np.concatenate((by_one[0] < lower, (by_one[1] < upper)[partners]))
        self._chosen[place] = np.packbits(ones, axis=1)
        np.minimum(upper, by_one[1], out=upper)
        np.minimum(lower, by_one[0], out=lower)
        paths[half:] = upper[partners]

    def _shifted(self, paths: NDArray[np.float32], bits: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Keep the states whose first bit is the message's, without it; costs from the cheapest one on."""
        pairs = paths.reshape(self._states // 2, 2, -1)
        kept = np.where(bits == 1, pairs[:, 1], pairs[:, 0])
        shifted = np.full_like(paths, np.inf)
        np.subtract(kept, kept.min(axis=0), out=shifted[: self._states // 2])
        return shifted

    def _backward(self, states: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Follow the choices back from the last states."""
        count = states.size
        bits = np.empty((self._cut.length, count), np.uint8)
        segments = np.arange(count)
        byte, shift = segments // 8, (7 - segments % 8).astype(np.uint8)
        ends = {int(end): number for number, end in enumerate(self._cut.ends)}
        for place in reversed(range(self._cut.length)):
            if place + 1 in ends:
                states = 2 * states + self._message[ends[place + 1]]
            bits[place] = (self._chosen[place, states, byte] >> shift) & 1
            states = states ^ (bits[place].astype(np.intp) * int(self._table[place]))
        return bits.T
