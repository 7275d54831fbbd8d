"""Give untrusted rows a shape: values of any type in, typed columns, spans and row errors out.

This looks at rows in Python, one by one, and so can say what is wrong with any. What needs Unicode or a hash is made
here too; every other rule waits for the frames (`schemas.data.contract`). Rows of which nothing has to be said pass
through `schemas.data.by_column`, much faster.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import numpy as np
import orjson
import polars as pl

from schemas.data.contract import LABEL_DTYPES, MAX_ROW_BYTES, NUMBER_KINDS, REASONS, RowError, label_column
from schemas.data.sources.cells import PLAIN
from schemas.data.sources.hints import hint
from schemas.data.sources.records import Record, shown
from schemas.spec.heads import HeadSpec
from schemas.spec.product import DataSpec, Spec, ValidateSpec
from trunkline_edge.bundle.manifest import MAX_LABEL_CHARACTERS
from trunkline_edge.understanding.text import (
    MAX_CHARACTERS,
    is_character_boundary,
    length_error,
    normalise,
    split_words,
)

KEY_BYTES = 16
"""Of the hash that stands for a normalised text: among 10^12 texts two share one with a chance of 10^-15."""


@dataclass(frozen=True)
class Shaped:
    """A chunk of rows in typed columns."""

    frame: pl.DataFrame
    """One line a record: the columns of `frame_dtypes`."""
    spans: Mapping[str, pl.DataFrame]
    """Tag head -> its spans: row, start, end, label, value (JSON); sorted."""
    row_errors: list[RowError]
    hints: Counter[str]
    """What seems to be meant by names that are not ours -> rows."""


class _WrongType(ValueError):
    """A label is not of its head's type; the message says what it should be."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(f"{message} ({hint})" if hint else message)
        self.hint = hint


def frame_dtypes(spec: Spec) -> dict[str, pl.DataType]:
    """Return the columns of a chunk that has been shaped.

    `key` stands for the normalised text, `content` for the whole row, `hash.<head>` for the label (null: unlabelled).
    Tag labels are apart, in `Shaped.spans`.
    """
    columns = dict(_FIXED)
    for name, head in spec.labelled_heads.items():
        columns[hash_column(name)] = pl.Int64()
        if head.kind != "tag":
            columns[label_column(name)] = LABEL_DTYPES[head.kind]
    return columns


def hash_column(head: str) -> str:
    """Return the column that stands for the head's label."""
    return f"hash.{head}"


def text_key(form: str) -> bytes:
    """Return the hash that stands for a text in its normal form."""
    return text_keys([form.encode()])[0]


def text_keys(forms: Iterable[bytes]) -> list[bytes]:
    """Return the hash of each normal form."""
    begin = hashlib.blake2b(digest_size=KEY_BYTES).copy  # a third less time than to begin anew
    keys = []
    for form in forms:
        key = begin()
        key.update(form)
        keys.append(key.digest())
    return keys


def label_hash(label: pl.Expr) -> pl.Expr:
    """Return what stands for labels in JSON (binary) where labels are compared: null stays null."""
    # By polars, whole columns at once: ten times as fast as hashlib label by label, and the same in every process.
    return pl.when(label.is_not_null()).then(label.hash(seed=0).reinterpret(signed=True))


def assign_split(key: bytes, shares: ValidateSpec) -> str:
    """Return the split of a text that was given none; `key` is its hash, so equal texts get the same."""
    point = int.from_bytes(key[:8], "big") / 2**64
    if point < shares.test_share:
        return "test"
    return "valid" if point < shares.test_share + shares.valid_share else "train"


