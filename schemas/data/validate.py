"""The whole pass: sources in; a data set, a quarantine and data issues out.

Rows are read and judged in chunks. Good ones wait on disk, beside an index of one short line a row, until all were
seen; then the index tells which rows repeat others. Memory grows by the index alone, never by the rows themselves.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from schemas.data.coerce import Shaped, hash_column, shape, tag_labels
from schemas.data.contract import SPLITS, RowError, label_column
from schemas.data.dataset import Dataset, rows_file
from schemas.data.digest import dataset_digest, source_digest
from schemas.data.duplicates import find_repeats, tell
from schemas.data.profile import profile
from schemas.data.quarantine import count_reasons, find_examples, quarantined, write_quarantine
from schemas.data.rules import Rules
from schemas.data.sources.records import DataRefused
from schemas.data.sources.registry import origin, read_chunks, source_name
from schemas.spec.product import Spec

__all__ = ["DataRefused", "Outcome", "source_digest", "validate"]

MAX_ROWS = 20_000_000
"""Of all sources together; the index of so many takes about 10 GiB."""

ROW_GROUP_ROWS = 50_000
"""Of the files of a data set: what `Dataset.batches` reads at once."""

DATA_COLUMNS = ("id", "text", "split", "lang", "source", "labels")


@dataclass(frozen=True)
class Outcome:
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
) -> Outcome:
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
    n_read = _read_all(spec, waiting, bad, on_rows)
    index = _sift(spec, waiting, good, bad)
    n_bad = n_read - index.height
    if bad.paths:
        write_quarantine(bad.paths, quarantine_file)
    reasons, examples = count_reasons(bad.paths), find_examples(bad.paths)
    dataset = None
    refused = _refuse(spec, n_read, index, examples.get(next(iter(reasons), "")), quarantine_file)
    if refused is None:
        dataset = _publish(spec, good.paths, index, scratch / "dataset", cache, champion)
    return Outcome(
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


def _read_all(spec: Spec, waiting: _Parts, bad: _Parts, on_rows: Callable[[int], None]) -> int:
    """Judge every row by itself; return how many there were."""
    rules = Rules(spec)
    n_read = 0
    streams = [read_chunks(spec, source) for source in spec.data]  # all are there before any is read
    for number, (source, chunks) in enumerate(zip(spec.data, streams, strict=True)):
        for chunk in chunks:
            shaped = shape(chunk, spec, source, source_name(source))
            row_errors = shaped.row_errors + rules.check(shaped)
            bad.add(quarantined(origin(source), shaped.frame, row_errors))
            waiting.add(_waiting(spec, shaped, row_errors, number))
            n_read += len(chunk)
            if n_read > MAX_ROWS:
                raise DataRefused(f"{origin(source)}: more than {MAX_ROWS:,} rows; give fewer")
            on_rows(n_read)
    return n_read


def _waiting(spec: Spec, shaped: Shaped, row_errors: list[RowError], number: int) -> pl.DataFrame:
    """Return the rows without errors, with all that is needed to keep or to quarantine them later."""
    tags = [tag_labels(head, spans, shaped.frame) for head, spans in shaped.spans.items()]
    labels = [pl.col(label_column(head)).alias(head) for head in spec.labelled_heads]
    frame = shaped.frame.with_columns(tags).select(
        pl.lit(number, dtype=pl.UInt16).alias("origin"),
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
    columns = ["origin", "line", "id", "split", "key", "content", *hashes]
    if not waiting.paths:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.Null))
    index = pl.read_parquet(waiting.paths, columns=columns, glob=False)
    repeats = find_repeats(index, hashes)
    index = index.with_columns(repeats.ids)
    files = [origin(source) for source in spec.data]
    offset = 0
    for path in waiting.paths:
        part = pl.read_parquet(path, glob=False)
        rows = range(offset, offset + part.height)
        row_errors = [
            RowError(row - offset, code, tell(code, files[index["origin"][first]], index["line"][first]))
            for row, code, first in ((row, *repeats.rejected[row]) for row in rows if row in repeats.rejected)
        ]
        bad.add(quarantined(files[part["origin"][0]], part, row_errors))
        part = part.with_columns(index["id"].slice(offset, part.height))
        good.add(_without(part, {error.row for error in row_errors}).select(DATA_COLUMNS))
        offset += part.height
    return _without(index, repeats.rejected.keys())


def _without(frame: pl.DataFrame, rows: Collection[int]) -> pl.DataFrame:
    """Return `frame` without the rows at these positions."""
    if not rows:
        return frame
    is_bad = pl.int_range(pl.len(), dtype=pl.UInt32).is_in(pl.Series(sorted(rows), dtype=pl.UInt32).implode())
    return frame.filter(~is_bad)


def _refuse(spec: Spec, n_read: int, index: pl.DataFrame, example: str | None, quarantine: Path) -> str | None:
    """Say why the data set as a whole cannot be used; None if it can. `example` is of the most frequent reason."""
    names = ", ".join(origin(source) for source in spec.data)
    if not n_read:
        return f"{names}: no rows"
    share, allowed = 1 - index.height / n_read, spec.validation.max_reject_share
    if share > allowed:
        return (
            f"{names}: {n_read - index.height:,} of {n_read:,} rows are bad ({share:.0%}, allowed {allowed:.0%}); "
            f"for example {example}; all are in {quarantine}; mend them, or raise `validate.max_reject_share`"
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
    spec: Spec, parts: list[Path], index: pl.DataFrame, unfinished: Path, cache: Path, champion: Dataset | None
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
    dataset.save()
    return dataset
