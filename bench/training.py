"""Where a training step's time goes: `python -m bench.training`."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import torch
from rich.console import Console
from rich.table import Table
from torch.profiler import ProfilerActivity, profile

from bench.product import home_rows, home_spec
from model.batches import batch_rows
from model.train import Training

WARM_UP, STEPS = 5, 40
# LSTM kernels are matrix products with their gates; mkldnn does not tell them apart.
PRODUCTS = ("aten::mm", "aten::addmm", "aten::bmm", "aten::mkldnn_rnn_layer", "aten::mkldnn_rnn_layer_backward")
REST = {
    "embedding": ("aten::index_select", "aten::embedding_dense_backward", "aten::embedding"),
    "optimiser": ("aten::_fused_adamw_",),
    "random numbers": ("aten::rand", "aten::uniform_", "aten::bernoulli_", "aten::native_dropout"),
}


def run(folder: Path) -> Table:
    """Profile steps of the default product; returns the table."""
    spec = home_spec()
    training = Training(spec, home_rows(spec, folder), folder / "net")
    steps = batch_rows(training.rows, spec.train.batch_size, 0, 1)[: WARM_UP + STEPS]
    training.net.train()
    for step, rows in enumerate(steps[:WARM_UP]):
        training.step(rows, step, len(steps))
    begun = perf_counter()
    for step, rows in enumerate(steps[WARM_UP:], start=WARM_UP):
        training.step(rows, step, len(steps))
    seconds = perf_counter() - begun
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        for step, rows in enumerate(steps[WARM_UP:], start=WARM_UP):
            training.step(rows, step, len(steps))
    spent = {event.key: event.self_cpu_time_total for event in profiler.key_averages()}
    whole = sum(spent.values())
    done = len(steps) - WARM_UP
    table = Table("what", "measured", title="one training step of specs/home.yaml")
    table.add_row("machine", ", ".join(f"{key} {value}" for key, value in training.compute.describe().items()))
    table.add_row("step", f"{seconds / done * 1e3:.1f} ms, {spec.train.batch_size} utterances")
    table.add_row("utterances", f"{sum(map(len, steps[WARM_UP:])) / seconds:,.0f} a second")
    table.add_row("in matrix products", f"{sum(spent.get(key, 0) for key in PRODUCTS) / whole:.0%} of the CPU time")
    for name, keys in REST.items():
        table.add_row(f"in {name}", f"{sum(spent.get(key, 0) for key in keys) / whole:.0%}")
    table.add_row("parameters", f"{sum(p.numel() for p in training.net.parameters()):,}")
    assert torch.isfinite(next(training.net.parameters())).all()
    return table


def main() -> None:
    with TemporaryDirectory() as folder:
        Console().print(run(Path(folder)))


if __name__ == "__main__":
    main()
