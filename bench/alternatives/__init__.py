"""Parts of a net, and ways to train it, that the bake-off compares with ours and no product has.

`bench/specs/bakeoff.yaml` asks for them by name.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from bench.alternatives.blocks import convolutions, rotary_attention
from bench.alternatives.featurizers import bytes_of_words, word_pieces
from bench.alternatives.steps import Averaged, SharpnessAware
from bench.alternatives.tags import independent, learned_transitions, no_context, refined, told_intent
from model.training.loop import Training
from model.training.optimiser import build_optimiser
from schemas.data.dataset import Dataset
from schemas.spec.product import Spec

PARTS: Mapping[str, Callable[[Training], None]] = {
    "bytes": bytes_of_words,
    "pieces": word_pieces,
    "convolutions": convolutions,
    "attention": rotary_attention,
    "independent tags": independent,
    "learned transitions": learned_transitions,
    "no context": no_context,
    "refined tags": refined,
    "told the intent": told_intent,
}
STEPS: Mapping[str, type[Training]] = {"averaged": Averaged, "sharpness aware": SharpnessAware}


def train_with(names: Iterable[str], spec: Spec, dataset: Dataset, folder: Path) -> Training:
    """Train with some alternatives in place of our parts, from the start; returns the training with its best net."""
    names = set(names)
    if unknown := names - PARTS.keys() - STEPS.keys():
        raise ValueError(f"no alternatives {sorted(unknown)}; there are {sorted([*PARTS, *STEPS])}")
    kinds = [STEPS[name] for name in sorted(names & STEPS.keys())] or [Training]
    if len(kinds) > 1:
        raise ValueError(f"{sorted(names & STEPS.keys())}: one way to step at a time")
    # A checkpoint would be put into the net before its parts are exchanged.
    shutil.rmtree(folder, ignore_errors=True)
    training = kinds[0](spec, dataset, folder)
    for name, exchange in PARTS.items():
        if name in names:
            exchange(training)
    training.optimiser = build_optimiser(training.net, training.balance, spec.train)
    for _ in training.run():
        pass
    return training
