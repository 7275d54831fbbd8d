"""A bundle laid out for programs that are not ours: plain files, written from the manifest and the graphs.

`folder` is what a reader without Python opens (examples/), `triton` a model repository of the Triton Inference Server.
`capacity` tells how many cores a load needs, whatever serves it.
"""
