"""A study: one network, all pairs of a set, the classical systems beside it, on several processes, resumable."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from liftveil.errors import OutputExists, OutputNotWritten
from liftveil.imaging import atomic_write_bytes
from liftveil.research.attacks import FAMILIES, Family
from liftveil.research.jobs import JOBS, LOCK, WORK, Outcome, Store, is_result
from liftveil.research.pairs import Pair, load_pair
from liftveil.research.steps import EXCHANGE, PICTURES, PROBE, ROLES, Bench, picture_paths
from liftveil.research.systems import CLASSICAL, System

_PLAN = "study.json"
_A_PICTURE = re.compile(rf"\d{{2,}}-({'|'.join(ROLES)})\.png")


@dataclass(frozen=True)
class Study:
    """What is to be measured.

    Attributes:
        system: The network.
        pairs: Covers and secrets.
        data: Name of the set, for people.
        baselines: Classical systems, for colour secrets.
        families: Attacks on the network's stegos.
    """

    system: System
    pairs: list[Pair]
    data: str
    baselines: tuple[System, ...] = tuple(CLASSICAL.values())
    families: tuple[Family, ...] = tuple(FAMILIES.values())

    @property
    def job_names(self) -> list[str]:
        """Names of all jobs."""
        families, systems = ([one.name for one in some] for some in (self.families, self.baselines))
        steps = [EXCHANGE, PROBE, *families, *systems]
        return [pair.job(step) for pair in self.pairs for step in steps]

    def plan(self) -> dict[str, Any]:
        """What tells this study from others."""
        return {
            "system": [self.system.title, self.system.fingerprint],
            "pairs": [[pair.cover_name, pair.secret_name] for pair in self.pairs],
            "baselines": [system.name for system in self.baselines],
            "attacks": [[family.name, list(family.strengths)] for family in self.families],
            "data": self.data,
        }


@dataclass
class Findings:
    """What a study found, pair by pair in the order of the study's pairs.

    Attributes:
        network: Of each pair, by step (``exchange``, ``probe``, name of each family), and ``notices``.
        baselines: Scores of each pair, by name of the system.
    """

    network: list[dict[str, Any]] = field(default_factory=list)
    baselines: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


class Observer(Protocol):
    """Who is told how far a study is; called from several threads."""

    def done(self, name: str, *, fresh: bool) -> None:
        """A job is done.

        Args:
            name: Of the job.
            fresh: False if it had been done in an earlier run.
        """


def default_processes() -> int:
    """As many as there are cores that this process may use; each has one thread."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def open_study(study: Study, folder: Path, *, force: bool) -> Store:
    """The store of a new study, or of the same one that was broken off.

    Args:
        study: What is to be measured.
        folder: Where its results are or shall be.
        force: Whether results of another study, or other files, may be there.

    Returns:
        The store.

    Raises:
        OutputExists: If something else is in the folder and ``force`` is false.
        OutputNotWritten: If the folder cannot be used.
    """
    try:
        _check(study, folder, force=force)
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as undo:
            store = undo.enter_context(closing(Store(folder)))
            atomic_write_bytes(folder / _PLAN, _plan(study), force=True)
            (folder / PICTURES).mkdir(exist_ok=True)
            undo.pop_all()
    except OSError as error:
        raise OutputNotWritten(folder, f"cannot be written ({error.strerror})", "choose another folder") from error
    return store


def _check(study: Study, folder: Path, *, force: bool) -> None:
    """Refuse a folder that holds something else, unless that may be replaced."""
    file = folder / _PLAN
    begun = file.is_file() and file.read_bytes() == _plan(study)
    if not (begun or force) and folder.exists() and any(map(_counts, folder.iterdir())):
        what = "holds another study" if file.exists() else "is not empty"
        raise OutputExists(folder, what, "choose another folder, or ask to replace it (force)")


def _counts(path: Path) -> bool:
    """Whether it is more than what a run leaves that was killed before it began."""
    return path.name not in {LOCK, WORK} and not (path.is_dir() and not any(path.iterdir()))


def _plan(study: Study) -> bytes:
    return json.dumps(study.plan()).encode()


def _keep_only(study: Study, folder: Path) -> None:
    """Remove results and pictures of an earlier study; files of other names stay."""
    results = {folder / JOBS / f"{name}.json" for name in study.job_names}
    pictures = {path for pair in study.pairs for path in picture_paths(folder, pair).values()}
    for old in {path for path in (folder / JOBS).iterdir() if is_result(path)} - results:
        old.unlink()
    for old in {path for path in (folder / PICTURES).iterdir() if _A_PICTURE.fullmatch(path.name)} - pictures:
        old.unlink()


def run_study(study: Study, folder: Path, *, observer: Observer, processes: int, force: bool = False) -> Findings:
    """Do what is still to be done of a study.

    Args:
        study: What is to be measured.
        folder: Where results are kept; a run that was killed goes on there.
        observer: Is told of every job.
        processes: How many work at a time.
        force: As in :func:`open_study`.

    Returns:
        Everything that was found, now or earlier.

    Raises:
        LiftveilError: If a picture, a system or the folder refuses; what was done until then is kept.
    """
    with closing(open_study(study, folder, force=force)) as store:
        chains = [*_network_chains(study, folder, store, observer), *_baseline_chains(study, folder, store, observer)]
        results = iter(_all(chains, processes, store))
        network = [next(results) for _ in study.pairs]
        baselines = {system.name: [next(results) for _ in study.pairs] for system in study.baselines}
        _keep_only(study, folder)
    return Findings(network, baselines)


Chain = Callable[[], dict[str, Any]]


def _all(chains: list[Chain], processes: int, store: Store) -> list[dict[str, Any]]:
    """Results of all chains in their order; a failure or an interruption lets jobs under way end, and no more."""
    pool = ThreadPoolExecutor(processes)
    try:
        futures: list[Future[dict[str, Any]]] = [pool.submit(chain) for chain in chains]
        wait(futures, return_when=FIRST_EXCEPTION)
        for future in futures:
            if future.done() and (error := future.exception()):
                raise error
        return [future.result() for future in futures]
    finally:
        store.stop()
        pool.shutdown(cancel_futures=True)


def _network_chains(study: Study, folder: Path, store: Store, observer: Observer) -> Iterator[Chain]:
    def chain(pair: Pair) -> dict[str, Any]:
        loaded = load_pair(pair, study.system.secret_channels)
        bench = Bench(store, folder, study.system, pair, loaded)
        found: dict[str, Any] = {"notices": list(loaded.notices)}
        found[EXCHANGE] = _told(observer, pair, EXCHANGE, bench.exchange())
        found[PROBE] = _told(observer, pair, PROBE, bench.probe())
        for family in study.families:
            found[family.name] = _told(observer, pair, family.name, bench.attacks(family))
        return found

    return (partial(chain, pair) for pair in study.pairs)


def _baseline_chains(study: Study, folder: Path, store: Store, observer: Observer) -> Iterator[Chain]:
    def chain(system: System, pair: Pair) -> dict[str, Any]:
        bench = Bench(store, folder, system, pair, load_pair(pair, system.secret_channels))
        return _told(observer, pair, system.name, bench.baseline())

    return (partial(chain, system, pair) for system in study.baselines for pair in study.pairs)


def _told(observer: Observer, pair: Pair, step: str, outcome: Outcome) -> dict[str, Any]:
    observer.done(pair.job(step), fresh=outcome.fresh)
    return outcome.result
