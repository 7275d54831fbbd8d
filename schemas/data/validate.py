"""The whole pass: sources in; a data set, a quarantine and data issues out.

Rows are read and judged in chunks. Good ones wait on disk, beside an index of one short line a row, until all were
seen; then the index tells which rows repeat others. Memory grows by the index alone, never by the rows themselves.
"""

from __future__ import annotations

import errno
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from schemas.data.coerce import Shaped, hash_column, shape, tag_labels
from schemas.data.contract import SPLITS, RowError, label_column
from schemas.data.dataset import Dataset, rows_file
from schemas.data.digest import dataset_digest, source_digest
from schemas.data.duplicates import find_repeats, tell
from schemas.data.issues import find_left_out
from schemas.data.profile import profile
from schemas.data.quarantine import count_reasons, find_examples, place, quarantined, write_quarantine
from schemas.data.rules import Rules
from schemas.data.sources.hints import find_inclusive_ends
from schemas.data.sources.records import DataRefused, LeftOut
from schemas.data.sources.registry import origin, read_chunks, source_name
from schemas.spec.product import Spec

__all__ = ["DataRefused", "Validation", "source_digest", "validate"]

MAX_ROWS = 20_000_000
"""Of all sources together; the index of so many takes about 10 GiB."""

ROW_GROUP_ROWS = 50_000
"""Of the files of a data set: what `Dataset.batches` reads at once."""

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
    index = _sift(spec, waiting, good, bad)
    n_bad = n_read - index.height
    if bad.paths:
        write_quarantine(bad.paths, quarantine_file)
    reasons, examples = count_reasons(bad.paths), find_examples(bad.paths)
    dataset = None
    refused = _refuse(spec, told, index, examples.get(next(iter(reasons), "")), quarantine_file)
    if refused is None:
        dataset = _publish(spec, told, good.paths, index, scratch / "dataset", cache, champion)
    return Validation(
        dataset=dataset,
        read=n_read,
        good=index.height,
        quarantined=n_bad,
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

    def look_at_ends(self, source: str, shaped: Shaped) -> None:
        """Look whether the spans of a chunk end where ours would."""
        texts = shaped.frame["text"].to_list() if shaped.spans else []
        for head, spans in shaped.spans.items():
            found = find_inclusive_ends(spans.select("row", "start", "end").iter_rows(), texts)
            if found is not None and self.odd_ends is None:
                self.odd_ends = f"{source}: head `{head}`: {found}"


def _read_all(spec: Spec, waiting: _Parts, bad: _Parts, on_rows: Callable[[int], None]) -> _Told:
    """Judge every row by itself."""
    rules = Rules(spec)
    told = _Told()
    # All sources are there before any is read.
    streams = [read_chunks(spec, source, told.leave_out(origin(source))) for source in spec.data]
    for number, (source, chunks) in enumerate(zip(spec.data, streams, strict=True)):
        for place_of_chunk, chunk in enumerate(chunks):
            shaped = shape(chunk, spec, source, source_name(source))
            row_errors = shaped.row_errors + rules.check(shaped)
            bad.add(quarantined(origin(source), shaped.frame, row_errors))
            waiting.add(_waiting(spec, shaped, row_errors, number))
            if place_of_chunk == 0:  # ends are counted in one way throughout a source
                told.look_at_ends(origin(source), shaped)
            told.hints += shaped.hints
            told.rows += len(chunk)
            if told.rows > MAX_ROWS:
                raise DataRefused(f"{origin(source)}: more than {MAX_ROWS:,} rows; give fewer")
            on_rows(told.rows)
    return told


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


def _sift(spec: Spec, waiting: _Parts, good: _Parts, bad: _Parts) -> pl.DataFrame:
    """Part the rows that repeat others from the good ones; return the index of these."""
    hashes = [hash_column(head) for head in spec.labelled_heads]
    columns = ["origin", "file", "line", "id", "split", "key", "content", *hashes]
    if not waiting.paths:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.Null))
    index = pl.read_parquet(waiting.paths, columns=columns, glob=False)
    repeats = find_repeats(index, hashes)
    index = index.with_columns(repeats.ids)
    origins = [origin(source) for source in spec.data]
    offset = 0
    for path in waiting.paths:
        part = pl.read_parquet(path, glob=False)
        rows = range(offset, offset + part.height)
        row_errors = [
            RowError(row - offset, code, tell(code, *_where(origins, index, first)))
            for row, code, first in ((row, *repeats.rejected[row]) for row in rows if row in repeats.rejected)
        ]
        bad.add(quarantined(origins[part["origin"][0]], part, row_errors))
        part = part.with_columns(index["id"].slice(offset, part.height))
        good.add(_without(part, {error.row for error in row_errors}).select(DATA_COLUMNS))
        offset += part.height
    return _without(index, repeats.rejected.keys())


def _where(origins: Sequence[str], index: pl.DataFrame, row: int) -> tuple[str, int]:
    return place(origins[index["origin"][row]], index["file"][row]), index["line"][row]


def _without(frame: pl.DataFrame, rows: Collection[int]) -> pl.DataFrame:
    """Return `frame` without the rows at these positions."""
    if not rows:
        return frame
    is_bad = pl.int_range(pl.len(), dtype=pl.UInt32).is_in(pl.Series(sorted(rows), dtype=pl.UInt32).implode())
    return frame.filter(~is_bad)


def _refuse(spec: Spec, told: _Told, index: pl.DataFrame, example: str | None, quarantine: Path) -> str | None:
    """Say why the data set as a whole cannot be used; None if it can. `example` is of the most frequent reason."""
    names = ", ".join(origin(source) for source in spec.data)
    n_read = told.rows
    if not n_read:
        return f"{names}: no rows"
    if told.odd_ends is not None:
        return told.odd_ends
    share, allowed = 1 - index.height / n_read, spec.validation.max_reject_share
    if share > allowed:
        return (
            f"{names}: {n_read - index.height:,} of {n_read:,} rows are bad ({share:.0%}, allowed {allowed:.0%}); "
            + "".join(f"{hint} in {rows:,} rows; " for hint, rows in told.hints.most_common(3))
            + f"for example {example}; all are in {quarantine}; mend them, or raise `validate.max_reject_share`"
        )
    train = index.filter(pl.col("split") == "train")
    if not train.height:
        return f"{names}: no good row is in train"
    bare = [head for head in spec.main_heads if head in spec.labelled_heads and not train[hash_column(head)].count()]
    if bare:
        heads = ", ".join(f"`{head}`" for head in bare)
        return f"{names}: no row of train has a label for {heads}; check the names in the data, or use `rename`"
    return None


def _publish(
    spec: Spec,
    told: _Told,
    parts: list[Path],
    index: pl.DataFrame,
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
    digest = dataset_digest(spec, index["content"])
    folder = cache / digest
    try:
        unfinished.rename(folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        # It is there already: the same rows, perhaps in another order.
    dataset = profile(spec, digest, folder, index, champion)
    left_out = tuple(find_left_out(source, counts) for source, counts in told.left_out.items() if counts)
    dataset = replace(dataset, data_issues=(*dataset.data_issues, *left_out))
    dataset.save()
    return dataset
