"""Nets to ONNX graphs that are proved equal to them, and their smaller forms. Bundles are put together in `deploy`."""

import trunkline_edge  # noqa: F401  (before onnxruntime, which it keeps from reporting to its maker)
