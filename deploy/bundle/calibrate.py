"""Make a bundle's probabilities true, and choose below which of them it says that it did not understand.

Temperature scaling a head (Guo et al. 2017, arXiv 1706.04599), and for the intent a threshold on how sure the
calibrated probabilities of intent and domain are together: chosen by measurement over other scores
(docs/adr/0007-rejection.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from schemas.perturb.outside import OUTSIDE
from schemas.spec.product import RejectSpec
from trunkline_edge.bundle.manifest import HeadEntry, Manifest
from trunkline_edge.understanding.commands import pieces
from trunkline_edge.understanding.confidence import confidence_of
from trunkline_edge.understanding.decode import best_tags, encode_tags, lean_of, softmax
from trunkline_edge.understanding.featurizer import Encoding
from trunkline_edge.understanding.names import Entry, Lexicon, Names, name_fault
from trunkline_edge.understanding.result import OUT_OF_SCOPE, RESERVED, SEVERAL
from trunkline_edge.understanding.session import DOMAIN_HEAD, INTENT_HEAD, SLOTS_HEAD, Runtime

_MIN_ROWS = 20
"""With fewer labelled rows a temperature would be fitted to chance; it stays 1."""
_LEANS = (0.0, 0.5, 1.0, 1.5)
_BROKEN = 0.02
"""Share of single commands with a conjunction that may be taken for several: of fewer than fifty none. One row in a
hundred is no reason to turn down every utterance of several."""
_COLDEST, _HOTTEST = 0.05, 20.0
"""Of the golden-section search: the interval shrinks by 0.618 a step, so far below any difference that counts."""
_DIGITS = 6
"""Of temperatures and thresholds in the manifest."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """What the manifest says of its heads' probabilities, and why."""

    temperatures: Mapping[str, float]
    thresholds: Mapping[str, float]
    """Head -> threshold; only the intent's is chosen here."""
    leans: Mapping[str, float]
    """Head -> what is added to the logits of names where none is known."""
    reasons: tuple[str, ...]
    rejection: Rejection | None = None
    """None where too few rows have an intent to choose a threshold on: then nothing is rejected."""


@dataclass(frozen=True)
class Rejection:
    """What gets through the intent's threshold, beside what was wished; shares of valid rows, from 0 to 1."""

    outside_accepted: float
    """Of utterances from outside, how many are answered all the same."""
    outside_wished: float
    """At most so many should be: `reject.false_accept`."""
    outside_rows: int
    wrong_accepted: float
    """Of utterances whose intent is taken for another, how many are answered."""
    wrong_rows: int
    right_rejected: float
    """Of utterances understood rightly, how many are turned down; at most `reject.false_reject` may be."""


@dataclass(frozen=True)
class Threshold:
    """A threshold and what it does to the rows that it was chosen on."""

    value: float
    false_accept: float
    """Share of utterances from outside that are answered all the same."""
    false_reject: float
    """Share of utterances understood rightly that are turned down."""


def calibrate(runtime: Runtime, frames: Iterable[pl.DataFrame], reject: RejectSpec) -> Calibration:
    """Fit every head's temperature, then the intent's threshold, on rows that training did not see.

    Utterances from outside are the rows labelled `oos` where the data has some; else talk, other languages and noise
    that ship with Trunkline. The threshold is for a device that knows what it is asked for by name; temperatures and
    leaning are for one that was told nothing.
    """
    texts, logits, at_home, gold = _answers(runtime, frames)
    temperatures, thresholds, leans, reasons, rejection = {}, {}, {}, [], None
    for head in runtime.manifest.heads:
        known = [i for i, target in enumerate(gold[head.name]) if target is not None]
        temperature = 1.0
        if len(known) >= _MIN_ROWS and head.kind != "score":
            pairs = [(logits[head.name][i], gold[head.name][i]) for i in known]
            temperature = _fit(head, pairs)
            reasons.append(f"{head.name}: temperature {temperature:.3f} of {len(known)} rows")
        temperatures[head.name], thresholds[head.name], leans[head.name] = temperature, head.threshold, 0.0
        if head.name == SLOTS_HEAD and head.kind == "tag" and runtime.manifest.names and len(known) >= _MIN_ROWS:
            pairs = [(logits[head.name][i], gold[head.name][i]) for i in known]
            leans[head.name], exact = choose_lean(head.labels, runtime.manifest.names, pairs)
            reasons.append(
                f"{head.name}: leans to names by {leans[head.name]:g}: {exact:.1%} of {len(known)} rows exact"
            )
    intent = _class_head(runtime, INTENT_HEAD)
    if intent and sum(target is not None for target in gold[INTENT_HEAD]) >= _MIN_ROWS:
        sure = partial(_sure, intent, _class_head(runtime, DOMAIN_HEAD), temperatures)
        inside, outside, wrong, origin = _divided(runtime, intent, sure, texts, at_home, gold[INTENT_HEAD])
        chosen = choose_threshold(inside, outside, reject)
        thresholds[INTENT_HEAD] = chosen.value
        rejection = Rejection(
            outside_accepted=chosen.false_accept,
            outside_wished=reject.false_accept,
            outside_rows=len(outside),
            wrong_accepted=_share(wrong >= chosen.value),
            wrong_rows=len(wrong),
            right_rejected=chosen.false_reject,
        )
        reasons.append(
            f"{INTENT_HEAD}: rejected below {chosen.value:.3f}: accepts {chosen.false_accept:.1%} of {len(outside)} "
            f"{origin} (target {reject.false_accept:.1%}), rejects {chosen.false_reject:.1%} of {len(inside)} "
            f"right answers (at most {reject.false_reject:.1%})"
        )
    return Calibration(temperatures, thresholds, leans, tuple(reasons), rejection)


