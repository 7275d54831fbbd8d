"""A spec for a bare file, inferred from its labels, so that rows can be validated before a spec is written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from schemas.data.sources.records import DataRefused
from schemas.data.sources.registry import read
from schemas.spec.load import parse_spec
from schemas.spec.product import DataSpec, Spec

SAMPLE_ROWS = 1_000


def infer_spec(path: Path) -> Spec:
    """Return a spec whose heads are those labelled in the first rows of a file, each kind told by its labels.

    Raises `DataRefused` for a file that cannot be read, or that labels nothing there.
    """
    rows = [record.row for record in islice(read(DataSpec(path=path), {}), SAMPLE_ROWS) if record.row]
    labelled: dict[str, list[Any]] = {}
    for row in rows:
        labels = row.get("labels")
        for head, label in labels.items() if isinstance(labels, dict) else ():
            if label is not None:
                labelled.setdefault(head, []).append(label)
    if not labelled:
        raise DataRefused(f"{path}: no labels in the first {len(rows)} rows; expected a struct `labels`, head to label")
    name = re.sub(r"[^a-z0-9_-]", "-", path.stem.lower())
    name = name if name[:1].isalpha() else f"set-{name}"
    heads = {head: {"kind": _kind(labels)} for head, labels in labelled.items()}
    return parse_spec({"name": name[:63], "data": [{"path": str(path)}], "heads": heads}, where=f"inferred from {path}")


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