def shape(records: Sequence[Record], spec: Spec, source: DataSpec, default_source: str) -> Shaped:
    """Bring `records` into typed columns. A value of the wrong type becomes null and an error."""
    dtypes = frame_dtypes(spec)
    columns: dict[str, list[Any]] = {name: [] for name in dtypes}
    files, lines, raws, ids, texts, forms, splits, langs, sources, keys, contents = (columns[name] for name in _FIXED)
    heads = [
        (name, head.kind, head.follows is not None, source.field_of(head.follows or name))
        for name, head in spec.labelled_heads.items()
    ]
    is_followed = any(follows for _, _, follows, _ in heads)
    numbered = {name: _numbered_labels(head) for name, head in spec.labelled_heads.items() if head.kind == "tag"}
    spans = {name: _Spans() for name, kind, _, _ in heads if kind == "tag"}
    row_errors: list[RowError] = []
    hints: Counter[str] = Counter()
    for position, record in enumerate(records):
        row = record.row
        if row is None:
            row_errors.append(RowError(position, record.code, record.message))
            row = {}
        text = row.get("text")
        if type(text) is not str:
            near = hint("text", row) if text is None else None
            if near is not None:
                hints[near] += 1
                row_errors.append(RowError(position, "missing_text", f"{REASONS['missing_text']}; {near}"))
            text = None
        too_long = None if text is None else length_error(text)
        if too_long:
            row_errors.append(RowError(position, "text_too_long", too_long))
        # Of a text that no device reads, the beginning as it stands; all of it could not be normalised in time.
        form = "" if text is None else text[:MAX_CHARACTERS] if too_long else normalise(text)
        key = text_key(form)
        given = [_text(row, name, position, row_errors) for name in ("id", "split", "lang", "source")]
        split = given[1] or (None if text is None else assign_split(key, spec.validation))
        lang = given[2] or source.lang
        origin = given[3] or default_source
        named = (row.get("labels") or {}) if "labels" in row else _flat_labels(row)
        if type(named) is not dict:
            row_errors.append(RowError(position, "wrong_type", f"`labels` must be an object, found {shown(named)}"))
            named = {}
        after = (row.get("next") or {}) if is_followed else {}
        if type(after) is not dict:
            row_errors.append(RowError(position, "next_misfit", f"{REASONS['next_misfit']}; found {shown(after)}"))
            after = {}
        labels = []
        for name, kind, follows, field in heads:
            label = None if field is None else (after if follows else named).get(field)
            if label is not None:
                try:
                    label = _READERS[kind](label)
                    if kind == "tag":
                        label = _with_numbers(label, numbered[name])
                except _WrongType as error:
                    if error.hint is not None:
                        hints[error.hint] += 1
                    code = "next_misfit" if follows else "wrong_label_type"
                    row_errors.append(RowError(position, code, f"{name}: {error}, found {shown(label)}"))
                    label = None
            labels.append(label)
            columns[hash_column(name)].append(None if label is None else orjson.dumps(label))
            if kind == "tag":
                spans[name].add(position, label)
            else:
                columns[label_column(name)].append(label)
        content = orjson.dumps([given[0], text, split, lang, origin, labels])
        if len(content) > MAX_ROW_BYTES:
            row_errors.append(
                RowError(position, "row_too_large", f"{REASONS['row_too_large']}; found {len(content):,}")
            )
        files.append(record.file)
        lines.append(record.line)
        raws.append(record.raw)
        ids.append(given[0])
        texts.append(text)
        forms.append(form)
        splits.append(split)
        langs.append(lang)
        sources.append(origin)
        keys.append(key)
        contents.append(hashlib.sha256(content).digest())
    frame = _hashed(columns, dtypes, spec.labelled_heads)
    return Shaped(frame, {name: found.frame() for name, found in spans.items()}, row_errors, hints)


