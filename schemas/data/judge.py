"""Rows judged one by one, a partition of a source at a time: each may be another process's, on another machine.

What is passed on is small; the rows themselves wait in files.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.data.ahead import THREADS, ahead
from schemas.data.by_column import Placed, shape_rows
from schemas.data.coerce import Shaped, hash_column, shape, tag_labels
from schemas.data.contract import RowError, label_column
from schemas.data.parts import write_part
from schemas.data.quarantine import quarantined
from schemas.data.rules import Rules
from schemas.data.sources.hints import find_inclusive_ends
from schemas.data.sources.json import JsonLines
from schemas.data.sources.partitions import Partition
from schemas.data.sources.records import LeftOut, Record
from schemas.data.sources.registry import origin, partitions_of, read_rows, source_name
from schemas.data.sources.unpacked import ColumnRows
from schemas.spec.product import Spec

DATA_COLUMNS = ("id", "text", "split", "lang", "source", "labels")

_LOOKED_AT_SPANS = 1_000  # of a head, to tell how they are counted

_Chunk: TypeAlias = JsonLines | ColumnRows | list[Record]


@dataclass(frozen=True)
class Portion:
    """Rows that are read by one process: a partition of a source, or all of a source that has none."""

    source: int
    """The source's place in the spec."""
    partition: Partition | None
    is_first: bool
    """Of its source."""


@dataclass(frozen=True)
class Judged:
    """Some rows of a portion, which were judged, each by itself."""

    portion: Portion
    rows: int
    waiting: tuple[Path, ...]
    """Arrow files with the rows without errors, in order, and all that is needed to keep or to quarantine them."""
    bad: tuple[Path, ...]
    """Arrow files in the columns of the quarantine."""
    hints: Counter[str]
    """What seems to be meant by names that are not ours -> rows."""
    odd_ends: str | None
    """Why the spans of a head seem to be counted in another way; looked for in the first rows of a source."""
    left_out: Counter[str]
    """What of the source has no place in rows -> how often."""


def portions_of(spec: Spec) -> list[Portion]:
    """Return what is to be read; raises `DataRefused` where a source is not there."""
    return [
        Portion(number, part, is_first=at == 0)
        for number, source in enumerate(spec.data)
        for at, part in enumerate(partitions_of(spec, source))
    ]


def judge(spec: Spec, portion: Portion, folder: Path) -> Iterator[Judged]:
    """Judge every row of a portion by itself, leave the rows in `folder`, and yield what became of them, in order.

    What a killed process left there is removed.

    Raises:
        DataRefused: an unreadable file, no column `text`.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("waiting", "bad"):
        (folder / name).mkdir(parents=True)
    left_out: Counter[str] = Counter()

    def leave_out(found: LeftOut) -> None:
        left_out[found.what] += found.times

    rules = Rules(spec)

    def judge_chunk(placed: tuple[int, _Chunk]) -> Judged:
        chunk, name = _judge(spec, rules, portion, placed), f"{placed[0]:06}.arrow"
        places = write_part(chunk.waiting, folder / "waiting" / name), write_part(chunk.bad, folder / "bad" / name)
        return Judged(portion, chunk.rows, *places, chunk.hints, chunk.odd_ends, Counter())

    chunks = read_rows(spec, spec.data[portion.source], portion.partition, leave_out)
    with ThreadPoolExecutor(THREADS) as pool:
        yield from ahead(pool, judge_chunk, enumerate(chunks), _at_once)
    if left_out:
        yield Judged(portion, 0, (), (), Counter(), None, left_out)


@dataclass(frozen=True)
class _JudgedChunk:
    rows: int
    waiting: pl.DataFrame
    bad: pl.DataFrame
    hints: Counter[str]
    odd_ends: str | None


def _at_once(chunk: tuple[int, _Chunk]) -> int:
    # Records are judged in Python, where threads only wait for each other.
    return 0 if isinstance(chunk[1], list) else THREADS


def _judge(spec: Spec, rules: Rules, portion: Portion, placed: tuple[int, _Chunk]) -> _JudgedChunk:
    """Judge the rows of a chunk, which comes with its place in the portion."""
    place_of_chunk, chunk = placed
    source = spec.data[portion.source]
    name = source_name(source)
    if isinstance(chunk, list):
        parts = [Placed(np.arange(len(chunk)), shape(chunk, spec, source, name))]
    else:
        parts = shape_rows(chunk, spec, source, name)
    bad: list[tuple[NDArray[np.intp], pl.DataFrame]] = []
    waiting: list[tuple[NDArray[np.intp], pl.DataFrame]] = []
    for at, shaped in parts:
        row_errors = shaped.row_errors + rules.check(shaped)
        rows = sorted({error.row for error in row_errors})
        bad.append((at[rows], quarantined(origin(source), shaped.frame, row_errors)))
        waiting.append((np.delete(at, rows), _waiting(spec, shaped, row_errors, portion.source)))
    is_first = portion.is_first and place_of_chunk == 0  # one way throughout a source
    return _JudgedChunk(
        rows=len(chunk),
        waiting=_in_order(waiting),
        bad=_in_order(bad),
        hints=sum((part.shaped.hints for part in parts), Counter()),
        odd_ends=_odd_ends(origin(source), [part.shaped for part in parts]) if is_first else None,
    )


def _in_order(parts: Sequence[tuple[NDArray[np.intp], pl.DataFrame]]) -> pl.DataFrame:
    """Join rows in the order of the positions that come with them."""
    filled = [part for part in parts if part[1].height] or parts[:1]
    joined = pl.concat([frame for _, frame in filled])
    return joined if len(filled) == 1 else joined[np.argsort(np.concatenate([at for at, _ in filled]))]


def _odd_ends(source: str, parts: Sequence[Shaped]) -> str | None:
    """Look whether the first spans of a chunk end where ours would."""
    for head in parts[0].spans:
        spans: list[tuple[int, int, int]] = []
        texts: list[str | None] = []
        for part in parts:
            first = part.spans[head].head(_LOOKED_AT_SPANS).select(pl.col("row") + len(texts), "start", "end")
            spans.extend(first.iter_rows())
            texts.extend(part.frame["text"])
        found = find_inclusive_ends(spans, texts)
        if found is not None:
            return f"{source}: head `{head}`: {found}"
    return None


def _waiting(spec: Spec, shaped: Shaped, row_errors: list[RowError], number: int) -> pl.DataFrame:
    """Return the rows without errors, with all that is needed to keep or to quarantine them later."""
    tags = [tag_labels(head, spans, shaped.frame) for head, spans in shaped.spans.items()]
    labels = [pl.col(label_column(head)).alias(head) for head in spec.labelled_heads]
    frame = shaped.frame.with_columns(tags).select(
        pl.lit(number, dtype=pl.UInt16).alias("origin"),
        "file",
        "line",
        "raw",
        *DATA_COLUMNS[:-1],
        pl.struct(labels).alias("labels"),
        "key",
        "content",
        *map(hash_column, spec.labelled_heads),
    )
    return without(frame, {error.row for error in row_errors})


def without(frame: pl.DataFrame, rows: Collection[int]) -> pl.DataFrame:
    """Return `frame` without the rows at these positions."""
    if not rows:
        return frame
    is_bad = pl.int_range(pl.len(), dtype=pl.UInt32).is_in(pl.Series(sorted(rows), dtype=pl.UInt32).implode())
    return frame.filter(~is_bad)
