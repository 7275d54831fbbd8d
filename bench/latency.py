"""What an utterance costs on one thread: `python -m bench.latency`.

All candidates take turns in one loop, so that a noisy machine disturbs them alike; the ratios are what counts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import onnx
import onnxruntime as ort
from rich.console import Console
from rich.table import Table

from bench.product import home_bundle
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.understanding.session import open_folder

ROUNDS = 2_000
SENTENCES = {
    5: "turn off the kitchen lights",
    12: "dim the floor lamp in the guest room to thirty five percent",
    30: "please add two bottles of milk and some bread and a dozen eggs and three bags of flour and one jar of "
    "honey to my shopping list for the weekend",
}
PROCESS = """
import json, sys, time
begun = time.perf_counter()
from pathlib import Path
from trunkline_edge.understanding.session import open_folder
imported = time.perf_counter()
def resident_kib():  # not ru_maxrss: that remembers the parent's memory across exec
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
bare_kib = resident_kib()
runtime = open_folder(Path(sys.argv[1]))
loaded = time.perf_counter()
runtime.parse("turn off the lamp in the guest room")
print(json.dumps({
    "import_s": imported - begun, "load_s": loaded - imported, "first_ms": (time.perf_counter() - loaded) * 1e3,
    "bare_mib": bare_kib / 1024, "mib": resident_kib() / 1024,
}))
"""


def run(bundle: Path) -> list[Table]:
    """Measure a bundle's folder; returns the tables."""
    return [_latency_table(bundle), _process_table(bundle)]


def _latency_table(bundle: Path) -> Table:
    table = Table("words", "trunk alone", "trunk + all heads", "one full net a head", "parse, text to result")
    table.title = f"p50 microseconds on one thread, {ROUNDS} rounds, int8; in brackets: times the trunk alone"
    runtime = open_folder(bundle)
    full = _FullNets(bundle, runtime.manifest)
    for words, text in SENTENCES.items():
        encoding = runtime.featurizer.read(text)
        assert len(encoding.words) == words, (words, len(encoding.words))
        tensors = runtime.tensors(encoding)
        feeds = {name: tensors[name] for name in runtime.manifest.graphs[0].inputs if name in tensors}
        feeds |= {"mask": tensors["mask"]}
        times = medians(
            lambda: full.trunk.run(None, feeds),  # noqa: B023
            lambda: runtime.tensors(encoding),  # noqa: B023
            lambda: [net.run(None, feeds) for net in full.nets],  # noqa: B023
            lambda: runtime.parse(text),  # noqa: B023
        )
        cells = [f"{time:,.0f} ({time / times[0]:.2f})" for time in times]
        table.add_row(str(words), *cells)
    return table


def medians(*candidates: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Return the median microseconds of each candidate, all taking turns."""
    times = np.zeros((rounds, len(candidates)))
    for turn in range(-50, rounds):  # the negative turns warm up
        for column, candidate in enumerate(candidates):
            begun = perf_counter()
            candidate()
            times[turn, column] = perf_counter() - begun
    return [float(median) * 1e6 for median in np.median(times, axis=0)]


class _FullNets:
    """The trunk alone, and trunk and head merged into one graph a head, in bare onnxruntime."""

    def __init__(self, bundle: Path, manifest: Manifest) -> None:
        trunk_entry, *head_entries = manifest.graphs
        trunk = onnx.load(bundle / trunk_entry.file)
        self.trunk = session_of(trunk)
        self.nets = []
        for entry in head_entries:
            head = onnx.compose.add_prefix(onnx.load(bundle / entry.file), f"{entry.name}/", rename_inputs=False)
            reads = [(name, name) for name in entry.inputs if name not in ("ids", "mask")]
            del head.metadata_props[:]
            plain = onnx.ModelProto()
            plain.CopyFrom(trunk)
            del plain.metadata_props[:]
            inputs = {value.name for value in plain.graph.input} & {value.name for value in head.graph.input}
            shared = {name: f"{entry.name}/{name}" for name in inputs}
            _rename_inputs(head, shared)
            merged = onnx.compose.merge_models(plain, head, io_map=reads)
            _tie(merged, shared)
            self.nets.append(session_of(merged))


def _rename_inputs(model: onnx.ModelProto, names: dict[str, str]) -> None:
    for value in model.graph.input:
        value.name = names.get(value.name, value.name)
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]


def _tie(model: onnx.ModelProto, names: dict[str, str]) -> None:
    """Let a head read the trunk's own input again after a merge that wanted all names apart."""
    back = {renamed: name for name, renamed in names.items()}
    kept = [value for value in model.graph.input if value.name not in back]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    for node in model.graph.node:
        node.input[:] = [back.get(name, name) for name in node.input]


def session_of(model: onnx.ModelProto) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _process_table(bundle: Path) -> Table:
    answer = subprocess.run([sys.executable, "-c", PROCESS, str(bundle)], check=True, stdout=subprocess.PIPE)
    found = json.loads(answer.stdout)
    table = Table("what", "measured", title="the runtime process")
    table.add_row("import trunkline_edge", f"{found['import_s']:.2f} s")
    table.add_row("load, every file hashed", f"{found['load_s'] * 1e3:.0f} ms")
    table.add_row("first answer", f"{found['first_ms']:.1f} ms")
    table.add_row("peak memory", f"{found['mib']:.0f} MiB, of which {found['bare_mib']:.0f} before the bundle")
    manifest = Manifest.from_bytes((bundle / "manifest.json").read_bytes())
    table.add_row("bundle", f"{manifest.size_bytes / 1e6:.2f} MB in {len(manifest.files)} files")
    return table


def main() -> None:
    with TemporaryDirectory() as folder:
        for table in run(home_bundle(Path(folder)).folder):
            Console().print(table)


if __name__ == "__main__":
    main()
