"""The whole pass: sources in; a data set, a quarantine and data issues out.

Rows are judged a partition at a time (`schemas.data.judge`), here or elsewhere. Good ones wait on disk until all were
seen; then an index of one short line a row tells which rows repeat others. It is looked at a bucket at a time, so
memory does not grow with the rows.
"""

from __future__ import annotations

import errno
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import polars as pl

from schemas.data.ahead import THREADS, ahead
from schemas.data.coerce import hash_column
from schemas.data.contract import RowError
from schemas.data.dataset import Dataset, RowsWriter
from schemas.data.digest import dataset_digest, source_digest
from schemas.data.duplicates import Index, Repeats, tell, with_ids
from schemas.data.infer_spec import look
from schemas.data.issues import find_left_out
from schemas.data.judge import (
    DATA_COLUMNS,
    Judged,
    Portion,
    judge,
    portions_of,
    without,
)
from schemas.data.parts import read_part, write_part
from schemas.data.profile import Counted, count_rows, profile
from schemas.data.quarantine import count_reasons, find_examples, place, quarantined, write_quarantine
from schemas.data.sources.records import DataRefused
from schemas.data.sources.registry import origin
from schemas.spec.product import Spec

__all__ = ["DataRefused", "Validation", "source_digest", "validate"]

MAX_ROWS = 1_000_000_000
"""Of all sources together; of so many, a bucket of the index has four million."""

Judge: TypeAlias = Callable[[Spec, Sequence[Portion], Sequence[Path]], Iterable[Judged]]
"""Calls `judge` for each portion with its folder, and yields what it yields, in order."""


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


def judge_here(spec: Spec, portions: Sequence[Portion], folders: Sequence[Path]) -> Iterator[Judged]:
    """Judge portion after portion in this process, each in several threads."""
    for portion, folder in zip(portions, folders, strict=True):
        yield from judge(spec, portion, folder)


def validate(
    spec: Spec,
    *,
    cache: Path,
    quarantine: Path,
    scratch: Path,
    champion: Dataset | None = None,
    on_rows: Callable[[int], None] = lambda rows: None,
    judge_all: Judge = judge_here,
) -> Validation:
    """Read and judge all rows of the spec's sources.

    A good data set goes to `cache`/<digest>, bad rows to a file in the folder `quarantine`; both have names made from
    content, so a second pass over equal sources changes nothing. `scratch` is an empty folder on the disk of `cache`,
    for what is in between; it is the caller's to remove. `on_rows` is told now and then how many rows were read so far.

    Raises:
        DataRefused: no such file, recipe or head; a file in an unknown or broken format; no column `text`; more than
            `MAX_ROWS` rows.
    """
    begin = time.monotonic()
    cache.mkdir(parents=True, exist_ok=True)
    portions = portions_of(spec)
    folders = [scratch / f"{number:06}" for number in range(len(portions))]
    judged: list[Judged] = []
    n_read = 0
    index = Index(_compared(spec), scratch / "repeats")
    with ThreadPoolExecutor(1) as pool:  # of one thread, so that rows are indexed in their order
        name = pool.submit(source_digest, spec)
        indexed = []
        for each in judge_all(spec, portions, folders):
            judged.append(each)
            indexed += [pool.submit(index.add, path) for path in each.waiting]
            n_read += each.rows
            if n_read > MAX_ROWS:
                raise DataRefused(f"{origin(spec.data[each.portion.source])}: more than {MAX_ROWS:,} rows; give fewer")
            on_rows(n_read)
        for taken in indexed:
            taken.result()
        repeats = index.find_repeats()
        digest = pool.submit(dataset_digest, spec, repeats.good_contents())
        unfinished = scratch / "dataset"
        waiting = [path for each in judged for path in each.waiting]
        counted, repeating = _sift(spec, waiting, repeats, scratch, unfinished)
    quarantine_file = quarantine / f"{name.result()[:16]}.parquet"
    bad = [*(path for each in judged for path in each.bad), *repeating]
    if bad:
        write_quarantine(bad, quarantine_file)
    reasons, examples = count_reasons(bad), find_examples(bad)
    dataset = None
    refused = _refuse(spec, judged, counted, examples.get(next(iter(reasons), "")), quarantine_file)
    if refused is None:
        dataset = _publish(spec, judged, counted, digest.result(), unfinished, cache, champion)
    return Validation(
        dataset=dataset,
        read=n_read,
        good=counted.rows,
        quarantined=n_read - counted.rows,
        reasons=reasons,
        examples=examples,
        quarantine=quarantine_file if bad else None,
        refused=refused,
        seconds=time.monotonic() - begin,
    )


def _compared(spec: Spec) -> list[str]:
    """Return the columns of labels that rows of one text must agree in."""
    # What follows a text, a turn or a word, may well be now this and now that.
    return [
        hash_column(name)
        for name, head in spec.labelled_heads.items()
        if head.follows is None and not head.names_what_follows
    ]


