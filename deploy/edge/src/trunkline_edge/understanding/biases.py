"""What is added to a head's logits before they are read: what cannot be is kept out, what is overlooked is helped."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trunkline_edge.bundle.manifest import HeadEntry
from trunkline_edge.understanding.decode import lean_of, tag_count
from trunkline_edge.understanding.result import RESERVED, Slot
from trunkline_edge.understanding.values.reader import ValueReader

HOPELESS = -1e4
"""Logit of a label or tag that cannot be."""

Bias = NDArray[np.float32]


def unfit_labels(intents: Sequence[str], slots: HeadEntry, values: ValueReader) -> dict[str, Bias]:
    """Return, by intent, what keeps labels out of its slots that its spans never have; (tags,)."""
    found: dict[str, Bias] = {}
    for intent in intents:
        fits = values.fits(intent)
        if fits is not None:
            found[intent] = np.zeros(tag_count(slots.labels), dtype=np.float32)
            for i, label in enumerate(slots.labels):
                found[intent][2 * i + 1 : 2 * i + 3] = 0 if label in fits else HOPELESS
    return found


def leaning(slots: HeadEntry | None, names: Iterable[str] | None) -> Bias | None:
    """Return what helps labels of names where no known name is said; (tags,). None where nothing is to be helped."""
    return lean_of(slots.labels, frozenset(names or ()), slots.lean) if slots is not None and slots.lean else None


def unsuited(
    intent: HeadEntry, domain: HeadEntry, logits: Mapping[str, NDArray[Any]], slots: Sequence[Slot], values: ValueReader
) -> dict[str, Bias]:
    """Return, by head, what keeps out the intents and domains that do not go with the things that are named.

    As in Home Assistant, the id of a thing begins with its domain, "vacuum.rosie": what starts rosie starts a vacuum
    cleaner. Nor does a command have fewer or more slots than all that was seen of its intent. Empty where no id tells a
    domain, or nothing could be done with the things.
    """
    things = [(slot.label or slot.name, slot.id.partition(".")[0]) for slot in slots if slot.id]
    things = [(label, of) for label, of in things if of in domain.labels]
    if not things:
        return {}
    suiting = [name for name in intent.labels if name not in RESERVED and values.suits(name, things)]
    if not suiting:
        return {}
    scores = dict(zip(intent.labels, logits[intent.name].tolist(), strict=True))
    best = max(suiting, key=lambda name: scores[name])
    labels = [slot.label or slot.name for slot in slots]
    if values.has_shape(best, labels):
        suiting = [name for name in suiting if values.has_shape(name, labels)]
    return {
        intent.name: _only(intent.labels, {*suiting, *RESERVED}),
        domain.name: _only(domain.labels, {of for _, of in things}),
    }


def _only(labels: Sequence[str], allowed: Container[str]) -> Bias:
    return np.asarray([0 if label in allowed else HOPELESS for label in labels], dtype=np.float32)
