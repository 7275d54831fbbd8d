"""The server's side of devices: building, judging and publishing bundles. Knows onnxruntime; knows no torch."""
