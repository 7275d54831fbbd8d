"""A spec for a bare file, inferred from its labels: to validate rows before a spec is written, or to write it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from schemas.data.sources.cells import PLAIN
from schemas.data.sources.columns import MAX_COLUMNS
from schemas.data.sources.hints import hint
from schemas.data.sources.importers import huggingface
from schemas.data.sources.records import DataRefused
from schemas.data.sources.registry import partitions, read_some
from schemas.data.sources.spans import are_tags
from schemas.spec.head_names import reserved_for
from schemas.spec.load import parse_spec
from schemas.spec.product import NAME_PATTERN, DataSpec, Spec
from trunkline_edge.printable import printable

MOST_ROWS, SAMPLE_LABELS = 100_000, 1_000
"""Rows of a source that are read (a second or two; CSV takes some more), and labels of a head that are kept of them."""

MOST_LABELS_SHARE, FEW_LABELS = 0.5, 20
"""Texts of which more than `FEW_LABELS` differ, and more than this share of all, are remarks or names, no labels."""


@dataclass
class Looked:
    """What the rows of a source say beside their texts."""

    rows: int = 0
    labels: dict[str, list[Any]] = field(default_factory=dict)
    """Column or field -> the values that are there, or `SAMPLE_LABELS` drawn from all."""
    labelled: Counter[str] = field(default_factory=Counter)
    """Column or field -> rows that have a value."""
    varied: set[str] = field(default_factory=set)
    """Columns or fields of which not all values are the same."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Column or field that is no head -> why not."""

    def add(self, name: str, label: Any, chance: Random) -> None:
        """Count a value, and keep it as likely as any other (Vitter 1985, algorithm R): files are sorted by label."""
        labels = self.labels.setdefault(name, [])
        self.labelled[name] += 1
        if labels and label != labels[0]:
            self.varied.add(name)
        if len(labels) < SAMPLE_LABELS:
            labels.append(label)
        elif (at := chance.randrange(self.labelled[name])) < SAMPLE_LABELS:
            labels[at] = label


def look(source: DataSpec) -> Looked:
    """Read the rows of a source, `MOST_ROWS` at most; which values are kept of them is always the same.

    Raises:
        DataRefused: the source cannot be read, or no row has a text, or a label.
    """
    looked = Looked()
    chance = Random(0)
    first, has_text = dict[str, Any](), False
    for row in (record.row for record in read_some(source, MOST_ROWS) if record.row):
        looked.rows += 1
        first = first or row
        has_text = has_text or isinstance(row.get("text"), str)
        for name, label in _labels_of(row):
            if name in looked.labels or len(looked.labels) < MAX_COLUMNS:
                looked.add(name, label, chance)
    if not looked.rows:
        raise DataRefused(f"{source.path}: no row in it can be read; expected one utterance a row")
    if not has_text:
        told = hint("text", first) or f"the first has {', '.join(first)[:200]}"
        raise DataRefused(f"{source.path}: no row has a `text`; {told}")
    _leave_out(looked)
    if not looked.labels:
        expected = "expected a column, or a field of `labels`, for each head"
        raise DataRefused(f"{source.path}: no labels in {looked.rows:,} rows; {expected}")
    return looked


def _leave_out(looked: Looked) -> None:
    """Take out what is no head, with the reason."""
    for name, labels in list(looked.labels.items()):
        if not _are_labels(labels):
            some = " looked at" if len(labels) < looked.labelled[name] else ""
            looked.left_out[name] = f"{len(set(map(str, labels))):,} of {len(labels):,} values{some} differ"
            del looked.labels[name]
        elif not re.fullmatch(NAME_PATTERN, head_name(name)) or printable(name) != name:
            looked.left_out[name] = "no head can have this name"
            del looked.labels[name]
    # A date or a source that is the same in all rows; the only head there is stays, for validation to tell.
    same = [
        name
        for name, labels in looked.labels.items()
        if looked.labelled[name] > FEW_LABELS and isinstance(labels[0], str) and name not in looked.varied
    ]
    for name in same if len(same) < len(looked.labels) else ():
        looked.left_out[name] = f"all {looked.labelled[name]:,} values are the same"
        del looked.labels[name]


