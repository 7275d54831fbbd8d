"""Nets to ONNX graphs that are proved equal to them, and their smaller forms. Bundles are put together in `deploy`."""
