"""What tests of studies share: small pictures, processes played in this one, and one study that was really done."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from liftveil.errors import LiftveilError
from liftveil.imaging import read_picture, read_stego, write_picture
from liftveil.research import (
    CLASSICAL,
    FAMILIES,
    Findings,
    Study,
    System,
    find_system,
    network,
    pairs_of,
    record_of,
    run_study,
)
from liftveil.research.probe import probe
from liftveil.research.report import write_report
from liftveil.research.systems import model_of

Pixels = NDArray[np.uint8]

BOXES = (("a.png", 0, (100, 60, 180, 124)), ("b.png", 1, (40, 120, 120, 184)), ("c.png", 0, (300, 200, 364, 280)))
"""Names, photographs and places; the third lies the other way."""


class Counter:
    """An observer that keeps what it is told; it may end the study, as Ctrl-C or a failing disk would."""

    def __init__(self, *, stop_after: int | None = None) -> None:
        self.told: list[tuple[str, bool]] = []
        self._stop_after = stop_after

    def done(self, name: str, *, fresh: bool) -> None:
        self.told.append((name, fresh))
        if len(self.told) == self._stop_after:
            raise LiftveilError("enough")

    def names(self, *, fresh: bool) -> list[str]:
        return sorted(name for name, was_fresh in self.told if was_fresh is fresh)


@pytest.fixture
def counter() -> type[Counter]:
    return Counter


def cut(folder: Path, photographs: Any) -> Path:
    folder.mkdir()
    for name, which, box in BOXES:
        Image.open(photographs[which]).convert("RGB").crop(box).save(folder / name)
    return folder


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory, photographs: Any) -> Path:
    """A folder of a.png, b.png (80x64) and c.png (64x80); read only."""
    return cut(tmp_path_factory.mktemp("research") / "pictures", photographs)


@pytest.fixture
def own_pictures(tmp_path: Path, photographs: Any) -> Path:
    """The same for tests that change them."""
    return cut(tmp_path / "pictures", photographs)


@pytest.fixture(scope="session")
def small_study(pictures: Path) -> Callable[..., Study]:
    """A study of all three pairs by four high bits in four low bits, without probe of a real network; with changes."""

    def make(**changes: Any) -> Study:
        usual: dict[str, Any] = {
            "system": CLASSICAL["lsb-4bit"],
            "pairs": pairs_of(sorted(pictures.iterdir())),
            "baselines": (),
            "families": (replace(FAMILIES["flips"], strengths=(0.01, 1)),),
            "data": "pictures",
        }
        return Study(**usual | changes)

    return make


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> tuple[System, System]:
    """Two systems that take no time, to stand for the classical ones: a secret's high bits in the cover's low ones."""

    def toy(bits: int) -> System:
        def hide(cover: Pixels, secret: Pixels) -> Pixels:
            return (cover >> bits << bits) | (secret >> (8 - bits))

        def show(stego: Pixels) -> Pixels:
            return stego << (8 - bits)

        return System(f"toy-{bits}", f"{bits} bits", f"toy-{bits}", hide, show)

    both = toy(1), toy(2)
    for system in both:
        monkeypatch.setitem(CLASSICAL, system.name, system)
    return both


MADE_UP_PROBE: dict[str, Any] = {
    "float_cover_psnr_db": 31.0,
    "float_secret_psnr_db": 45.0,
    "clipped_secret_psnr_db": 44.0,
    "rounded_secret_psnr_db": 41.0,
    "file_secret_psnr_db": 40.0,
    "out_of_range": 0.01,
    "trace": dict.fromkeys(("ll3", "lh3", "hl3", "hh3", "lh2", "hl2", "hh2", "lh1", "hl1", "hh1"), 0.25),
}


def play(act: str, name: str, folder: Path) -> None:
    """What a process of the endpoint does, told apart from it by this file: nothing but the folder is looked at."""
    system = find_system(name)
    if act == "show":
        (folder / "recovered").mkdir()
        for stego in folder.glob("stego*"):
            write_picture(folder / "recovered" / f"{stego.stem}.png", system.show(read_stego(stego).rgb_u8))
        return
    cover, secret = (read_picture(folder / f"{role}.png").rgb_u8 for role in ("cover", "secret"))
    secret = secret if system.secret_channels == 3 else np.ascontiguousarray(secret[..., 0])
    if act == "hide":
        write_picture(folder / "stego.png", system.hide(cover, secret))
    else:
        found = probe(model_of(name), cover, secret) if name.startswith("model:") else MADE_UP_PROBE
        (folder / "probe.json").write_text(json.dumps(found))


class Processes:
    """Processes that were asked for; each is played here, which takes milliseconds instead of a second."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.before: Callable[[str, str, Path], None] = lambda *_: None

    def run(self, act: str, name: str, folder: Path) -> None:
        self.asked.append((act, name))
        self.before(act, name, folder)
        play(act, name, folder)


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Processes:
    """Play processes instead of starting them."""
    played = Processes()
    for module in ("protocol", "steps"):
        monkeypatch.setattr(f"liftveil.research.{module}.run_endpoint", played.run)
    return played


class Finished(NamedTuple):
    """A study that was done through real processes, and what was written."""

    study: Study
    findings: Findings
    record: dict[str, Any]
    folder: Path
    told: list[tuple[str, bool]]


@pytest.fixture(scope="session")
def finished(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The shipped model on two of the pairs, with three attacks and a classical system."""
    study = Study(
        network("starinn-1"),
        pairs_of(sorted(pictures.iterdir()), 2),
        "two <pairs> & $more$",
        (CLASSICAL["jxl-lossless"],),
        (
            replace(FAMILIES["jpeg-444"], strengths=(100, 95, 90)),
            replace(FAMILIES["noise"], strengths=(0.5, 2, 5)),
            replace(FAMILIES["flips"], strengths=(0.01, 0.1, 1)),
        ),
    )
    folder, counter = tmp_path_factory.mktemp("study"), Counter()
    findings = run_study(study, folder, observer=counter, processes=2)
    record = record_of(study, findings)
    write_report(study, record, folder)
    return Finished(study, findings, record, folder, counter.told)
