"""A bundle on disk: files that are what they should be, the manifest that names them, the store that holds both.

Nothing here loads onnxruntime; running a bundle is `trunkline_edge.understanding`.
"""