def splits_safely(runtime: Runtime, frames: Iterable[pl.DataFrame]) -> tuple[bool, str]:
    """Say whether a runtime that splits commands leaves single ones whole, and why.

    Every row is a single one, unless it is labelled `several`, or is for nobody: of those the threshold decides.
    """
    whole = split = 0
    for frame in frames:
        for text, labels in zip(frame["text"], frame["labels"].to_list(), strict=True):
            if labels.get(INTENT_HEAD) in RESERVED:
                continue
            if any(len(pieces(text, lang)) > 1 for lang in runtime.manifest.spoken):
                is_split = len(runtime.parse(text).intents) > 1
                whole, split = whole + (not is_split), split + is_split
    found = f"{split} of {whole + split} single commands with a conjunction would be split"
    is_safe = whole >= _MIN_ROWS and split <= _BROKEN * (whole + split)
    return is_safe, f"several commands: {found} (allowed: {_BROKEN:.0%} of {_MIN_ROWS} or more)"


def fit_temperature(logits: Floats, targets: NDArray[np.int64]) -> float:
    """Return the temperature of the least negative log-likelihood; logits (rows, labels), targets (rows,).

    The likelihood is concave in 1/T, so a bounded search over log T finds its one optimum. As many rows right
    do not prove that none is ever wrong, targets give away 1 in n + 2 (Platt 1999, section 2.2): a flawless head on
    few rows would else be called certain of everything.
    """
    doubt = 1 / (len(targets) + 2)
    own = (1 - doubt) * logits[np.arange(len(targets)), targets] + doubt * logits.mean(axis=1)

    def loss(log_t: float) -> float:
        scaled = logits / math.exp(log_t)
        most = scaled.max(axis=1)
        return float(np.mean(np.log(np.exp(scaled - most[:, np.newaxis]).sum(axis=1)) + most - own / math.exp(log_t)))

    found = minimize_scalar(loss, bounds=np.log((_COLDEST, _HOTTEST)), method="bounded", options={"xatol": 1e-9})
    return round(math.exp(found.x), _DIGITS)


def choose_lean(
    labels: Sequence[str], names: Container[str], pairs: Sequence[tuple[Floats, NDArray[np.int64]]]
) -> tuple[float, float]:
    """Return how far a tag head should lean to names where it knows none, and the share of rows that are then exact.

    `pairs` are a row's logits (words, tags) and tags (words,). Of equally good ones the least.
    """
    found: dict[float, float] = {}
    for lean in _LEANS:
        added = lean_of(labels, names, lean)
        found[lean] = sum(best_tags(row + added) == list(tags) for row, tags in pairs) / len(pairs)
    best = max(_LEANS, key=lambda lean: (found[lean], -lean))
    return best, found[best]


def choose_threshold(inside: Floats, outside: Floats, reject: RejectSpec) -> Threshold:
    """Return the lowest threshold that lets in no more from outside than wished; `false_reject` bounds its cost.

    `inside` is how sure right answers are, `outside` answers that should not have been given, 0 where an answer was
    turned down already. What is as sure as the threshold is accepted.
    """
    unit = 10.0**-_DIGITS
    accepted = np.sort(outside)[::-1]
    allowed = math.floor(reject.false_accept * len(outside))
    # Just above the first one that must not come in.
    wished = (math.floor(accepted[allowed] / unit) + 1) * unit if allowed < len(outside) else 0.0
    understood = np.sort(inside)
    spared = math.floor(reject.false_reject * len(inside))
    bearable = math.floor(understood[spared] / unit) * unit if spared < len(inside) else 1.0
    value = round(max(0.0, min(wished, bearable)), _DIGITS)
    return Threshold(value, _share(outside >= value), _share(inside < value))


def _share(these: NDArray[np.bool_]) -> float:
    return float(these.mean()) if len(these) else 0.0


