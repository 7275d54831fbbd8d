"""Figures that the documentation quotes; `python -m bench` prints them."""

import trunkline_edge  # noqa: F401  (before onnxruntime, which it keeps from reporting to its maker)