def span_table(spans: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the spans with what their rules look at, see `schemas.data.contract.Spans`; `frame` has their rows."""
    text = pl.col("text").fill_null("")
    texts = frame.select(text, text.str.len_chars().alias("characters"))
    table = spans.hstack(texts[spans["row"]])
    follows = pl.col("row") == pl.col("row").shift(1)
    doubtful = table.with_row_index("at").filter(pl.col("text").str.len_bytes() > pl.col("characters"))
    cut = [
        at
        for at, text, start, end in doubtful.select("at", "text", "start", "end").iter_rows()
        if _cuts(text, start) or _cuts(text, end)
    ]
    return table.select(
        *spans.columns,
        "characters",
        pl.when(follows).then(pl.col("end").shift(1)).otherwise(pl.col("start")).alias("previous_end"),
        pl.int_range(pl.len()).is_in(cut).not_().alias("whole"),
    )


def tag_labels(head: str, spans: pl.DataFrame, frame: pl.DataFrame) -> pl.Series:
    """Return the head's labels, a list of spans a row of `frame`: empty where it has none, null if unlabelled."""
    sizes = np.bincount(spans["row"], minlength=frame.height)
    lists = in_lists(spans.select(pl.struct("start", "end", "label", "value")).to_series(), pl.Series(sizes))
    return frame.select(
        pl.when(pl.col(hash_column(head)).is_not_null()).then(lists).alias(label_column(head))
    ).to_series()


def in_lists(values: pl.Series, sizes: pl.Series) -> pl.Series:
    """Return a list a row: the next so many values, as `sizes` (null: none) says of each."""
    import pyarrow as pa  # takes 60 MiB, so only where rows are read

    offsets = np.concatenate([[0], np.cumsum(sizes.fill_null(0).to_numpy(), dtype=np.int64)])
    return pl.Series(pa.LargeListArray.from_arrays(offsets, values.to_arrow()))


def _hashed(columns: Mapping[str, list[Any]], dtypes: Mapping[str, pl.DataType], heads: Iterable[str]) -> pl.DataFrame:
    """Return the frame of `columns`, in which the labels of `heads` still stand as JSON where their hashes go."""
    names = [hash_column(head) for head in heads]
    frame = pl.DataFrame(columns, schema={**dtypes, **dict.fromkeys(names, pl.Binary())})
    return frame.with_columns(label_hash(pl.col(names)))


def _cuts(text: str, offset: int) -> bool:
    return 0 <= offset <= len(text) and not is_character_boundary(text, offset)


def _flat_labels(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the labels of a row that has no `labels`: all its fields but those that are columns."""
    return {name: value for name, value in row.items() if name not in PLAIN}


def _text(row: Mapping[str, Any], name: str, position: int, row_errors: list[RowError]) -> str | None:
    value = row.get(name)
    if value is None or type(value) is str:
        return value or None
    row_errors.append(RowError(position, "wrong_type", f"`{name}` must be text, found {shown(value)}"))
    return None


class _Spans:
    """The spans of one head in flat columns; a frame is made of these many times faster than of nested lists."""

    def __init__(self) -> None:
        self.columns: dict[str, list[Any]] = {"row": [], "start": [], "end": [], "label": [], "value": []}

    def add(self, row: int, label: list[dict[str, Any]] | None) -> None:
        for span in label or ():
            self.columns["row"].append(row)
            for name in ("start", "end", "label"):
                self.columns[name].append(span[name])
            self.columns["value"].append(orjson.dumps(span["value"]).decode() if "value" in span else None)

    def frame(self) -> pl.DataFrame:
        return pl.DataFrame(self.columns, schema=_SPAN_DTYPES)


def _is_label(value: Any) -> bool:
    """Is this a text that a bundle may carry and a terminal may show?"""
    return type(value) is str and 0 < len(value) <= MAX_LABEL_CHARACTERS and not _CONTROLS.search(value)


def _read_class(value: Any) -> str:
    if type(value) is bool:
        return str(value).lower()
    if not _is_label(value):
        raise _WrongType(f"expected a label as {_LABEL}")
    return str(value)


def _read_next_word(value: Any) -> str:
    words = split_words(value) if type(value) is str and length_error(value) is None else []
    if len(words) != 1 or not _is_label(words[0].form):
        raise _WrongType("expected one word, the one that comes after the text")
    return words[0].form


def _read_multilabel(value: Any) -> list[str]:
    if type(value) is not list or not all(map(_is_label, value)):
        raise _WrongType(f"expected a list of labels as {_LABEL}")
    return sorted(set(value))


def _read_tag(value: Any) -> list[dict[str, Any]]:
    if type(value) is not list:
        raise _WrongType("expected a list of spans")
    return [_read_span(span) for span in value] if len(value) < 2 else sorted(map(_read_span, value), key=_BY_PLACE)


def _read_span(value: Any) -> dict[str, Any]:
    if type(value) is dict:
        start, end, label = value.get("start"), value.get("end"), value.get("label")
        if _is_offset(start) and _is_offset(end) and _is_label(label):
            span = {"start": start, "end": end, "label": label}
            given = value.get("value")
            if given is None:
                return span  # so that rows without values keep their digest
            if _is_plain(given):
                return {**span, "value": given}
        near = next(filter(None, (hint(part, value) for part in ("label", "start", "end") if part not in value)), None)
        raise _WrongType(f"expected spans with whole numbers `start` and `end`, a `label` as {_LABEL}{_VALUE}", near)
    raise _WrongType(f"expected spans with whole numbers `start` and `end`, a `label` as {_LABEL}{_VALUE}")


def _numbered_labels(head: HeadSpec) -> set[str]:
    """Return the labels of a tag head whose values are numbers."""
    return {label for label, rule in head.values.items() if rule.kind in NUMBER_KINDS}


def _with_numbers(spans: list[dict[str, Any]], numbered: Collection[str]) -> list[dict[str, Any]]:
    """Return the spans; where a label's values are numbers, a text that is one becomes it: mark-up has only text."""
    return [
        {**span, "value": _number_of(span["value"])} if span["label"] in numbered and "value" in span else span
        for span in spans
    ]


def _number_of(value: Any) -> Any:
    try:
        number = orjson.loads(value) if type(value) is str else value
    except orjson.JSONDecodeError:
        return value
    return number if type(number) in (int, float) and _is_plain(number) else value


def _is_plain(value: Any) -> bool:
    if type(value) is int:
        return -_EXACT < value < _EXACT
    return type(value) in (str, bool) or (type(value) is float and math.isfinite(value))


def _is_offset(value: Any) -> bool:
    return type(value) is int and -OFFSET_LIMIT < value < OFFSET_LIMIT


def _read_score(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise _WrongType("expected a finite number")
    return float(value)


_FIXED: Mapping[str, pl.DataType] = MappingProxyType(
    {
        "file": pl.Categorical(),
        "line": pl.Int64(),
        "raw": pl.Binary(),
        "id": pl.String(),
        "text": pl.String(),
        "normalised": pl.String(),
        "split": pl.String(),
        "lang": pl.String(),
        "source": pl.String(),
        "key": pl.Binary(),
        "content": pl.Binary(),
    }
)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LABEL = f"text of at most {MAX_LABEL_CHARACTERS} characters without control characters"
_VALUE = ", and if any a `value` that is text, a number, true or false"
_BY_PLACE = itemgetter("start", "end")
_EXACT = 2**53  # every JSON reader keeps whole numbers below that
OFFSET_LIMIT = 2**31  # no offset is that large; and frames could not hold every number that JSON can
_SPAN_DTYPES = {"row": pl.UInt32(), "start": pl.Int64(), "end": pl.Int64(), "label": pl.String(), "value": pl.String()}
_READERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "class": _read_class,
        "multilabel": _read_multilabel,
        "tag": _read_tag,
        "score": _read_score,
        "next_word": _read_next_word,
    }
)
