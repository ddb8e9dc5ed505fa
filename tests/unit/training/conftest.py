"""What the tests of this room share: made-up photographs, a network with some noise in it, finished runs."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, final

import numpy as np
import pytest
import torch
from PIL import Image

from liftveil.config import Config
from liftveil.networks import StarINN
from liftveil.shaping import NoiseShaper
from liftveil.training import CHECKPOINT, JOURNAL, TIMES, Folders, load_checkpoint, read_journal, step, train
from liftveil.training.state import RunState, fresh_state

# Everything that may lie between sender and receiver, often.
ROUGH = {
    "noise": 0.5,
    "noise_sigma": 0.5,
    "jpeg": {"first": 0.2, "last": 0.5},
    "jpeg_quality": 80.0,
    "resize": 0.3,
    "resize_factor": 0.8,
}


@pytest.fixture(scope="session")
def rough() -> dict[str, Any]:
    """Changes to the channel that make everything happen often."""
    return ROUGH


@final
class Told:
    """An observer that remembers everything, and may break a run off."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.stop_at = stop_at
        self.steps: list[tuple[int, dict[str, float]]] = []
        self.notes: list[str] = []

    def step(self, step: int, figures: Mapping[str, float]) -> None:
        self.steps.append((step, dict(figures)))
        if step == self.stop_at:
            raise KeyboardInterrupt

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture(scope="session")
def told() -> type[Told]:
    """An observer for runs: ``told(stop_at=3)``."""
    return Told


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of six smooth pictures of 48x40 pixels; read only."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for number in range(6):
        coarse = Image.fromarray(rng.integers(20, 236, (6, 5, 3), dtype=np.uint8))
        coarse.resize((40, 48), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="session")
def judged(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same pictures in other files, to judge by; read only."""
    return Path(shutil.copytree(photos, tmp_path_factory.mktemp("judged") / "photos"))


@pytest.fixture(scope="session")
def stirred() -> Callable[..., StarINN]:
    """Build a network whose parameters all carry noise, so that every part of it matters."""

    def build(config: Config, *, seed: int = 1, deviation: float = 0.05) -> StarINN:
        torch.manual_seed(seed)
        model = StarINN(config.model)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += deviation * torch.randn_like(parameter)
        return model

    return build


@pytest.fixture(scope="session")
def tied_metric() -> torch.Tensor:
    """A metric of the rounding that ties errors of neighbours together: theirs shall cancel each other out."""
    return torch.eye(NoiseShaper.BLOCK_SAMPLES) + 0.2


@pytest.fixture(scope="session")
def new_state(stirred) -> Callable[..., RunState]:
    """Build a run's state whose weights, and torch's random numbers from then on, depend on a seed."""

    def build(config: Config, *, seed: int = 1) -> RunState:
        state = fresh_state(config)
        state.fill(stirred(config, seed=seed).state_dict())
        return state

    return build


@pytest.fixture(scope="session")
def advance() -> Callable[..., None]:
    """Move a state along made-up gradients: ``advance(state, steps=3, seed=1)``."""

    def act(state: RunState, *, steps: int, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        for _ in range(steps):
            for parameter in state.model.parameters():
                parameter.grad = torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)
            for optimiser in state.optimisers:
                optimiser.step()
            state.average.update_parameters(state.model)
            state.step += 1

    return act


class Run(NamedTuple):
    """What a training left behind, and the figures of each step as it told them."""

    config: Config
    folders: Folders
    progress: list[tuple[int, dict[str, float]]]
    notes: list[str]

    @property
    def checkpoint(self):
        return load_checkpoint(self.folders.run / CHECKPOINT)

    @property
    def journal(self):
        """All records without their times."""
        records = read_journal(self.folders.run / JOURNAL)
        return [{key: value for key, value in record.items() if key not in TIMES} for record in records]

    @property
    def losses(self):
        return [figures["loss"] for _, figures in self.progress]


@pytest.fixture(scope="session")
def run(photos, judged, tmp_path_factory, told):
    """Train, in a folder of its own unless one is given, and tell about it."""

    def act(config, *, folder=None, resume=False, stop_at=None, initial=None):
        folders = Folders(photos, judged, folder or tmp_path_factory.mktemp("run") / "made" / "here", initial)
        observer = told(stop_at)
        if stop_at is None:
            assert train(config, folders, observer, resume=resume) == folders.run / CHECKPOINT
        else:
            with pytest.raises(KeyboardInterrupt):
                train(config, folders, observer, resume=resume)
        return Run(config, folders, observer.steps, observer.notes)

    return act


@pytest.fixture
def seen(monkeypatch):
    """Exchanges as the steps make them, with the network's state before each."""
    made, exchange = [], step.exchange

    def spy(model, sample, transmit):
        state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        result = exchange(model, sample, transmit)
        made.append((state, result))
        return result

    monkeypatch.setattr(step, "exchange", spy)
    return made
