"""The whole pass: sources in; a data set, a quarantine and data issues out.

Rows are read and judged in chunks. Good ones wait on disk, beside an index of one short line a row, until all were
seen; then the index tells which rows repeat others. It is looked at a bucket at a time, so memory does not grow with
the rows.
"""

from __future__ import annotations

import errno
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import polars as pl

from schemas.data.by_column import shape_lines
from schemas.data.coerce import Shaped, hash_column, shape, tag_labels
from schemas.data.contract import SPLITS, RowError, label_column
from schemas.data.dataset import Dataset, rows_file
from schemas.data.digest import dataset_digest, source_digest
from schemas.data.duplicates import Repeats, find_repeats, tell, with_ids
from schemas.data.infer_spec import look
from schemas.data.issues import find_left_out
from schemas.data.profile import Counted, count_rows, profile
from schemas.data.quarantine import count_reasons, find_examples, place, quarantined, write_quarantine
from schemas.data.rules import Rules
from schemas.data.sources.hints import find_inclusive_ends
from schemas.data.sources.json import JsonLines
from schemas.data.sources.records import DataRefused, LeftOut, Record
from schemas.data.sources.registry import origin, read_lines_or_records, source_name
from schemas.spec.product import Spec

__all__ = ["DataRefused", "Validation", "source_digest", "validate"]

MAX_ROWS = 1_000_000_000
"""Of all sources together; of so many, a bucket of the index has four million."""

JUDGES = min(4, os.cpu_count() or 1)
"""Chunks judged at once. Most of that is done outside Python, but not all: more threads would wait for each other."""

ROW_GROUP_ROWS = 50_000
"""Of the files of a data set: what `Dataset.batches` reads at once."""

_Chunk: TypeAlias = JsonLines | list[Record]

DATA_COLUMNS = ("id", "text", "split", "lang", "source", "labels")


@dataclass(frozen=True)
class Validation:
    """What became of the rows: `good + quarantined == read`, always."""

    dataset: Dataset | None
    """None when refused."""
    read: int
    good: int
    quarantined: int
    reasons: Mapping[str, int]
    """Reason code -> rows, most frequent first; a row with two reasons counts in both."""
    examples: Mapping[str, str]
    """Reason code -> the first such row: file, line and what is wrong there."""
    quarantine: Path | None
    """Parquet file with the bad rows; None when there are none."""
    refused: str | None
    """Why the data set as a whole is refused."""
    seconds: float


def validate(
    spec: Spec,
    *,
    cache: Path,
    quarantine: Path,
    scratch: Path,
    champion: Dataset | None = None,
    on_rows: Callable[[int], None] = lambda rows: None,
) -> Validation:
    """Read and judge all rows of the spec's sources.

    A good data set goes to `cache`/<digest>, bad rows to a file in the folder `quarantine`; both have names made from
    content, so a second pass over equal sources changes nothing. `scratch` is an empty folder on the disk of `cache`,
    for what is in between; it is the caller's to remove. `on_rows` is told after each chunk how many rows were
    read so far.

    Raises:
        DataRefused: no such file, recipe or head; a file in an unknown or broken format; no column `text`.
    """
    begin = time.monotonic()
    quarantine_file = quarantine / f"{source_digest(spec)[:16]}.parquet"
    cache.mkdir(parents=True, exist_ok=True)
    waiting, bad, good = (_Parts(scratch / name) for name in ("waiting", "bad", "good"))
    told = _read_all(spec, waiting, bad, on_rows)
    n_read = told.rows
    (scratch / "repeats").mkdir()
    counted, repeats = _sift(spec, waiting, good, bad, scratch / "repeats")
    if bad.paths:
        write_quarantine(bad.paths, quarantine_file)
    reasons, examples = count_reasons(bad.paths), find_examples(bad.paths)
    dataset = None
    refused = _refuse(spec, told, counted, examples.get(next(iter(reasons), "")), quarantine_file)
    if refused is None:
        digest = dataset_digest(spec, repeats.good_contents())
        dataset = _publish(spec, told, good.paths, counted, digest, scratch / "dataset", cache, champion)
    return Validation(
        dataset=dataset,
        read=n_read,
        good=counted.rows,
        quarantined=n_read - counted.rows,
        reasons=reasons,
        examples=examples,
        quarantine=quarantine_file if bad.paths else None,
        refused=refused,
        seconds=time.monotonic() - begin,
    )


