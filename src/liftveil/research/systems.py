"""What hides pictures: the networks, and the classical systems that they are measured against."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftveil.api import DEFAULT_LEAST_DB, extract_exact
from liftveil.classical import (
    hide_high_nibbles,
    hide_jxl_digits,
    hide_jxl_lossless,
    hide_jxl_lsb,
    show_high_nibbles,
    show_jxl_digits,
    show_jxl_lossless,
    show_jxl_lsb,
)
from liftveil.errors import LiftveilError, PayloadError
from liftveil.exact import embed_message, fitted_message
from liftveil.imaging import Picture
from liftveil.runtime import Session
from liftveil.weights import EMBED_FILE, EXTRACT_FILE, Model, find_model

Pixels = NDArray[np.uint8]
Hide = Callable[..., Pixels]
"""From cover and secret, with a keyword ``rng`` for what is random about it, to stego."""

Show = Callable[[Pixels], Pixels]

_SEED = 0
_MODULI = range(2, 9)
_MODEL = "model:"


@dataclass(frozen=True)
class System:
    """A way of hiding a picture in another one.

    Attributes:
        name: By which :func:`find_system` finds it in another process.
        title: For people.
        fingerprint: Changes whenever its results may.
        hide: From cover (height, width, 3) and secret to stego, 8-bit pixels.
        show: From stego to what is recovered, of the secret's shape.
        secret_channels: 3 if secrets are RGB (height, width, 3), 1 if they are grey (height, width).
    """

    name: str
    title: str
    fingerprint: str
    hide: Callable[[Pixels, Pixels], Pixels]
    show: Callable[[Pixels], Pixels]
    secret_channels: int = 3


def network(model: str | Path) -> System:
    """A network as a system.

    Args:
        model: A shipped model or the folder of an exported one.

    Returns:
        The system; it can be found by its name from any folder.

    Raises:
        ModelError: If the model is unknown or damaged.
    """
    found = find_model(model)
    session = Session(found)
    graphs = [sha256(found.read(name)).hexdigest() for name in (EMBED_FILE, EXTRACT_FILE)]
    folder = found.folder.resolve()
    where = found.name if found.sha256 else str(folder)
    fingerprint = json.dumps(graphs)
    return System(_MODEL + where, folder.name, fingerprint, session.embed, session.extract, session.secret_channels)


def model_of(name: str) -> Model:
    """The model of a network.

    Args:
        name: Of the system that :func:`network` made.

    Returns:
        Its files.

    Raises:
        ModelError: If the model is unknown or damaged.
    """
    return find_model(name.removeprefix(_MODEL))


def find_system(name: str) -> System:
    """A system by its name.

    Args:
        name: As in :attr:`System.name`.

    Returns:
        The same system as in any other process.

    Raises:
        LiftveilError: If there is none of that name.
        ModelError: If it is a network whose model is unknown or damaged.
    """
    if name.startswith(_MODEL):
        return network(name.removeprefix(_MODEL))
    if name not in CLASSICAL:
        raise LiftveilError(f"no system is called {name!r}; there are {', '.join(CLASSICAL)} and model:NAME")
    return CLASSICAL[name]


def _classical(name: str, title: str, hide: Hide, show: Show) -> System:
    return System(name, title, name, lambda cover, secret: hide(cover, secret, rng=np.random.default_rng(_SEED)), show)


def _exactly(cover: Pixels, secret: Pixels, *, least_db: float | None, rng: np.random.Generator) -> Pixels:
    return embed_message(cover, fitted_message(cover, secret, least_db), entropy=rng.bytes)


def _opened(stego: Pixels) -> Pixels:
    recovered = extract_exact(Picture(stego, name="stego")).recovered
    if recovered is None:
        raise PayloadError("stego", "hides a file, not a picture")
    return recovered


def _high_nibbles(cover: Pixels, secret: Pixels, *, rng: np.random.Generator) -> Pixels:  # noqa: ARG001
    return hide_high_nibbles(cover, secret)


CLASSICAL: Final[dict[str, System]] = {
    system.name: system
    for system in (
        _classical("lsb-4bit", "four high bits of the picture in four low bits", _high_nibbles, show_high_nibbles),
        _classical("lsb-replacement", "JPEG XL, LSB replacement", partial(hide_jxl_lsb, matching=False), show_jxl_lsb),
        _classical("lsb-matching", "JPEG XL, LSB matching", partial(hide_jxl_lsb, matching=True), show_jxl_lsb),
        *(
            _classical(
                f"jxl-mod-{modulus}",
                f"JPEG XL, digits modulo {modulus}",
                partial(hide_jxl_digits, modulus=modulus),
                partial(show_jxl_digits, modulus=modulus),
            )
            for modulus in _MODULI
        ),
        _classical("jxl-lossless", "lossless JPEG XL, digits modulo as needed", hide_jxl_lossless, show_jxl_lossless),
        _classical(
            "exact",
            f"exact carrier, cover at {DEFAULT_LEAST_DB:g} dB",
            partial(_exactly, least_db=DEFAULT_LEAST_DB),
            _opened,
        ),
        _classical("exact-lossless", "exact carrier, lossless", partial(_exactly, least_db=None), _opened),
    )
}
"""What needs no learning, by name: the classical systems, and the exact carrier. What is hidden as a stream of bytes is
the secret as JPEG XL, as good as fits."""
