"""From a trained network to the files that run without torch."""

from liftveil.export.onnx import export_model

__all__ = ["export_model"]