def _labels_of(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the column or field, and the value, of each label of a row, true and false as text."""
    labels = row.get("labels", {name: value for name, value in row.items() if name not in PLAIN})
    for name, label in labels.items() if isinstance(labels, dict) else ():
        if label is not None:
            yield name, str(label).lower() if isinstance(label, bool) else label


def infer_spec(path: Path, source: DataSpec | None = None) -> Spec:
    """Return a spec whose heads are those that the rows of a file label, each kind told by its labels.

    `source` says how `path` is read where that is not told by its name. Raises `DataRefused` as `look` does.
    """
    source = as_saved(source or DataSpec(path=path))
    return spec_of(look(source), source)


def as_saved(source: DataSpec) -> DataSpec:
    """Return the source; with the format `huggingface` where none is given and its first file says so of itself.

    As bare rows, classes would be numbers, and the splits that folders stand for would be mixed.
    """
    if source.path is None or source.format is not None:
        return source
    first = Path(partitions(source)[0].place)
    is_saved = first.suffix.lower() in huggingface.SUFFIXES and huggingface.is_saved_by_datasets(first)
    return source.model_copy(update={"format": "huggingface"}) if is_saved else source


def spec_of(looked: Looked, source: DataSpec) -> Spec:
    """Return the spec for what was seen in a source."""
    assert source.path is not None
    name = re.sub(r"[^a-z0-9_-]", "-", source.path.stem.lower())
    name = name if name[:1].isalpha() else f"set-{name}"
    heads = {head_name(theirs): {"kind": _kind(labels)} for theirs, labels in looked.labels.items()}
    renamed = {theirs: head_name(theirs) for theirs in looked.labels if head_name(theirs) != theirs}
    data = source.model_dump(mode="json", exclude_defaults=True) | ({"rename": renamed} if renamed else {})
    return parse_spec({"name": name[:63], "data": [data], "heads": heads}, where=f"inferred from {source.path}")


def head_name(theirs: str) -> str:
    """Return the name of the head that a column or field labels: their own, as far as a head can have it."""
    name = re.sub(r"[^a-z0-9]+", "_", theirs.lower()).strip("_") if not re.fullmatch(NAME_PATTERN, theirs) else theirs
    return f"{name}_head" if reserved_for(name) else name


def _are_labels(values: list[Any]) -> bool:
    texts = [value for value in values if isinstance(value, str) and not _look_like_spans(value)]
    if texts and all(map(_is_number, texts)) and any("." in text for text in texts):  # measures, not numbers of rows
        return True
    return len(set(texts)) <= max(FEW_LABELS, MOST_LABELS_SHARE * len(values))


def _kind(labels: Iterable[Any]) -> str:
    """Tell a head's kind by what most of its labels are; an empty list may belong to either list kind.

    A broken row must not decide: spans that could not be read are text, and no class.
    """
    kinds: Counter[str] = Counter()
    numbers: set[str] = set()
    for label in labels:
        if isinstance(label, str):
            kinds["tag" if _look_like_spans(label) else "class"] += 1
            if _is_number(label):
                numbers.add(label)
                kinds["number"] += 1
        elif isinstance(label, int | float):
            kinds["score"] += 1
        elif isinstance(label, list) and label:
            kinds["tag" if isinstance(label[0], dict) else "multilabel"] += 1
    # Cells of a table are text: numbers are scores where they are measures, and not where they number few classes.
    if kinds.pop("number", 0) == kinds["class"] and (len(numbers) > FEW_LABELS or any("." in n for n in numbers)):
        return "score"
    return kinds.most_common(1)[0][0] if kinds.total() else "tag"


def _look_like_spans(text: str) -> bool:
    tags = text.split()
    return text.lstrip().startswith("[{") or (len(tags) > 1 and are_tags(tags))


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?\d+(\.\d+)?", text.strip()) is not None
