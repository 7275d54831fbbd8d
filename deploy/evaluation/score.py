"""Score a bundle: what the device runtime answers, against labelled rows, with its latency."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from deploy.evaluation.details import Details, label_scores, worst_mistakes
from schemas.evaluation.metrics import Scores, score_head
from trunkline_edge.bundle.manifest import HeadEntry
from trunkline_edge.errors import InputRefused
from trunkline_edge.understanding.decode import DecodedSpan
from trunkline_edge.understanding.result import (
    OUT_OF_SCOPE,
    SEVERAL,
    UNSPOKEN_HEAD,
    Ranked,
    Result,
    Slot,
    unspoken_slots,
)
from trunkline_edge.understanding.session import DOMAIN_HEAD, INTENT_HEAD, SLOTS_HEAD, Runtime
from trunkline_edge.understanding.slots import fill_slots
from trunkline_edge.understanding.values.reader import ValueReader

NOTHING: dict[str, Any] = {"class": "", "multilabel": [], "tag": [], "score": 0.0}
"""What counts as the answer where the runtime had none; a class head's is always wrong."""
REFUSED: dict[str, Any] = NOTHING | {"multilabel": [""], "tag": [(0, 0, "")]}
"""What counts as the answer to a refused utterance: wrong even where there was nothing to find."""


@dataclass(frozen=True)
class Measured:
    """A bundle on a set of rows."""

    scores: Scores
    latency_ms: dict[str, float]
    """p50 and p95 of one utterance, reading and decoding included, on this machine."""
    actions: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    """Per row that says what is asked: would the device do it? The intent is right, and so are all slots with their
    values, said or unspoken; nothing else is filled.

    A row says what is asked where it labels intent and slots, and each slot has a value: the one that the row gives, or
    what the bundle itself reads in the row's span."""
    details: Details = field(default_factory=Details)

    @property
    def action_accuracy(self) -> float | None:
        """Share of the right actions; None where no row says what is asked."""
        return float(self.actions.mean()) if len(self.actions) else None


def score_rows(
    runtime: Runtime, frames: Iterable[pl.DataFrame], on_rows: Callable[[int], None] = lambda rows: None
) -> Measured:
    """Parse every row and compare each head's answer with its label; rows without a label of a head do not count.

    `frames` have the columns `text` and `labels` of a data set. `on_rows` hears how many more rows are done.
    """
    heads = runtime.manifest.heads
    gold: dict[str, list[Any]] = {head.name: [] for head in heads}
    predicted: dict[str, list[Any]] = {head.name: [] for head in heads}
    likeliest: dict[str, list[tuple[str, float]]] = {head.name: [] for head in heads}
    texts: list[str] = []
    sure: list[float] = []
    times: list[float] = []
    actions: list[bool] = []
    rows = 0
    for frame in frames:
        types = {field.name: field.dtype for field in frame.schema["labels"].fields}  # type: ignore[attr-defined]  # the column is a struct
        # A head that the rows label as another kind has no label that it could be right about.
        labelled = {head.name for head in heads if head.name in types and _has(head.kind, types[head.name])}
        for text, labels in zip(frame["text"], frame["labels"].to_list(), strict=True):
            result = _parse(runtime, text)
            for head in heads:
                gold[head.name].append(_gold(labels[head.name]) if head.name in labelled else None)
                predicted[head.name].append(_predicted(result, head) if result else REFUSED[head.kind])
                if head.kind == "class":
                    likeliest[head.name].append(_likeliest(result, head) if result else (NOTHING["class"], 0.0))
            if labels.get(INTENT_HEAD) is not None and labels.get(SLOTS_HEAD) is not None:
                is_right = is_right_action(result, text, labels, runtime.values)
                actions += [] if is_right is None else [is_right]
            texts.append(text)
            sure.append(result.intents[0].p if result and result.intents else 0.0)
            times.append(result.ms if result else 0.0)
            rows += 1
            if rows % 100 == 0:
                on_rows(100)
    on_rows(rows % 100)
    scored = {
        head.name: score_head(head.kind, gold[head.name], predicted[head.name], likeliest[head.name]) for head in heads
    }
    p50, p95 = np.percentile(times, [50, 95]) if times else (0.0, 0.0)
    latency_ms = {"p50": float(p50), "p95": float(p95)}
    details = Details(
        tuple(
            each for h in heads if h.kind != "score" for each in label_scores(h.name, gold[h.name], predicted[h.name])
        ),
        worst_mistakes(texts, sure, gold, predicted),
    )
    return Measured(Scores(scored, rows), latency_ms, np.asarray(actions, dtype=np.bool_), details)


