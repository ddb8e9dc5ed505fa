"""``liftveil info``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from liftveil.cli.console import AsJson, say, say_json


def info(
    *,
    models: Annotated[bool, typer.Option("--models", help="Say what each model is for, and how good it is.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print version, inference engine, and the shipped models: what they hide, and their hashes."""
    from liftveil import __version__
    from liftveil.runtime import engine_version
    from liftveil.weights import aliases, cards

    known = _models()
    if as_json:
        record = {"version": __version__, "engine": engine_version(), "aliases": aliases()}
        hashes = {name: facts["sha256"] for name, facts in known.items()}
        record |= {"models": hashes, "secret_channels": {name: facts["channels"] for name, facts in known.items()}}
        say_json(record | ({"cards": {name: asdict(card) for name, card in cards().items()}} if models else {}))
        return
    say(f"liftveil {__version__}, {engine_version()}")
    for name, facts in known.items():
        say(_headline(name, facts))
        for line in _card(name) if models else [f"{file:20} sha256 {sha}" for file, sha in facts["sha256"].items()]:
            say(f"  {line}")


def _models() -> dict[str, dict[str, Any]]:
    """Of every release, what its files say."""
    from liftveil.runtime import Session
    from liftveil.weights import releases

    found = {}
    for name, model in releases().items():
        session = Session(model)
        channels, jpeg_quality = session.secret_channels, session.jpeg_quality
        found[name] = {"sha256": dict(model.sha256), "channels": channels, "jpeg_quality": jpeg_quality}
    return found


def _headline(name: str, facts: dict[str, Any]) -> str:
    from liftveil.weights import aliases

    also = [alias for alias, target in aliases().items() if target == name]
    kind = "colour" if facts["channels"] == 3 else "grey"
    lossy = "" if facts["jpeg_quality"] is None else f", also in JPEG of quality {facts['jpeg_quality']} and above"
    return name + (f" (also: {', '.join(also)})" if also else "") + f": hides pictures in {kind}{lossy}"


def _card(name: str) -> list[str]:
    import textwrap

    from liftveil.weights import cards

    card = cards()[name]
    quality = f"cover {card.cover_psnr_db:.2f} dB, secret {card.secret_psnr_db:.2f} dB on Kodak-24 through PNG files"
    time = f"{card.embed_s_per_megapixel:.2f} s per megapixel on two cores"
    cost = f"{card.parameters:,} parameters, trained in {card.cpu_hours:.1f} CPU hours"
    return [*textwrap.wrap(card.purpose, 100), *textwrap.wrap(card.limits, 100), quality, f"{time}; {cost}"]
