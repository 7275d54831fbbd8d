"""A spec for a bare file, inferred from its labels, so that rows can be validated before a spec is written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from schemas.data.sources.cells import PLAIN
from schemas.data.sources.records import DataRefused
from schemas.data.sources.registry import read
from schemas.spec.load import parse_spec
from schemas.spec.product import NAME_PATTERN, DataSpec, Spec

SAMPLE_ROWS = 1_000


MOST_LABELS_SHARE, FEW_LABELS = 0.5, 20
"""Texts of which more than `FEW_LABELS` differ, and more than this share of all, are remarks or names, no labels."""


def infer_spec(path: Path, source: DataSpec | None = None) -> Spec:
    """Return a spec whose heads are those labelled in the first rows of a file, each kind told by its labels.

    `source` says how `path` is read where that is not told by its name. Raises `DataRefused` for a file that cannot be
    read, or that labels nothing there.
    """
    source = source or DataSpec(path=path)
    rows = [record.row for record in islice(read(source, {}), SAMPLE_ROWS) if record.row]
    labelled: dict[str, list[Any]] = {}
    for row in rows:
        labels = row.get("labels", {name: value for name, value in row.items() if name not in PLAIN})
        for head, label in labels.items() if isinstance(labels, dict) else ():
            if label is not None and re.fullmatch(NAME_PATTERN, head):
                labelled.setdefault(head, []).append(label)
    labelled = {head: labels for head, labels in labelled.items() if _are_labels(labels)}
    if not labelled:
        raise DataRefused(
            f"{path}: no labels in the first {len(rows)} rows; expected a column, or a field of `labels`, for each head"
        )
    name = re.sub(r"[^a-z0-9_-]", "-", path.stem.lower())
    name = name if name[:1].isalpha() else f"set-{name}"
    heads = {head: {"kind": _kind(labels)} for head, labels in labelled.items()}
    data = [source.model_dump(mode="json", exclude_defaults=True)]
    return parse_spec({"name": name[:63], "data": data, "heads": heads}, where=f"inferred from {path}")


def _are_labels(values: list[Any]) -> bool:
    texts = [value for value in values if isinstance(value, str)]
    return len(set(texts)) <= max(FEW_LABELS, MOST_LABELS_SHARE * len(values))


def _kind(labels: Iterable[Any]) -> str:
    """Tell a head's kind by the first label that shows it; an empty list may belong to either list kind."""
    for label in labels:
        if isinstance(label, str):
            return "class"
        if isinstance(label, int | float):
            return "score"
        if isinstance(label, list) and label:
            return "tag" if isinstance(label[0], dict) else "multilabel"
    return "tag"
