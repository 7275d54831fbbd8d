"""Rules between rows: ids that come twice, and texts that come twice with different labels.

Looks at one short line a row (ids and hashes), so the whole set can pass here at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from schemas.data.contract import REASONS

_ID_CHARACTERS = 24  # 96 bits of the content's sha256


@dataclass(frozen=True)
class Repeats:
    """What the comparison of all rows has shown."""

    ids: pl.Series
    """One a row: as given, or made from the content."""
    rejected: Mapping[int, tuple[str, int]]
    """Row -> reason code and the earlier row that it repeats."""


def find_repeats(index: pl.DataFrame, hashes: Sequence[str]) -> Repeats:
    """Compare the rows of `index`: id, content, split, key and the columns `hashes`, one a head; null where unlabelled.

    Rows without an id may be equal: all stay, the second as `<id>-2` and so on. An id that was given belongs to the
    first row that has it. Labels are compared within a split, head by head: a text may well have its intent in one row
    and its spans in another.
    """
    index = index.with_row_index("row").with_columns(id=_ids())
    rejected = {row: ("duplicate_id", first) for row, first in _later(index.select("row", "id")).iter_rows()}
    rejected |= _conflicts(index.filter(~pl.col("row").is_in(list(rejected))), hashes)
    return Repeats(index["id"], rejected)


def tell(code: str, file: str, line: int) -> str:
    """Return the message for a row that repeats the row at `file`, `line`."""
    return f"{REASONS[code]}: {file} line {line}"


def _ids() -> pl.Expr:
    made = pl.col("content").bin.encode("hex").str.head(_ID_CHARACTERS)
    copy = pl.int_range(1, pl.len() + 1).over(pl.col("id").is_null(), "content")
    suffix = pl.when(copy > 1).then(pl.format("-{}", copy)).otherwise(pl.lit(""))
    return pl.col("id").fill_null(made + suffix)


def _later(index: pl.DataFrame) -> pl.DataFrame:
    """Return (row, first row) of each row whose id an earlier row has."""
    is_first = index["id"].is_first_distinct()
    later = index.filter(~is_first)
    firsts = index.filter(is_first).join(later, on="id", how="semi").rename({"row": "first"})
    return later.join(firsts, on="id", how="left", maintain_order="left").select("row", "first")


def _conflicts(index: pl.DataFrame, hashes: Sequence[str]) -> dict[int, tuple[str, int]]:
    different = [pl.col(name).drop_nulls().n_unique() for name in hashes]
    contested = index.group_by("split", "key").agg(different).filter(pl.any_horizontal(pl.col(hashes) > 1))
    rejected: dict[int, tuple[str, int]] = {}
    # One by one from here: whether a row speaks for its text depends on whether it was rejected itself.
    spoken: dict[tuple[str, bytes, str], tuple[int, int]] = {}  # (split, text, head) -> first row and its label
    rows = index.join(contested, on=("split", "key"), how="semi").sort("row")
    for row, split, key, *values in rows.select("row", "split", "key", *hashes).iter_rows():
        labels = zip(hashes, values, strict=True)
        said = {(split, key, head): (row, label) for head, label in labels if label is not None}
        earlier = [spoken[place][0] for place, (_, label) in said.items() if spoken.get(place, (0, label))[1] != label]
        if earlier:
            rejected[row] = ("conflicting_labels", min(earlier))
        else:
            for place, first in said.items():
                spoken.setdefault(place, first)
    return rejected
