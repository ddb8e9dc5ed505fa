"""The steps of a study: exchange, probe, attacks, classical systems; each is done once and kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftveil.comparison import plain
from liftveil.errors import LiftveilError, RefusalError
from liftveil.imaging import read_picture, write_picture
from liftveil.metrics import IDENTICAL_DB, psnr
from liftveil.research.attacks import Family
from liftveil.research.jobs import Outcome, Store, key_of
from liftveil.research.origin import code_digest, package_versions
from liftveil.research.pairs import Loaded, Pair
from liftveil.research.protocol import (
    COVER,
    PROBE_FILE,
    SECRET,
    Exchange,
    exchange,
    plain_png,
    process_folder,
    receive,
    run_endpoint,
    scores_of,
)
from liftveil.research.spectrum import BANDS, band_energy, difference_histogram, level_histogram
from liftveil.research.systems import System

Work = Callable[[], dict[str, Any]]

PICTURES = "pictures"
EXCHANGE, PROBE = "exchange", "probe"
ROLES = ("cover", "secret", "stego", "recovered")


def picture_paths(folder: Path, pair: Pair) -> dict[str, Path]:
    """Files of a pair's pictures.

    Args:
        folder: Of the study.
        pair: Which.

    Returns:
        Paths by role: cover, secret, stego, recovered.
    """
    return {role: folder / PICTURES / f"{pair.label}-{role}.png" for role in ROLES}


@dataclass(frozen=True)
class Bench:
    """One system with one pair, ready for every step.

    Attributes:
        store: Where results are kept.
        folder: Of the study; pictures go to a folder in it.
        system: What hides.
        pair: Which picture hides which.
        loaded: Their pixels, as the system hides them.
    """

    store: Store
    folder: Path
    system: System
    pair: Pair
    loaded: Loaded

    def exchange(self) -> Outcome:
        """Hide and find the pair by the study's network, keep its pictures, and look at its errors.

        Returns:
            ``scores``, and what the report draws: ``bands``, ``differences``, ``levels``, ``detail``.
        """
        return self._once(EXCHANGE, self._exchange, files=list(self._paths.values()))

    def baseline(self) -> Outcome:
        """Hide and find the pair by a classical system.

        Returns:
            ``scores``; None, with the reason as ``refused``, if the secret does not fit.
        """
        return self._once(self.system.name, self._baseline)

    def probe(self) -> Outcome:
        """Look into the network, in a process of its own.

        Returns:
            See :func:`liftveil.research.probe.probe`.
        """
        return self._once(PROBE, self._probe)

    def attacks(self, family: Family) -> Outcome:
        """Attack the pair's stego, and extract from each attacked file; after :meth:`exchange`.

        Args:
            family: Kind of the attacks.

        Returns:
            ``secret_psnr_db`` at each of the family's strengths; identical pictures count 60 dB.
        """
        return self._once(family.name, lambda: self._attacks(family), list(family.strengths))

    @property
    def _paths(self) -> dict[str, Path]:
        return picture_paths(self.folder, self.pair)

    def _once(self, step: str, work: Work, *facts: object, files: list[Path] | None = None) -> Outcome:
        pixels = [picture for one in (self.loaded.cover, self.loaded.secret) for picture in (one.tobytes(), one.shape)]
        key = key_of(code_digest(), package_versions(), self.system.fingerprint, *pixels, step, *facts)
        return self.store.once(self.pair.job(step), key, partial(self._named, step, work), files or [])

    def _named(self, step: str, work: Work) -> dict[str, Any]:
        """Work whose refusal tells which pair it was."""
        try:
            return work()
        except LiftveilError as error:
            who = f"{self.pair.cover_name} hides {self.pair.secret_name}"
            raise LiftveilError(f"pair {self.pair.number}, {who}, {step}: {error}") from error

    def _sent(self) -> Exchange:
        return exchange(self.system.name, self.loaded.cover, self.loaded.secret, work=self.store.work)

    def _scores(self, result: Exchange) -> dict[str, float | None]:
        return plain(scores_of(self.loaded.cover, self.loaded.secret, result))

    def _baseline(self) -> dict[str, Any]:
        try:
            return {"scores": self._scores(self._sent())}
        except RefusalError as refusal:
            return {"scores": None, "refused": str(refusal)}

    def _exchange(self) -> dict[str, Any]:
        result = self._sent()
        found = dict(zip(ROLES, (self.loaded.cover, self.loaded.secret, *result), strict=True))
        for role, path in self._paths.items():
            write_picture(path, found[role], force=True)
        return {"scores": self._scores(result)} | looks(self.loaded, result)

    def _probe(self) -> dict[str, Any]:
        with process_folder(self.store.work) as place:
            write_picture(place / COVER, self.loaded.cover)
            write_picture(place / SECRET, self.loaded.secret)
            run_endpoint(PROBE, self.system.name, place)
            found: dict[str, Any] = json.loads((place / PROBE_FILE).read_text(encoding="utf-8"))
        return found

    def _attacks(self, family: Family) -> dict[str, Any]:
        stego = plain_png(read_picture(self._paths["stego"]).rgb_u8)
        files = {
            f"stego-{index:02}{family.suffix}": family.attack(stego, strength, seed=self.pair.number)
            for index, strength in enumerate(family.strengths)
        }
        grey = self.loaded.secret.ndim == 2
        recovered = receive(self.system.name, files, grey=grey, work=self.store.work)
        figures = [min(psnr(self.loaded.secret, recovered[file]), IDENTICAL_DB) for file in files]
        return {"secret_psnr_db": [round(figure, 4) for figure in figures]}


def looks(loaded: Loaded, result: Exchange) -> dict[str, Any]:
    """What a report draws of an exchange.

    Args:
        loaded: Cover and secret.
        result: What came of them.

    Returns:
        ``bands`` (error energy) and ``differences`` (histogram) of stego and recovered, ``levels`` (histogram) of cover
        and stego, and ``detail`` of cover and secret: root mean square of the finest bands, in grey levels.
    """
    pairs = {"stego": (loaded.cover, result.stego), "recovered": (loaded.secret, result.recovered)}
    errors = {name: picture.astype(np.float32) - reference for name, (reference, picture) in pairs.items()}
    return {
        "bands": {name: band_energy(error) for name, error in errors.items()},
        "differences": {name: difference_histogram(*both) for name, both in pairs.items()},
        "levels": {"cover": level_histogram(loaded.cover), "stego": level_histogram(result.stego)},
        "detail": {"cover": _detail(loaded.cover), "secret": _detail(loaded.secret)},
    }


def _detail(picture: NDArray[np.uint8]) -> float:
    energies = band_energy(picture.astype(np.float32))
    return float(sum(energies[band] for band in BANDS[-3:]) ** 0.5)
