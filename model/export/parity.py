"""Is what was exported equal to the net? The inputs that show it, and the comparison."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import Tensor, nn

from model.data.batches import Batch, collate, encode
from model.net import Net
from schemas.data.dataset import Dataset
from schemas.errors import TrunklineError
from trunkline_edge.understanding.featurizer import Featurizer
from trunkline_edge.understanding.names import EXACT, MISSPELT

TRUNK_INPUTS = ("ids", "mask", "lexicon")
"""As a batch has them; the last one only where the spec has names."""
TOLERANCE = 1e-4
"""Greatest allowed difference between torch and onnxruntime at fp32; of score heads in units of their labels' size."""
ROUNDINGS, MOST_UNITS = 10, 10
"""A graph may differ by so many times what torch rounds off, by 1e-3 at most, which devices allow golden answers."""
PARITY_ROWS = 16


class ParityBroken(TrunklineError):
    """A graph answers otherwise than the net it was exported from."""


def parity_inputs(dataset: Dataset, featurizer: Featurizer, net: Net) -> list[Batch]:
    """Recorded rows of ragged lengths, random ids, a single word, and the longest input there can be.

    A net that reads names gets random knowledge of them with each.
    """
    split = next(name for name in ("valid", "train") if dataset.counts.get(name))
    recorded = encode(dataset, split, featurizer, net.plans)
    step = max(1, len(recorded) // PARITY_ROWS)
    rng = np.random.default_rng(0)

    def random(rows: int, words: int) -> Batch:
        ids = torch.from_numpy(rng.integers(0, featurizer.size, (rows, words, featurizer.config.max_features)))
        lengths = torch.from_numpy(rng.integers(1, words + 1, rows))
        lengths[0] = words
        return Batch(np.arange(rows), ids, torch.arange(words) < lengths[:, None], {})

    batches = [
        random(3, 7),
        collate(recorded, np.arange(0, len(recorded), step)[:PARITY_ROWS]),
        random(1, 1),
        random(2, featurizer.config.max_words),
    ]
    return [informed(batch, net, rng) for batch in batches]


def informed(batch: Batch, net: Net, rng: np.random.Generator) -> Batch:
    """Return a batch with random knowledge of names, where a net reads them."""
    if not net.name_lists:
        return batch
    known = rng.choice([0.0, MISSPELT, EXACT], (*batch.mask.shape, 2 * net.name_lists))
    return replace(batch, lexicon=torch.from_numpy(known.astype(np.float32)))


def check_rewritten(trained: Net, net: Net, inputs: Sequence[Batch], states: Sequence[Mapping[str, Tensor]]) -> None:
    """Raise `ParityBroken` unless the net of plain layers, whose hidden states these are, answers as the trained one.

    states: of each input, head -> (B, N, d), as `Net.states` gives them.
    """
    mains = [plan for plan in net.plans if not plan.auxiliary]
    for batch, hidden in zip(inputs, states, strict=True):
        with torch.inference_mode():
            wanted = trained(*batch.inputs)
            found = {plan.name: net.answer(plan.name, hidden[plan.name], batch.mask) for plan in mains}
        for plan in mains:
            unit = max(1.0, float(wanted[plan.name].abs().max()))
            difference = float((wanted[plan.name] - found[plan.name]).abs().max()) / unit
            if not difference <= TOLERANCE:
                raise ParityBroken(f"{plan.name}: the net made for export differs from the trained by {difference:.1e}")


def units_of(module: nn.Module, inputs: Sequence[Batch], outputs: Sequence[tuple[Tensor, ...]]) -> float:
    """Return how many times `TOLERANCE` a graph of this module, which gives these outputs, may differ: 1 for most.

    Large recurrent weights make much of a rounding over a long text. How much is the difference between the module's
    answers in fp32 and in fp64; onnxruntime, which computes tanh and sigmoid otherwise than torch, is allowed
    `ROUNDINGS` times that.
    """
    exact = copy.deepcopy(module).double()

    def rounded(batch: Batch, found: tuple[Tensor, ...]) -> float:
        wide = [each.double() if each.is_floating_point() else each for each in batch.inputs]
        return max(float((one - other).abs().max()) for one, other in zip(found, answer(exact, *wide), strict=True))

    return min(max(1.0, ROUNDINGS * max(map(rounded, inputs, outputs)) / TOLERANCE), MOST_UNITS)


def on_cpu(model: onnx.ModelProto) -> ort.InferenceSession:
    """Load a graph, without onnxruntime's warnings."""
    options = ort.SessionOptions()
    options.log_severity_level = 3
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def check_parity(
    name: str, model: onnx.ModelProto, arguments: dict[str, Tensor], wanted: tuple[Tensor, ...], unit: float = 1.0
) -> float:
    """Return the greatest difference between a graph's outputs and torch's, over all elements.

    Raises:
        ParityBroken: one is more than `TOLERANCE` units.
    """
    session = on_cpu(model)
    feeds = {value.name: arguments[value.name].numpy() for value in session.get_inputs()}
    worst, allowed = 0.0, TOLERANCE * unit
    for output, (found, expected) in enumerate(zip(session.run(None, feeds), wanted, strict=True)):
        difference = np.abs(found - expected.numpy())
        if not difference.max(initial=0.0) <= allowed:  # also true for NaN, which argmax finds too
            where = tuple(int(i) for i in np.unravel_index(np.argmax(difference), difference.shape))
            raise ParityBroken(
                f"{name}.onnx output {output} differs from torch by {difference.max():.1e} at {where}, allowed "
                f"{allowed:.0e}, for input shapes {[tuple(feed.shape) for feed in feeds.values()]}; "
                "try another export.opset; a net of large weights, which make much of roundings over a long text, "
                "wants a lower train.learning_rate"
            )
        worst = max(worst, float(difference.max(initial=0.0)))
    return worst


def answer(module: nn.Module, *arguments: Tensor) -> tuple[Tensor, ...]:
    """Return a module's outputs in eval mode, as a tuple also where there is one."""
    with torch.inference_mode():
        outputs = module.eval()(*arguments)
    return outputs if isinstance(outputs, tuple) else (outputs,)