def _divided(
    runtime: Runtime,
    head: HeadEntry,
    sure: Callable[[Mapping[str, Floats]], tuple[int, float]],
    texts: list[str],
    rows: list[dict[str, Floats]],
    gold: list[Any],
) -> tuple[Floats, Floats, Floats, str]:
    """Return how sure right answers are, answers to utterances from outside, and wrong ones inside.

    Last of all stands where the utterances from outside come from.
    """
    rejected, several = (head.labels.index(each) if each in head.labels else None for each in (OUT_OF_SCOPE, SEVERAL))
    inside, outside, wrong = [], [], []
    for row, target in zip(rows, gold, strict=True):
        best, p = sure(row)
        if target is not None and target == rejected:
            outside.append(0.0 if best in (rejected, several) else p)
        elif target is not None and best == target and target != several:
            inside.append(p)
        elif target is not None and best not in (rejected, several):
            wrong.append(p)
    origin = f"rows labelled {OUT_OF_SCOPE}"
    if not outside:
        origin = "built-in out-of-scope utterances"
        said = set(texts)
        for text in _foreign(runtime.manifest.lang):
            encoding = runtime.featurizer.read(text)
            if encoding.words and text not in said:
                tensors = runtime.tensors(encoding)
                outside.append(sure({each.name: tensors[each.logits][0] for each in runtime.manifest.heads})[1])
    return np.asarray(inside), np.asarray(outside), np.asarray(wrong), origin


def _class_head(runtime: Runtime, name: str) -> HeadEntry | None:
    return next((head for head in runtime.manifest.heads if head.name == name and head.kind == "class"), None)


def _sure(
    intent: HeadEntry, domain: HeadEntry | None, temperatures: Mapping[str, float], row: Mapping[str, Floats]
) -> tuple[int, float]:
    """Return the likeliest intent, and how sure the answer is, from the logits of one row."""
    p, of_domain = (
        softmax(row[head.name].astype(np.float64) / temperatures[head.name]) if head else None
        for head in (intent, domain)
    )
    assert p is not None
    return int(p.argmax()), confidence_of(p, intent.labels, of_domain)


def _foreign(lang: str) -> list[str]:
    """Return utterances that mean nothing to a product in this language: to any but an English one, English is foreign.

    Other languages' sentences are lights and weather: a product in one of them must not learn to turn them down.
    """
    kinds = OUTSIDE["train"] if lang.split("-")[0] == "en" else {k: OUTSIDE["train"][k] for k in ("talk", "noise")}
    return [text for texts in kinds.values() for text in texts]


def _answers(
    runtime: Runtime, frames: Iterable[pl.DataFrame]
) -> tuple[list[str], dict[str, list[Floats]], list[dict[str, Floats]], dict[str, list[Any]]]:
    """Return the texts, and of each head one array of logits and one target a text; None where there is no label.

    In between, of each text the logits of all heads by a device that knows its names.
    """
    texts: list[str] = []
    at_home: list[dict[str, Floats]] = []
    logits: dict[str, list[Floats]] = {head.name: [] for head in runtime.manifest.heads}
    gold: dict[str, list[Any]] = {head.name: [] for head in runtime.manifest.heads}
    for frame in frames:
        for text, labels in zip(frame["text"], frame["labels"].to_list(), strict=True):
            encoding = runtime.featurizer.read(text)
            if not encoding.words:
                continue
            tensors = runtime.tensors(encoding)
            texts.append(text)
            said = _names_in(text, labels, runtime.manifest)
            known = runtime.tensors(encoding, Lexicon(said, runtime.manifest.name_lists)) if said.count else tensors
            at_home.append({head.name: known[head.logits][0].astype(np.float64) for head in runtime.manifest.heads})
            for head in runtime.manifest.heads:
                logits[head.name].append(tensors[head.logits][0].astype(np.float64))
                gold[head.name].append(_target(head, labels.get(head.name), encoding))
    return texts, logits, at_home, gold


def _names_in(text: str, labels: Mapping[str, Any], manifest: Manifest) -> Names:
    """Return what a device knows that knows what is called by name in a row, and nothing else."""
    lists: dict[str, list[Entry]] = {}
    for span in labels.get(SLOTS_HEAD) or ():
        name = text[span["start"] : span["end"]]
        if span["label"] in (manifest.names or {}) and name_fault(name) is None:
            lists.setdefault((manifest.names or {})[span["label"]], []).append(Entry(name, (name,)))
    return Names({of: tuple(entries) for of, entries in lists.items()})


def _target(head: HeadEntry, label: Any, encoding: Encoding) -> Any:
    """class: an index; multilabel: (labels,) 0 and 1; tag: (words,) tags; None for no label or one that is unknown."""
    if label is None or head.kind == "score":
        return None
    if head.kind == "class":
        return head.labels.index(label) if label in head.labels else None
    if head.kind == "multilabel":
        return np.asarray([int(name in label) for name in head.labels])
    known = [
        (span["start"], span["end"], head.labels.index(span["label"])) for span in label if span["label"] in head.labels
    ]
    return np.asarray(encode_tags(encoding.words, known))


def _fit(head: HeadEntry, pairs: list[tuple[Floats, Any]]) -> float:
    if head.kind == "class":
        return fit_temperature(np.stack([row for row, _ in pairs]), np.asarray([target for _, target in pairs]))
    flat = np.concatenate([row.reshape(-1, row.shape[-1]) if head.kind == "tag" else row for row, _ in pairs])
    targets = np.concatenate([target for _, target in pairs])
    if head.kind == "multilabel":  # a sigmoid is a softmax over the logit and 0
        flat = np.stack([np.zeros(len(flat)), flat], axis=1)
    return fit_temperature(flat, targets)
