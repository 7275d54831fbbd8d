"""Where a training step's time goes, and how fast a plain loop is: `python -m bench.training [SPEC [OVERRIDE ...]]`.

Ours and the loop of `bench.plain_loop` take turns in one process; figures are medians over the turns. Time is the
process's CPU time, for one thread: what else runs on the machine then counts least.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

import torch
from rich.console import Console
from rich.table import Table
from torch.profiler import ProfilerActivity, profile

from bench.plain_loop import PlainLoop
from bench.product import home_rows, home_spec
from model.data.batches import Encoded, batch_rows
from model.training.loop import Training
from schemas.spec.load import load_spec
from schemas.spec.product import Spec

WARM_UP, TURNS, STEPS = 4, 7, 8
# The fused LSTM kernels hold their gates' element-wise work too; `lstm_products` says how much is products alone.
PRODUCTS = ("aten::mm", "aten::addmm", "aten::bmm", "aten::mkldnn_rnn_layer", "aten::mkldnn_rnn_layer_backward")
REST = {
    "embedding": (
        "aten::index_select",
        "aten::embedding_dense_backward",
        "aten::_embedding_bag",
        "aten::_embedding_bag_dense_backward",
        "aten::_unique2",
    ),
    "optimiser and clipping": ("aten::_fused_adamw_", "aten::linalg_vector_norm", "aten::_foreach_mul_"),
    "softmax": ("aten::_log_softmax", "aten::_log_softmax_backward_data"),
    "random numbers": ("aten::rand", "aten::uniform_", "aten::bernoulli_", "aten::native_dropout"),
}


def run(spec: Spec, folder: Path) -> Table:
    """Time and profile steps; returns the table."""
    torch.set_num_threads(1)
    training = Training(spec, home_rows(spec, folder), folder / "net")
    encoded = training.rows
    assert isinstance(encoded, Encoded), "a set that fits into memory"
    plain = PlainLoop(spec, training.plans, training.featurizer.size, encoded)
    steps = batch_rows(encoded, spec.train.batch_size, 0, 1)
    training.net.train()
    done = 0

    def ours() -> int:
        nonlocal done
        rows = steps[done % len(steps)]
        training.step(encoded, rows, done % len(steps), len(steps))
        done += 1
        return len(rows)

    loops = {"ours": ours, "plain": plain.step}
    for step in loops.values():
        _timed(step, WARM_UP)
    rates: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(TURNS):
        for name, step in loops.items():
            rates[name].append(_timed(step, STEPS))
    gains = [one / other for one, other in zip(rates["ours"], rates["plain"], strict=True)]
    table = Table("what", "ours", "plain loop", title=f"one training step of the spec {spec.name!r}")
    table.add_row("utterances a CPU second", *(f"{median(rates[name]):,.0f}" for name in loops))
    table.add_row("ratio", f"{median(gains):.2f}, turns {min(gains):.2f} to {max(gains):.2f}", "1")
    shares = [_shares(step) for step in loops.values()]
    for what in shares[0]:
        table.add_row(f"in {what}", *(f"{share[what]:.0%}" for share in shares))
    table.add_row("products' part of an LSTM layer", f"{lstm_products(spec):.0%}", "")
    table.add_row("parameters", *(f"{sum(p.numel() for p in net.parameters()):,}" for net in (training.net, plain.net)))
    assert torch.isfinite(next(training.net.parameters())).all() and plain.loss < float("inf")
    return table


def _timed(step: Callable[[], int], steps: int) -> float:
    """Return the utterances a second of some steps."""
    begun = process_time()
    return sum(step() for _ in range(steps)) / (process_time() - begun)


def _shares(step: Callable[[], int]) -> dict[str, float]:
    """Return what share of some steps' time is in which operators."""
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        for _ in range(STEPS):
            step()
    spent = {event.key: event.self_cpu_time_total for event in profiler.key_averages()}
    kinds = {"matrix products and LSTM kernels": PRODUCTS, **REST}
    return {what: sum(spent.get(key, 0) for key in keys) / sum(spent.values()) for what, keys in kinds.items()}


def lstm_products(spec: Spec, words: int = 8) -> float:
    """Return the time of an LSTM layer's matrix products alone, both ways and backwards, as a share of the layer's."""
    width, rows = spec.trunk.width, spec.train.batch_size
    lstm = torch.nn.LSTM(width, width // 2, batch_first=True, bidirectional=True)
    states = torch.randn(rows, words, width, requires_grad=True)
    pull, flat = torch.randn(rows, words, width), torch.randn(rows * words, width)
    gates, inputs = torch.randn(rows * words, 2 * width), torch.randn(2 * width, width)
    state, own = torch.randn(rows, width // 2), torch.randn(2 * width, width // 2)

    def products() -> int:
        for _ in range(2):  # each way: answer, gradient of the input, gradient of the weights
            flat @ inputs.T, gates @ inputs, gates.T @ flat
            for word in range(words):
                state @ own.T, gates[word * rows : (word + 1) * rows] @ own
            gates.T @ flat[:, : width // 2]
        return 1

    def layer() -> int:
        lstm(states)[0].backward(pull)
        return 1

    return median(_timed(layer, 3) / _timed(products, 3) for _ in range(TURNS))


def main() -> None:
    spec = load_spec(Path(sys.argv[1]), overrides=sys.argv[2:]) if len(sys.argv) > 1 else home_spec()
    with TemporaryDirectory() as folder:
        Console().print(run(spec, Path(folder)))


if __name__ == "__main__":
    main()