class _Parts:
    """Frames put down in numbered files."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.paths: list[Path] = []

    def add(self, frame: pl.DataFrame) -> None:
        if frame.height:
            path = self.folder / f"{len(self.paths):06}.parquet"
            frame.write_parquet(path, compression="lz4")
            self.paths.append(path)


@dataclass
class _Told:
    """What the sources told while their rows were judged one by one."""

    rows: int = 0
    hints: Counter[str] = field(default_factory=Counter)
    """What seems to be meant by names that are not ours -> rows."""
    odd_ends: str | None = None
    """Why the spans of a head seem to be counted in another way."""
    left_out: dict[str, Counter[str]] = field(default_factory=dict)
    """Source -> what of it has no place in rows -> how often."""

    def leave_out(self, source: str) -> Callable[[LeftOut], None]:
        """Return what counts the left-outs of a source."""
        counts = self.left_out.setdefault(source, Counter())
        return lambda left_out: counts.update({left_out.what: left_out.times})


@dataclass(frozen=True)
class _Judged:
    """A chunk whose rows were judged, each by itself."""

    rows: int
    bad: pl.DataFrame
    waiting: pl.DataFrame
    hints: Counter[str]
    odd_ends: str | None
    """Why the spans of a head seem to be counted in another way; looked for in the first chunk of a source."""


def _read_all(spec: Spec, waiting: _Parts, bad: _Parts, on_rows: Callable[[int], None]) -> _Told:
    """Judge every row by itself."""
    rules = Rules(spec)
    told = _Told()
    # All sources are there before any is read.
    streams = [read_lines_or_records(spec, source, told.leave_out(origin(source))) for source in spec.data]
    with ThreadPoolExecutor(JUDGES) as pool:
        for number, chunks in enumerate(streams):
            for judged in _ahead(pool, partial(_judge, spec, rules, number), chunks):
                bad.add(judged.bad)
                waiting.add(judged.waiting)
                told.odd_ends = told.odd_ends or judged.odd_ends
                told.hints += judged.hints
                told.rows += judged.rows
                if told.rows > MAX_ROWS:
                    raise DataRefused(f"{origin(spec.data[number])}: more than {MAX_ROWS:,} rows; give fewer")
                on_rows(told.rows)
    return told


def _ahead(
    pool: ThreadPoolExecutor, judge: Callable[[int, _Chunk], _Judged], chunks: Iterator[_Chunk]
) -> Iterator[_Judged]:
    """Yield what becomes of each chunk, in order; of chunks in lines, several are judged at once."""
    begun: deque[Future[_Judged]] = deque()
    for place_of_chunk, chunk in enumerate(chunks):
        begun.append(pool.submit(judge, place_of_chunk, chunk))
        # Records are judged in Python, where threads only wait for each other.
        while len(begun) > (JUDGES if isinstance(chunk, JsonLines) else 0):
            yield begun.popleft().result()
    while begun:
        yield begun.popleft().result()


def _judge(spec: Spec, rules: Rules, number: int, place_of_chunk: int, chunk: _Chunk) -> _Judged:
    """Judge the rows of a chunk of the source with this number."""
    source = spec.data[number]
    name = source_name(source)
    if isinstance(chunk, JsonLines):
        shaped = shape_lines(chunk, spec, source, name)
    else:
        shaped = shape(chunk, spec, source, name)
    row_errors = shaped.row_errors + rules.check(shaped)
    return _Judged(
        rows=len(chunk),
        bad=quarantined(origin(source), shaped.frame, row_errors),
        waiting=_waiting(spec, shaped, row_errors, number),
        hints=shaped.hints,
        odd_ends=_odd_ends(origin(source), shaped) if place_of_chunk == 0 else None,  # one way throughout a source
    )


def _odd_ends(source: str, shaped: Shaped) -> str | None:
    """Look whether the spans of a chunk end where ours would."""
    texts = shaped.frame["text"].to_list() if shaped.spans else []
    for head, spans in shaped.spans.items():
        found = find_inclusive_ends(spans.select("row", "start", "end").iter_rows(), texts)
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
    return _without(frame, {error.row for error in row_errors})


def _sift(spec: Spec, waiting: _Parts, good: _Parts, bad: _Parts, scratch: Path) -> tuple[Counted, Repeats]:
    """Part the rows that repeat others from the good ones."""
    heads = list(spec.labelled_heads)
    # What follows a text, a turn or a word, may well be now this and now that.
    certain = [
        hash_column(name)
        for name, head in spec.labelled_heads.items()
        if head.follows is None and not head.names_what_follows
    ]
    repeats = find_repeats(waiting.paths, certain, scratch)
    origins = [origin(source) for source in spec.data]
    places = _places(waiting.paths, repeats.rejected["first"].unique().sort())
    leaked_ids: dict[int, str] = dict.fromkeys((row for leak in repeats.leaks.values() for row in leak.first), "")

    def sifted() -> Iterator[pl.DataFrame]:
        offset = 0
        for path in waiting.paths:
            part = pl.read_parquet(path, glob=False)
            part = part.with_columns(pl.int_range(offset, offset + part.height, dtype=pl.Int64).alias("row"))
            mine = repeats.rejected.filter(pl.col("row").is_between(offset, offset + part.height, closed="left"))
            row_errors = []
            for row, code, first in mine.iter_rows():
                number, file, line = places[first]
                row_errors.append(RowError(row - offset, code, tell(code, place(origins[number], file), line)))
            bad.add(quarantined(origins[part["origin"][0]], part, row_errors))
            kept = with_ids(_without(part, {error.row for error in row_errors}), repeats.copies)
            good.add(kept.select(DATA_COLUMNS))
            leaked_ids.update(kept.filter(pl.col("row").is_in(list(leaked_ids))).select("row", "id").iter_rows())
            offset += part.height
            yield kept

    counted = count_rows(heads, sifted())
    leaked = {split: (leak.rows, [leaked_ids[row] for row in leak.first]) for split, leak in repeats.leaks.items()}
    return replace(counted, leaked=leaked), repeats


def _places(parts: Sequence[Path], rows: pl.Series) -> dict[int, tuple[int, str, int]]:
    """Return the origin, file and line of some rows, which are counted through all parts."""
    found: dict[int, tuple[int, str, int]] = {}
    offset = 0
    for path in parts if len(rows) else ():
        part = pl.read_parquet(path, columns=["origin", "file", "line"], glob=False)
        mine = rows.filter((rows >= offset) & (rows < offset + part.height))
        for row, *where in (
            part[mine - offset].with_columns(mine.alias("row")).select("row", pl.exclude("row")).iter_rows()
        ):
            found[row] = (where[0], where[1], where[2])
        offset += part.height
    return found


def _without(frame: pl.DataFrame, rows: Collection[int]) -> pl.DataFrame:
    """Return `frame` without the rows at these positions."""
    if not rows:
        return frame
    is_bad = pl.int_range(pl.len(), dtype=pl.UInt32).is_in(pl.Series(sorted(rows), dtype=pl.UInt32).implode())
    return frame.filter(~is_bad)


def _refuse(spec: Spec, told: _Told, counted: Counted, example: str | None, quarantine: Path) -> str | None:
    """Say why the data set as a whole cannot be used; None if it can. `example` is of the most frequent reason."""
    names = ", ".join(origin(source) for source in spec.data)
    n_read = told.rows
    if not n_read:
        return f"{names}: no rows"
    if told.odd_ends is not None:
        return told.odd_ends
    share, allowed = 1 - counted.rows / n_read, spec.validation.max_reject_share
    if share > allowed:
        return (
            f"{names}: {n_read - counted.rows:,} of {n_read:,} rows are bad ({share:.0%}, allowed {allowed:.0%}); "
            + "".join(f"{hint} in {rows:,} rows; " for hint, rows in told.hints.most_common(3))
            + f"for example {example}; all are in {quarantine}; mend them, or raise `validate.max_reject_share`"
        )
    if not counted.counts["train"]:
        return f"{names}: no good row is in train"
    bare = [head for head in spec.main_heads if head in counted.labelled and not counted.labelled[head]["train"]]
    if bare:
        heads = ", ".join(f"`{head}`" for head in bare)
        return f"{names}: no row of train has a label for {heads}; {_labels_there(spec)}"
    return None


def _labels_there(spec: Spec) -> str:
    """Say what the first rows label, for somebody whose spec names another head."""
    there: set[str] = set()
    for source in spec.data:
        with suppress(DataRefused):
            there |= {source.rename.get(name, name) for name in look(source).labels}
    named = ", ".join(f"`{name}`" for name in sorted(there)) or "nothing"
    return f"the rows label {named}: give the head that name, or use `rename`"


def _publish(
    spec: Spec,
    told: _Told,
    parts: list[Path],
    counted: Counted,
    digest: str,
    unfinished: Path,
    cache: Path,
    champion: Dataset | None,
) -> Dataset:
    """Put the good rows under their digest in the cache."""
    for split in SPLITS:
        path = rows_file(unfinished, split)
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = pl.scan_parquet(parts, glob=False).filter(pl.col("split") == split)
        rows.sink_parquet(path, row_group_size=ROW_GROUP_ROWS, sync_on_close="all")
    folder = cache / digest
    try:
        unfinished.rename(folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        # It is there already: the same rows, perhaps in another order.
    dataset = profile(spec, digest, folder, counted, champion)
    left_out = tuple(find_left_out(source, counts) for source, counts in told.left_out.items() if counts)
    dataset = replace(dataset, data_issues=(*dataset.data_issues, *left_out))
    dataset.save()
    return dataset