def _sift(
    spec: Spec, waiting: Sequence[Path], repeats: Repeats, scratch: Path, unfinished: Path
) -> tuple[Counted, Sequence[Path]]:
    """Part the rows that repeat others, which go to files for the quarantine, from the good ones."""
    origins = [origin(source) for source in spec.data]
    places = _places(waiting, repeats.rejected["first"].unique().sort())
    leaked_ids: dict[int, str] = dict.fromkeys((row for leak in repeats.leaks.values() for row in leak.first), "")
    bad: list[Path] = []
    (scratch / "repeating").mkdir()

    def part_rows(part_at: tuple[Path, int]) -> tuple[pl.DataFrame, tuple[Path, ...]]:
        path, offset = part_at
        part = read_part(path)
        part = part.with_columns(pl.int_range(offset, offset + part.height, dtype=pl.Int64).alias("row"))
        row_errors = []
        for row, code, first in _slice(repeats.rejected, offset, part.height).iter_rows():
            number, file, line = places[first]
            row_errors.append(RowError(row - offset, code, tell(code, place(origins[number], file), line)))
        rejected = quarantined(origins[part["origin"][0]], part, row_errors)
        kept = with_ids(without(part, {error.row for error in row_errors}), _slice(repeats.copies, offset, part.height))
        return kept.select("row", *DATA_COLUMNS), write_part(rejected, scratch / "repeating" / f"{offset:012}.arrow")

    def sifted(writer: RowsWriter) -> Iterator[pl.DataFrame]:
        with ThreadPoolExecutor(THREADS) as pool:
            for kept, rejected in ahead(pool, part_rows, _offsets(waiting)):
                bad.extend(rejected)
                writer.add(kept.drop("row"))
                leaked = kept.filter(pl.col("row").is_in(list(leaked_ids)))
                leaked_ids.update(leaked.select("row", "id").iter_rows())
                yield kept

    with RowsWriter(unfinished) as writer:
        counted = count_rows(spec, sifted(writer))
    leaked = {split: (leak.rows, [leaked_ids[row] for row in leak.first]) for split, leak in repeats.leaks.items()}
    return replace(counted, leaked=leaked), bad


def _offsets(parts: Iterable[Path]) -> Iterator[tuple[Path, int]]:
    """Yield each part with the number of rows before it."""
    offset = 0
    for path in parts:
        yield path, offset
        offset += read_part(path, ["line"]).height


def _slice(rows: pl.DataFrame, offset: int, height: int) -> pl.DataFrame:
    """Return what `rows`, which are sorted by `row`, say of so many rows from `offset` on."""
    start, end = rows["row"].search_sorted(pl.Series([offset, offset + height]))
    return rows[start:end]


def _places(parts: Sequence[Path], rows: pl.Series) -> dict[int, tuple[int, str, int]]:
    """Return the origin, file and line of some rows, which are counted through all parts."""
    found: dict[int, tuple[int, str, int]] = {}
    for path, offset in _offsets(parts) if len(rows) else ():
        part = read_part(path, ["origin", "file", "line"])
        mine = rows.filter((rows >= offset) & (rows < offset + part.height))
        for row, *where in (
            part[mine - offset].with_columns(mine.alias("row")).select("row", pl.exclude("row")).iter_rows()
        ):
            found[row] = (where[0], where[1], where[2])
    return found


def _refuse(
    spec: Spec, judged: Sequence[Judged], counted: Counted, example: str | None, quarantine: Path
) -> str | None:
    """Say why the data set as a whole cannot be used; None if it can. `example` is of the most frequent reason."""
    names = ", ".join(origin(source) for source in spec.data)
    n_read = sum(each.rows for each in judged)
    if not n_read:
        return f"{names}: no rows"
    odd_ends = next((each.odd_ends for each in judged if each.odd_ends is not None), None)
    if odd_ends is not None:
        return odd_ends
    share, allowed = 1 - counted.rows / n_read, spec.validation.max_reject_share
    if share > allowed:
        hints = sum((each.hints for each in judged), Counter[str]())
        return (
            f"{names}: {n_read - counted.rows:,} of {n_read:,} rows are bad ({share:.0%}, allowed {allowed:.0%}); "
            + "".join(f"{hint} in {rows:,} rows; " for hint, rows in hints.most_common(3))
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
    """Say what the rows label, for somebody whose spec names another head."""
    there: set[str] = set()
    for source in spec.data:
        with suppress(DataRefused):
            there |= {source.rename.get(name, name) for name in look(source).labels}
    named = ", ".join(f"`{name}`" for name in sorted(there)) or "nothing"
    return f"the rows label {named}: give the head that name, or use `rename`"


def _publish(
    spec: Spec,
    judged: Sequence[Judged],
    counted: Counted,
    digest: str,
    unfinished: Path,
    cache: Path,
    champion: Dataset | None,
) -> Dataset:
    """Put the good rows under their digest in the cache."""
    folder = cache / digest
    try:
        unfinished.rename(folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        # It is there already: the same rows, perhaps in another order.
    dataset = profile(spec, digest, folder, counted, champion)
    left_out: dict[str, Counter[str]] = {}
    for each in judged:
        left_out.setdefault(origin(spec.data[each.portion.source]), Counter()).update(each.left_out)
    issues = tuple(find_left_out(source, counts) for source, counts in left_out.items() if counts)
    dataset = replace(dataset, data_issues=(*dataset.data_issues, *issues))
    dataset.save()
    return dataset
