"""The bundle that skills stand on: which of its tensors their heads read, and what its trunk makes of rows.

States come from the device runtime and the very graph that ships, one utterance at a time as a device reads it. So
heads learn from exactly what they will meet, in 8 bits where the trunk is in 8 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from schemas.artifacts.states import States
from schemas.errors import UserError
from trunkline_edge.bundle.manifest import GraphEntry, Manifest
from trunkline_edge.understanding.session import Runtime


class NoBase(UserError):
    """The bundle has no trunk that skills can stand on."""


def trunk_of(base: Manifest) -> GraphEntry:
    """Return the trunk's graph; raises `NoBase` where there is not exactly one, with one tensor for all heads."""
    files = {entry.name for entry in base.files_of("trunk")}
    graphs = [graph for graph in base.graphs if graph.file in files]
    written = [name for graph in graphs for name in graph.outputs]
    if len(graphs) != 1 or len(written) != 1:
        raise NoBase(
            f"the trunk of {base.product} has {len(graphs)} graphs that write {', '.join(written)}; skills stand "
            "on one that all heads share: retrain it with `sharing: {kind: hard}`"
        )
    return graphs[0]


def read_states(base: Runtime, texts: Iterable[str], on_rows: Callable[[int], None] = lambda rows: None) -> States:
    """Run the trunk on every text; no name is known. `on_rows` hears how many more are done."""
    (name,) = trunk_of(base.manifest).outputs
    width = base.tensors(base.featurizer.read("a word"), until=name)[name].shape[2]
    rows = []
    for number, text in enumerate(texts, start=1):
        encoding = base.featurizer.read(text)
        found = base.tensors(encoding, until=name)[name][0] if encoding.words else np.zeros((0, width))
        rows.append((found.astype(np.float32), encoding.ids))
        if number % 100 == 0:
            on_rows(100)
    on_rows(len(rows) % 100)
    return States.of(rows, width, base.featurizer.config.max_features)
