"""A trial of a checkpoint: whole pictures through real files, with everything to look at and to count."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isinf
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftveil import __version__
from liftveil.comparison import Figures, plain, score, summary
from liftveil.data import benchmark_partner, fitted_secret
from liftveil.evaluation.session import CheckpointSession
from liftveil.imaging import (
    Picture,
    amplified_difference,
    atomic_write_bytes,
    fit_to,
    read_picture,
    read_stego,
    side_by_side,
    whole_folder,
    write_picture,
)
from liftveil.training import Checkpoint

GRID, METRICS = "grid.png", "metrics.json"

_ROLES = ("cover", "secret", "stego", "recovered")
_RESULTS = re.compile(rf"\d{{2,}}-({'|'.join(_ROLES)})\.png")
_PANEL_PX = 256

Panel = tuple[str, NDArray[np.uint8]]


@dataclass(frozen=True, eq=False)
class Trial:
    """What became of one pair.

    Attributes:
        cover: The cover's file.
        secret: The secret's file.
        scores: How close stego and recovered are, in 8-bit pixels.
        panels: Its row in the grid, with pictures no larger than there.
        notices: How the secret was fitted to the cover, if it had to be.
    """

    cover: Path
    secret: Path
    scores: Figures
    panels: list[Panel]
    notices: tuple[str, ...]


def choose_pairs(paths: Sequence[Path], count: int, *, seed: int | None = None) -> list[tuple[Path, Path]]:
    """Choose covers and their secrets.

    Args:
        paths: Pictures, at least two.
        count: Number of pairs, at least 1; there are no more than pictures.
        seed: Draws covers, each once, and secrets at random; None takes the first ones as covers, paired as in
            the benchmark.

    Returns:
        Covers and secrets, never the same file.
    """
    most = len(paths)
    if seed is None:
        chosen = [(cover, benchmark_partner(cover, most)) for cover in range(most)]
    else:
        rng = np.random.default_rng(seed)
        chosen = [(cover, (cover + rng.integers(1, most)) % most) for cover in rng.permutation(most)]
    return [(paths[cover], paths[secret]) for cover, secret in chosen[:count]]


def run_trials(
    checkpoint: Checkpoint,
    pairs: Sequence[tuple[Path, Path]],
    folder: Path,
    *,
    force: bool = False,
    facts: dict[str, Any] | None = None,
) -> list[Trial]:
    """Hide and find pictures with a checkpoint, through PNG files.

    The folder gets ``NN-cover.png``, ``NN-secret.png``, ``NN-stego.png`` and ``NN-recovered.png`` of each pair,
    ``grid.png`` with all of them, and ``metrics.json``: whole or not at all.

    Args:
        checkpoint: Its averaged weights are used.
        pairs: Files of covers and secrets, at least one pair.
        folder: Made if it does not exist.
        force: Whether it may have content.
        facts: More to note in ``metrics.json``.

    Returns:
        What became of each pair.

    Raises:
        PictureError: If a picture cannot be read, or the folder has content or cannot be written.
        CheckpointError: If the weights give values that are no numbers.
    """
    session = CheckpointSession(checkpoint)
    with whole_folder(folder, force=force, replaces=_RESULTS) as hidden:
        trials = [_try(session, *pair, hidden / f"{number:02}") for number, pair in enumerate(pairs, start=1)]
        panels = [panel for trial in trials for panel in trial.panels]
        write_picture(hidden / GRID, side_by_side(panels, columns=len(trials[0].panels), panel_height_px=_PANEL_PX))
        report = _report(checkpoint, trials, facts or {})
        atomic_write_bytes(hidden / METRICS, (json.dumps(report, indent=1) + "\n").encode())
    return trials


def _try(session: CheckpointSession, cover_file: Path, secret_file: Path, results: Path) -> Trial:
    """One pair; the names of its results begin with ``results``."""
    files = {role: results.with_name(f"{results.name}-{role}.png") for role in _ROLES}
    cover, secret = read_picture(cover_file), read_picture(secret_file)
    fitted = fitted_secret(secret, cover, session.secret_channels)
    hidden = fitted.rgb_u8 if session.secret_channels == 3 else fitted.rgb_u8[..., 0]
    write_picture(files["cover"], cover.rgb_u8, cover.alpha_u8)
    write_picture(files["secret"], hidden)
    write_picture(files["stego"], session.embed(cover.rgb_u8, hidden), cover.alpha_u8)
    write_picture(files["recovered"], session.extract(read_stego(files["stego"]).rgb_u8))
    pixels = {role: read_picture(file).rgb_u8 for role, file in files.items()}
    scores = score("cover", pixels["cover"], pixels["stego"]) | score("secret", pixels["secret"], pixels["recovered"])
    notices = fitted.notices[len(secret.notices) :]
    return Trial(cover_file, secret_file, scores, _panels(results.name, pixels, scores), notices)


def _panels(name: str, pixels: dict[str, NDArray[np.uint8]], scores: Figures) -> list[Panel]:
    panels = {
        f"{name} cover": pixels["cover"],
        f"stego, {_decibels(scores['cover_psnr_db'])}": pixels["stego"],
        "difference x20": amplified_difference(pixels["cover"], pixels["stego"]),
        "secret": pixels["secret"],
        f"recovered, {_decibels(scores['secret_psnr_db'])}": pixels["recovered"],
    }
    return [(caption, _reduced(picture)) for caption, picture in panels.items()]


def _reduced(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """No larger than in the grid, so that many large pictures need not be held at once."""
    height, width = pixels.shape[:2]
    if height <= _PANEL_PX:
        return pixels
    return fit_to(Picture(pixels), max(1, round(width * _PANEL_PX / height)), _PANEL_PX).rgb_u8


def _report(checkpoint: Checkpoint, trials: Sequence[Trial], facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "checkpoint": str(checkpoint.path),
        "checkpoint_sha256": checkpoint.sha256,
        "step": checkpoint.step,
        "secret_channels": checkpoint.config.model.secret_channels,
        "liftveil": __version__,
        **facts,
        "summary": plain(summary([trial.scores for trial in trials])),
        "pairs": [{"cover": str(trial.cover), "secret": str(trial.secret), **plain(trial.scores)} for trial in trials],
    }


def _decibels(value: float) -> str:
    return "identical" if isinf(value) else f"{value:.1f} dB"
