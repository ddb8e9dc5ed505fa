"""The one place that imports ONNX Runtime."""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import LiftveilError, ModelError
from liftveil.shaping import NoiseShaper

PROVIDER = "CPUExecutionProvider"

THREADS = "LIFTVEIL_THREADS"
"""Environment variable: threads of each graph; unset, one for each core. Results do not depend on it."""

_MOST_THREADS = 1024
_MOST_DIGITS = len(str(_MOST_THREADS))


class GraphFacts(NamedTuple):
    """What a graph says of itself.

    Attributes:
        multiple: What height and width have to be divisible by.
        reach_px: How far away, in pixels, a pixel can matter.
        secret_channels: 3 if it hides colour pictures, 1 if grey ones.
        rounding_metric: What errors of a block of the stego cost, for :class:`liftveil.shaping.NoiseShaper`; None if
            stegos are rounded to the nearest.
        jpeg_quality: Lowest quality of JPEG that what it hides is meant to survive; None if no JPEG at all.
    """

    multiple: int
    reach_px: int
    secret_channels: int
    rounding_metric: NDArray[np.float32] | None = None
    jpeg_quality: int | None = None


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
        LiftveilError: If :data:`THREADS` is set to anything but a number of threads.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    _share_memory()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what fails is raised as well
    options.intra_op_num_threads = _threads()
    # Threads that wait by spinning would slow down the rounding, which follows at once.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.use_env_allocators", "1")
    options.enable_mem_pattern = False  # it would plan a block for every size of picture, and keep them all
    try:
        return onnxruntime.InferenceSession(content, options, providers=[PROVIDER])
    except Exception as error:  # onnxruntime's exceptions share no public base class
        raise ModelError(model, f"its graph cannot be opened ({_first_line(error)})") from error


@cache
def _share_memory() -> None:
    """Let all graphs take their memory from one store, which grows by no more than what they ask for.

    What a graph has used stays there for the next one; by default each would keep its own, of up to twice the size.
    """
    import onnxruntime

    kind, anywhere = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, onnxruntime.OrtMemType.DEFAULT
    as_requested = onnxruntime.OrtArenaCfg({"arena_extend_strategy": 1})
    onnxruntime.create_and_register_allocator(onnxruntime.OrtMemoryInfo("Cpu", kind, 0, anywhere), as_requested)


def _threads() -> int:
    """As asked for; 0 leaves the choice to the runtime."""
    asked = os.environ.get(THREADS, "")
    if asked and not (asked.isdecimal() and len(asked) <= _MOST_DIGITS and 0 < int(asked) <= _MOST_THREADS):
        raise LiftveilError(f"{THREADS}={asked}: is no number from 1 to {_MOST_THREADS}; unset it to use every core")
    return int(asked or 0)


def facts_of(graph: Any, model: str) -> GraphFacts:  # noqa: ANN401
    """Read what ``liftveil export`` wrote into a graph for its user.

    Args:
        graph: A session of :func:`open_graph`.
        model: Name for the error.

    Returns:
        The facts; a graph older than grey secrets says nothing of channels and hides colour pictures, one older than
        shaped noise rounds to the nearest.

    Raises:
        ModelError: If the graph was made by something else.
    """
    try:
        told = graph.get_modelmeta().custom_metadata_map
        metric = _metric(told["rounding_metric"]) if "rounding_metric" in told else None
        jpeg = int(told["jpeg_quality"]) if "jpeg_quality" in told else None
        channels = int(told.get("secret_channels", 3))
        return GraphFacts(int(told["multiple"]), int(told["reach_px"]), channels, metric, jpeg)
    except (KeyError, ValueError) as error:
        raise ModelError(model, "its graph was not made by 'liftveil export'") from error


def _metric(text: str) -> NDArray[np.float32]:
    """Little-endian float32 in base64, row by row."""
    shape = (NoiseShaper.BLOCK_SAMPLES, NoiseShaper.BLOCK_SAMPLES)
    return np.frombuffer(b64decode(text, validate=True), "<f4").reshape(shape)


def run_graph(
    graph: Any,  # noqa: ANN401
    planes: Mapping[str, NDArray[np.float32]],
    model: str,
) -> NDArray[np.float32]:
    """Run a graph.

    Args:
        graph: A session of :func:`open_graph`.
        planes: Inputs by name.
        model: Name for the error.

    Returns:
        The first output.

    Raises:
        ModelError: If the graph does not take these inputs.
        MemoryError: If they are too large for this machine.
    """
    try:
        output: NDArray[np.float32] = graph.run(None, dict(planes))[0]
    except Exception as error:  # no public base class here either
        if "alloc" in str(error):  # "Failed to allocate memory", "bad_alloc", "bad allocation"
            raise MemoryError(_first_line(error)) from error
        raise ModelError(model, f"its graph cannot be run ({_first_line(error)})") from error
    return output


def engine_version() -> str:
    """Name, version and provider of the engine, for reports."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    return f"onnxruntime {onnxruntime.__version__} ({PROVIDER})"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
