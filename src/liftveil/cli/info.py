"""``liftveil info``."""

from __future__ import annotations

from liftveil.cli.console import AsJson, say, say_json


def info(as_json: AsJson = False) -> None:
    """Print version, inference engine, and the shipped models: what they hide, and their hashes."""
    from liftveil import __version__
    from liftveil.runtime import Session, engine_version
    from liftveil.weights import aliases, releases

    models = {name: dict(model.sha256) for name, model in releases().items()}
    channels = {name: Session(model).secret_channels for name, model in releases().items()}
    if as_json:
        record = {"version": __version__, "engine": engine_version(), "models": models, "secret_channels": channels}
        say_json({**record, "aliases": aliases()})
        return
    say(f"liftveil {__version__}, {engine_version()}")
    for name, hashes in models.items():
        also = [alias for alias, target in aliases().items() if target == name]
        kind = "colour" if channels[name] == 3 else "grey"
        say(name + (f" (also: {', '.join(also)})" if also else "") + f": hides pictures in {kind}")
        for file, digest in hashes.items():
            say(f"  {file:20} sha256 {digest}")
