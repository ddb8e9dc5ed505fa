"""The one place that imports ONNX Runtime."""

from __future__ import annotations

import os
from typing import Any

from liftveil.errors import ModelError

PROVIDER = "CPUExecutionProvider"


def open_graph(content: bytes, model: str) -> Any:  # noqa: ANN401 - onnxruntime ships no types
    """Make an inference session.

    Telemetry is switched off before the import: some builds of the runtime would otherwise write below the
    home folder.

    Args:
        content: An ONNX file.
        model: Name for the error.

    Returns:
        An ``onnxruntime.InferenceSession`` on the CPU.

    Raises:
        ModelError: If the content is no graph that the runtime can run.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # noqa: PLC0415 - heavy, and only needed here

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(content, options, providers=[PROVIDER])
    except Exception as error:  # onnxruntime's exceptions share no public base class
        raise ModelError(model, f"its graph cannot be run ({str(error).splitlines()[0]})") from error


def engine_version() -> str:
    """Name, version and provider of the engine, for reports."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # noqa: PLC0415

    return f"onnxruntime {onnxruntime.__version__} ({PROVIDER})"
