"""Inference without torch: ONNX Runtime and NumPy."""

from liftveil.runtime.engine import THREADS, engine_version
from liftveil.runtime.session import LEAST_PX, Session

__all__ = ["LEAST_PX", "THREADS", "Session", "engine_version"]
