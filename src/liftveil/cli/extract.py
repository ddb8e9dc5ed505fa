"""``liftveil extract``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from liftveil.cli.console import AsJson, Force, json_score, notify, say, say_json
from liftveil.cli.exactly import write_found
from liftveil.cli.passwords import PasswordFile, PasswordPrompt, wanted_password


def extract(
    stego: Annotated[Path, typer.Argument(help="The picture that hides something.", readable=False)],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help="The recovered picture, .png, .webp or .tif; or the hidden file.", readable=False
        ),
    ],
    model: Annotated[str | None, typer.Option(help="Model that hid it; by default each shipped one is tried.")] = None,
    *,
    carrier: Annotated[
        Literal["neural", "exact"] | None,
        typer.Option(help="The only one to try; by default the exact one, which knows its own, then the neural one."),
    ] = None,
    password_file: PasswordFile = None,
    password_prompt: PasswordPrompt = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Get back what is hidden in STEGO. For the neural carrier, a picture that hides nothing gives noise."""
    from liftveil.imaging import check_target, read_stego

    if carrier == "exact" and model is not None:
        raise typer.BadParameter("is for the neural carrier; leave it out here", param_hint="--model")
    check_target(output, force=force)
    password = wanted_password(password_file, prompt=password_prompt, twice=False)
    if password is not None and (carrier == "neural" or model is not None):
        raise typer.BadParameter("the neural carrier takes no password", param_hint="--password-file/--password-prompt")
    picture = read_stego(stego)
    facts = _exact_facts(picture, output, password, carrier if model is None else "neural", force=force)
    if facts is None:
        facts = _neural_facts(picture, output, model, force=force)
    notify(facts["notices"])
    if as_json:
        say_json(facts)
        return
    _say(facts)
    if facts["carrier"] == "neural" and carrier is None and model is None:
        say("if a password was used, give --password-prompt")  # which nothing in the picture could tell


def _say(facts: dict[str, Any]) -> None:
    if "bytes" in facts:
        called = f", hidden as {facts['name']}" if facts["name"] else ""
        say(f"{facts['recovered']}: {facts['bytes']} bytes{called}, opened by the exact carrier")
        return
    how = "opened by the exact carrier" if facts["carrier"] == "exact" else f"extracted with {facts['model']}"
    say(f"{facts['recovered']}: {facts['width']}x{facts['height']}, {how}")


def _exact_facts(
    picture: Any,  # noqa: ANN401 - imaging is imported late
    output: Path,
    password: str | None,
    carrier: str | None,
    *,
    force: bool,
) -> dict[str, Any] | None:
    from liftveil.api import extract_exact, find_exact

    if carrier == "neural":
        return None
    demanded = carrier == "exact" or password is not None
    found = extract_exact(picture, password=password) if demanded else find_exact(picture)
    return None if found is None else write_found(found, output, force=force)


def _neural_facts(picture: Any, output: Path, model: str | None, *, force: bool) -> dict[str, Any]:  # noqa: ANN401
    from liftveil.api import extract_picture
    from liftveil.imaging import check_output, write_picture

    check_output(output, force=force)
    result = extract_picture(picture, model=model)
    write_picture(output, result.recovered, force=force)
    height, width = result.recovered.shape[:2]
    return {
        "recovered": str(output),
        "width": width,
        "height": height,
        "carrier": "neural",
        "model": result.model.name,
        "scores": {name: json_score(score) for name, score in result.scores.items()},
        "notices": list(result.notices),
    }
