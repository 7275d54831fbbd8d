"""Give rows a shape by whole columns: several times as fast as `coerce.shape`, with the same outcome.

Only rows about which there is no doubt pass here: of the right types, without a character that JSON must escape, of
moderate length. All others are left to `coerce.shape`, which alone can say what is wrong with a row. So which rows pass
here shows in nothing but the time that it takes; `tests/schemas/data/test_by_column.py` compares the two.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from schemas.data.coerce import (
    KEY_BYTES,
    OFFSET_LIMIT,
    Shaped,
    frame_dtypes,
    hash_column,
    in_lists,
    label_hash,
    shape,
    text_keys,
)
from schemas.data.contract import label_column
from schemas.data.sources.cells import PLAIN
from schemas.data.sources.json import JsonLines
from schemas.data.sources.unpacked import ColumnRows
from schemas.data.typed import typed_rows
from schemas.spec.product import DataSpec, Spec, ValidateSpec
from trunkline_edge.bundle.manifest import MAX_LABEL_CHARACTERS
from trunkline_edge.understanding.text import MAX_RAW_CHARACTERS, length_error, normalise

_LONG_NAME = 500
_HASHED_AT_ONCE = 2_000
_ESCAPED = r'[\x00-\x1f"\\]'
_PLAIN_WORD = r"^[a-z]{1,32}$"
_NO_LABEL = r'[\x00-\x1f\x7f-\x9f\x{2028}\x{2029}"\\]'


class Placed(NamedTuple):
    """Some rows of a chunk."""

    at: NDArray[np.intp]
    """Their positions in the chunk, ascending."""
    shaped: Shaped


def shape_rows(rows: JsonLines | ColumnRows, spec: Spec, source: DataSpec, default_source: str) -> list[Placed]:
    """Return what `coerce.shape` makes of the records of `rows`: the rows without doubt, and the others."""
    is_plain = len(default_source) < _LONG_NAME and not re.search(_ESCAPED, default_source + source.lang)
    typed = typed_rows(rows, spec, source) if is_plain else None
    sure = None if typed is None else _without_doubt(typed, spec)
    if sure is None or not sure.height:
        return [_one_by_one(np.arange(len(rows)), rows, spec, source, default_source)]
    placed = [Placed(sure["row"].to_numpy(), _shape_typed(sure, rows, spec, source, default_source))]
    others = np.setdiff1d(np.arange(len(rows)), placed[0].at, assume_unique=True)
    if len(others):
        placed.append(_one_by_one(others, rows, spec, source, default_source))
    return placed


def _one_by_one(
    at: NDArray[np.intp], rows: JsonLines | ColumnRows, spec: Spec, source: DataSpec, default_source: str
) -> Placed:
    shaped = shape(rows.records(at), spec, source, default_source)
    return Placed(at, replace(shaped, frame=shaped.frame.with_columns(rows.raws(pl.Series(at)).alias("raw"))))


def _without_doubt(typed: pl.DataFrame, spec: Spec) -> pl.DataFrame:
    """Return the rows whose values are as `coerce.shape` would leave them, or differ in ways that are known here."""
    text = pl.col("text")
    doubt = text.is_null() | (text.str.len_chars() > MAX_RAW_CHARACTERS)
    is_escaped = typed["raw"].str.contains("\\", literal=True) if "raw" in typed.columns else pl.Series([True])
    if is_escaped.any():  # else no value has a character that JSON must escape
        for name in PLAIN:
            doubt |= pl.col(name).str.contains(_ESCAPED).fill_null(False)
    for name, head in spec.labelled_heads.items():
        label = pl.col(label_column(name))
        if head.kind == "class":
            doubt |= pl.lit(_no_labels(typed[label_column(name)]))
        elif head.kind == "next_word":
            doubt |= ~label.str.contains(_PLAIN_WORD).fill_null(True)
        elif head.kind == "multilabel":
            doubt |= label.list.eval(_no_label(pl.element()).fill_null(True)).list.any().fill_null(False)
        elif head.kind == "score":
            doubt |= ~label.is_finite().fill_null(True) | (1 / label == float("-inf")).fill_null(False)  # -0
        else:
            spans = _spans(typed, name)
            wrong = ~_is_offset("start") | ~_is_offset("end") | pl.col("label").is_null()
            rows = spans.filter(wrong.fill_null(True) | pl.lit(_no_labels(spans["label"])))["row"].unique()
            if len(rows):
                doubt |= pl.int_range(pl.len(), dtype=pl.UInt32).is_in(rows.implode())
    typed = typed.drop("raw", strict=False).filter(~doubt)
    # Combining marks are counted in Python; ASCII has none.
    odd = typed.filter(text.str.len_bytes() > text.str.len_chars()).select("row", "text")
    too_long = [row for row, said in odd.iter_rows() if length_error(said)]
    return typed.filter(~pl.col("row").is_in(too_long)) if too_long else typed


def _no_label(label: pl.Expr) -> pl.Expr:
    return (label == "") | (label.str.len_chars() > MAX_LABEL_CHARACTERS) | label.str.contains(_NO_LABEL)


def _no_labels(labels: pl.Series) -> pl.Series:
    """Say of each text, but not of null, whether it cannot be a label."""
    distinct = labels.unique()  # few, of however many rows
    wrong = distinct.filter(distinct.to_frame().select(_no_label(pl.first())).to_series())
    return labels.is_in(wrong.implode()).fill_null(False)


def _is_offset(name: str) -> pl.Expr:
    return pl.col(name).is_between(-OFFSET_LIMIT, OFFSET_LIMIT, closed="none")


def _spans(typed: pl.DataFrame, head: str) -> pl.DataFrame:
    """Return row (of `typed`), start, end and label of each span of a head, in the order of `coerce.shape`."""
    lists = typed.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"), pl.col(label_column(head)).alias("span"))
    spans = lists.filter(pl.col("span").list.len() > 0).explode("span").unnest("span")
    start, end = pl.col("start"), pl.col("end")
    is_before = (start < start.shift(-1)) | ((start == start.shift(-1)) & (end <= end.shift(-1)))
    if spans.select((is_before | (pl.col("row") < pl.col("row").shift(-1))).all()).item():
        return spans
    return spans.sort("row", "start", "end", maintain_order=True)


def _shape_typed(
    typed: pl.DataFrame, rows: JsonLines | ColumnRows, spec: Spec, source: DataSpec, default_source: str
) -> Shaped:
    """Return the rows of `typed` in the columns of `coerce.frame_dtypes`."""
    forms = _forms(typed["text"])
    keys = _hashes("key", forms.cast(pl.Binary), text_keys, KEY_BYTES)
    typed = typed.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)) for name in PLAIN if name != "text")
    typed = typed.with_columns(
        pl.lit(rows.file).cast(pl.Categorical).alias("file"),
        rows.numbers(typed["row"]).alias("line"),
        rows.raws(typed["row"]).alias("raw"),
        forms.alias("normalised"),
        pl.col("split").fill_null(_assigned(keys, spec.validation)),
        pl.col("lang").fill_null(source.lang),
        pl.col("source").fill_null(default_source),
        keys,
    )
    spans = {name: _spans(typed, name) for name, head in spec.labelled_heads.items() if head.kind == "tag"}
    multilabel = [label_column(name) for name, head in spec.labelled_heads.items() if head.kind == "multilabel"]
    typed = typed.with_columns(pl.col(name).list.unique().list.sort() for name in multilabel)
    labels = typed.select(
        _json(typed, name, head.kind, spans).alias(name) for name, head in spec.labelled_heads.items()
    )
    typed = typed.with_columns(
        _hashes("content", _contents(typed, labels), _sha256, hashlib.sha256().digest_size),
        *(label_hash(pl.lit(label.cast(pl.Binary))).alias(hash_column(label.name)) for label in labels),
    )
    dtypes = frame_dtypes(spec) | {"raw": typed["raw"].dtype}
    frame = typed.select(pl.col(name).cast(dtype) for name, dtype in dtypes.items())
    tables = {name: found.with_columns(pl.lit(None, pl.String).alias("value")) for name, found in spans.items()}
    return Shaped(frame, tables, [], Counter())


def _forms(texts: pl.Series) -> pl.Series:
    """Return the normal forms of texts in which white space is at least no control character."""
    # Of ASCII, the letters' case and the spaces are all that a normal form changes.
    small = texts.str.to_lowercase().str.strip_chars(" ")
    if small.str.contains("  ", literal=True).any():
        small = small.str.replace_all(" {2,}", " ")
    odd = (texts.str.len_bytes() > texts.str.len_chars()).arg_true()
    if not len(odd):
        return small
    forms: list[str] = small.to_list()
    for at, text in zip(odd, texts[odd], strict=True):
        forms[at] = normalise(text)
    return pl.Series(forms, dtype=pl.String)


def _assigned(keys: pl.Series, shares: ValidateSpec) -> pl.Expr:
    """Return what `coerce.assign_split` does for each key."""
    point = pl.lit(keys).bin.head(8).bin.reinterpret(dtype=pl.UInt64, endianness="big").cast(pl.Float64) / 2.0**64
    held_out = pl.when(point < shares.test_share + shares.valid_share).then(pl.lit("valid")).otherwise(pl.lit("train"))
    return pl.when(point < shares.test_share).then(pl.lit("test")).otherwise(held_out)


def _json(typed: pl.DataFrame, name: str, kind: str, spans: Mapping[str, pl.DataFrame]) -> pl.Series:
    """Return the labels of a head as orjson writes them; null where there are none."""
    column = label_column(name)
    label = pl.col(column)
    if kind == "score":
        # Of no number's text is a comma part.
        values = typed[column].fill_null(0).to_numpy()
        written = orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].decode()
        texts = pl.Series([written]).str.split(",").explode()
        return typed.select(pl.when(label.is_not_null()).then(texts)).to_series()
    if kind in ("class", "next_word"):
        return typed.select(_between('"', label, '"')).to_series()
    if kind == "multilabel":
        several, none = _between('["', label.list.join('","'), '"]'), _between("[", label.list.join(""), "]")
        return typed.select(pl.when(label.list.len() > 0).then(several).otherwise(none)).to_series()
    parts = ('{"start":', pl.col("start"), ',"end":', pl.col("end"), ',"label":"', pl.col("label"), '"}')
    lists = in_lists(spans[name].select(_between(*parts)).to_series(), typed[column].list.len())
    return typed.select(pl.when(label.is_not_null()).then(_between("[", pl.lit(lists).list.join(","), "]"))).to_series()


def _contents(typed: pl.DataFrame, labels: pl.DataFrame) -> pl.Series:
    """Return what each row is hashed by, that of `coerce.shape`."""
    parts: list[Any] = ["[", _between('"', pl.col("id"), '"').fill_null("null")]
    for name in ("text", "split", "lang", "source"):
        parts += [',"', pl.col(name), '"']
    for at, label in enumerate(labels):
        parts += [",[" if at == 0 else ",", label.fill_null("null")]
    return typed.select(_between(*parts, "]]").cast(pl.Binary)).to_series()


def _sha256(contents: list[bytes]) -> list[bytes]:
    return [hashlib.sha256(content).digest() for content in contents]


def _hashes(name: str, values: pl.Series, hashes: Callable[[list[bytes]], list[bytes]], size: int) -> pl.Series:
    """Return a hash of `size` bytes for each value."""
    import pyarrow as pa  # takes 60 MiB, so only where rows are read

    # Few at once: so many values of Python's are not made anew in other memory, which the system would have to give.
    parts = (values.slice(at, _HASHED_AT_ONCE).to_list() for at in range(0, len(values), _HASHED_AT_ONCE))
    joined = b"".join(b"".join(hashes(part)) for part in parts)
    offsets = pa.py_buffer(np.arange(0, len(joined) + 1, size))
    array = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(values), [None, offsets, pa.py_buffer(joined)])
    return pl.Series(name, array)


def _between(*parts: Any) -> pl.Expr:
    return pl.concat_str([pl.lit(part) if isinstance(part, str | pl.Series) else part for part in parts])