def is_right_action(
    result: Result | None, text: str, labels: Mapping[str, Any], values: ValueReader | None
) -> bool | None:
    """Say whether an answer makes a device do what a row's labels ask for; a refused utterance has none.

    None where the row does not say what is asked: it gives no value for a span, and the bundle reads none in it.
    """
    domain = labels.get(DOMAIN_HEAD) or (result.domain.label if result and result.domain else None)
    wanted = _wanted(text, labels[SLOTS_HEAD], domain, values)
    if wanted is None or result is None:
        return None if wanted is None else False
    if labels[INTENT_HEAD] == OUT_OF_SCOPE:
        return result.rejected
    is_several = labels[INTENT_HEAD] == SEVERAL
    if result.rejected or (len(result.intents) > 1) != is_several:
        return False
    if not is_several and [intent.name for intent in result.intents] != [labels[INTENT_HEAD]]:
        return False
    if is_several:  # which commands they are, the row does not say; what is said once of several things is in each
        return set(wanted) == {(slot.name, slot.value) for intent in result.intents for slot in intent.slots}
    intent = result.intents[0]
    unspoken = unspoken_slots(labels.get(UNSPOKEN_HEAD) or "") if values else {}
    return wanted == Counter((slot.name, slot.value) for slot in intent.slots) and unspoken == intent.unspoken


def _wanted(
    text: str, spans: Iterable[Mapping[str, Any]], domain: str | None, values: ValueReader | None
) -> Counter[tuple[str, Any]] | None:
    """Count the slots that a row asks for; None where one has no value, given or read as a device reads the span."""
    given: list[tuple[str, Any]] = []
    told: list[DecodedSpan] = []
    for span in spans:
        value = span.get("value")
        if value is None:
            told.append(DecodedSpan(span["start"], span["end"], span["label"], 1.0))
        else:
            given.append((values.slot_of(span["label"]) if values else span["label"], json.loads(value)))
    read = [(slot.name, slot.value) for slot in fill_slots(told, text, domain, values)]
    return None if any(value is None for _, value in read) else Counter(given + read)


def _parse(runtime: Runtime, text: str) -> Result | None:
    try:
        return runtime.parse(text)
    except InputRefused:
        return None  # a device gives no answer either: every labelled head is wrong on this row


def _has(kind: str, labels: pl.DataType) -> bool:
    """Say whether a column has labels of a head's kind."""
    # By hand, and not by the data contract: that follows the spec, by whose changes scores would then be taken anew.
    if isinstance(labels, pl.List):
        return kind == ("tag" if isinstance(labels.inner, pl.Struct) else "multilabel")
    return kind == ("score" if labels.is_numeric() else "class")


def _gold(label: Any) -> Any:
    if isinstance(label, list):
        return [(item["start"], item["end"], item["label"]) if isinstance(item, dict) else item for item in label]
    return label


def _likeliest(result: Result, head: HeadEntry) -> tuple[str, float]:
    """Return the label of a class head and its probability."""
    if head.name == INTENT_HEAD:
        if len(result.intents) > 1 and SEVERAL in head.labels:
            return SEVERAL, min(intent.p for intent in result.intents)
        # Several commands of one name are that; of different names they are no single label.
        name = "+".join(dict.fromkeys(intent.name for intent in result.intents))
        return name or NOTHING["class"], min((intent.p for intent in result.intents), default=0.0)
    if head.name == DOMAIN_HEAD:
        return (result.domain.label, result.domain.p) if result.domain else (NOTHING["class"], 0.0)
    answer = result.heads.get(head.name)
    return (answer.label, answer.p) if isinstance(answer, Ranked) else (NOTHING["class"], 0.0)


def _predicted(result: Result, head: HeadEntry) -> Any:
    if head.kind == "class":
        likeliest = _likeliest(result, head)[0]
        is_none = head.name == INTENT_HEAD and result.rejected and likeliest != SEVERAL and OUT_OF_SCOPE in head.labels
        return OUT_OF_SCOPE if is_none else likeliest
    if head.name == SLOTS_HEAD and head.kind == "tag" and result.intents:
        found = (_span_of(slot) for intent in result.intents for slot in intent.slots)
        return sorted(dict.fromkeys(found))  # two commands may share a slot
    answer: Any = result.heads.get(head.name)  # as the head's kind has it
    if answer is None:
        return NOTHING[head.kind]
    if isinstance(answer, tuple):  # labels of a multilabel head, or spans of a tag head
        return [each.label if isinstance(each, Ranked) else _span_of(each) for each in answer]
    return answer


def _span_of(slot: Slot) -> tuple[int, int, str]:
    return slot.start, slot.end, slot.label or slot.name
