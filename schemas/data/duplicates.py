"""Rules between rows: ids that come twice, and texts that come twice with different labels.

All that is looked at is one short line a row (ids and hashes), a bucket at a time (`schemas.data.buckets`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.data.ahead import ahead
from schemas.data.buckets import Buckets, first_byte
from schemas.data.contract import REASONS
from schemas.data.parts import read_part

_ID_CHARACTERS = 24  # 96 bits of the content's sha256
_REJECTED = {"row": pl.Int64(), "code": pl.String(), "first": pl.Int64()}
_SHOWN_LEAKS = 5


@dataclass(frozen=True)
class Leak:
    """Rows of a held-out split whose text is also in train."""

    rows: int = 0
    first: tuple[int, ...] = ()
    """The first of them, by their place among all rows."""

    def __add__(self, other: Leak) -> Leak:
        return Leak(self.rows + other.rows, tuple(sorted((*self.first, *other.first))[:_SHOWN_LEAKS]))


@dataclass(frozen=True)
class Repeats:
    """What the comparison of all rows has shown. Rows are counted through all parts."""

    copies: pl.DataFrame
    """Rows without an id of their own whose content an earlier row has: `row`, and as `copy` 2, 3 and so on."""
    rejected: pl.DataFrame
    """`row`, reason `code`, and as `first` the earlier row that it repeats; by row."""
    leaks: dict[str, Leak]
    """Held-out split -> what of it is in train too."""
    contents: Buckets = field(repr=False)
    """`row` and `content` of all rows, the rejected ones among them."""

    def good_contents(self) -> Iterator[bytes]:
        """Yield the hashes of the rows that are not rejected, sorted, as many at once as lie in a bucket."""
        for rows in self.contents:
            yield _in_order(_without(rows, self.rejected)["content"])


class Index:
    """One short line a row, ids and hashes, parted so that rows that may repeat each other lie together."""

    def __init__(self, hashes: Sequence[str], scratch: Path) -> None:
        """Keep the lines in `scratch`, an empty folder. `hashes` are columns of labels, which are to be compared."""
        self._hashes = hashes
        self._texts = Buckets(scratch / "texts", first_byte("key"))
        self._contents = Buckets(scratch / "contents", first_byte("content"))
        self._ids = Buckets(scratch / "ids", (pl.col("id").hash(seed=0) % 256).cast(pl.UInt8))
        self._without_ids: list[tuple[int, Path]] = []
        self._rows = 0

    def add(self, part: Path) -> None:
        """Take the next rows: id, content, split, key and the columns of labels, null where there is no label."""
        frame = _read(part, self._rows, ["id", "content", "split", "key", *self._hashes])
        self._texts.add(frame.select("row", "split", "key", *self._hashes))
        self._contents.add(frame.select("row", "content", pl.col("id").is_null().alias("is_bare")))
        if frame["id"].null_count():
            self._without_ids.append((self._rows, part))
        else:
            self._ids.add(frame.select("row", "id"))
        self._rows += frame.height

    def find_repeats(self) -> Repeats:
        """Compare the rows.

        Rows without an id may be equal: all stay, the second as `<id>-2` and so on. An id that was given belongs to the
        first row that has it. Labels are compared within a split, head by head: a text may well have its intent in one
        row and its spans in another.
        """
        copies = _joined(map(_copies, self._contents), {"row": pl.Int64(), "copy": pl.Int64()})
        for offset, part in self._without_ids:
            self._ids.add(with_ids(_read(part, offset, ["id", "content"]), copies).select("row", "id"))
        rejected = _joined(map(_later, self._ids), _REJECTED)

        def compare(rows: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, Leak]]:
            several = _without(_doubtful(rows, self._hashes), rejected)
            conflicts = _conflicts(several, self._hashes)
            kept = _without(several, conflicts)
            return conflicts, {split: _leak(kept, split) for split in ("valid", "test")}

        found = [rejected]
        leaks = {"valid": Leak(), "test": Leak()}
        with ThreadPoolExecutor(2) as pool:
            for conflicts, leaked in ahead(pool, compare, self._texts, lambda _: 1):
                found.append(conflicts)
                leaks = {split: leak + leaked[split] for split, leak in leaks.items()}
        return Repeats(copies, _joined(found, _REJECTED), leaks, self._contents)


def with_ids(frame: pl.DataFrame, copies: pl.DataFrame) -> pl.DataFrame:
    """Return the rows (`row`, `id`, `content`, ...) with an id each: as given, or made from the content."""
    if not frame["id"].null_count():
        return frame
    copy = pl.col("copy")
    suffix = pl.when(copy.is_null()).then(pl.lit("")).otherwise(pl.format("-{}", copy))
    made = pl.col("content").bin.encode("hex").str.head(_ID_CHARACTERS) + suffix
    numbered = frame.join(copies, on="row", how="left", maintain_order="left")
    return numbered.with_columns(pl.col("id").fill_null(made)).drop("copy")


def tell(code: str, file: str, line: int) -> str:
    """Return the message for a row that repeats the row at `file`, `line`."""
    return f"{REASONS[code]}: {file} line {line}"


def _read(part: Path, offset: int, columns: list[str]) -> pl.DataFrame:
    return read_part(part, columns).with_columns(pl.int_range(offset, offset + pl.len(), dtype=pl.Int64).alias("row"))


def _joined(frames: Iterable[pl.DataFrame], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=schema), *(frame.select(list(schema)) for frame in frames)]).sort("row")


def _copies(rows: pl.DataFrame) -> pl.DataFrame:
    copy = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("content").alias("copy")
    return rows.filter("is_bare").with_columns(copy).filter(pl.col("copy") > 1)


def _later(rows: pl.DataFrame) -> pl.DataFrame:
    """Return each row whose id an earlier row has."""
    order, begins = _sorted(rows["id"].hash(seed=0))
    several = np.diff(begins, append=len(order)) > 1
    rows = rows[order[_spread(several, begins, len(order))]].sort("row")  # few: most ids come once
    is_first = rows["id"].is_first_distinct()
    later = rows.filter(~is_first)
    firsts = rows.filter(is_first).join(later, on="id", how="semi").rename({"row": "first"})
    found = later.join(firsts, on="id", how="left", maintain_order="left")
    return found.with_columns(pl.lit("duplicate_id").alias("code"))


def _without(rows: pl.DataFrame, rejected: pl.DataFrame) -> pl.DataFrame:
    return rows.join(rejected, on="row", how="anti") if rejected.height else rows


def _in_order(hashes: pl.Series) -> bytes:
    """Return SHA-256 hashes sorted, one after the other."""
    _, _, joined = hashes.to_arrow(compat_level=pl.CompatLevel.oldest()).buffers()
    words = np.frombuffer(joined, ">u8", count=4 * len(hashes)).reshape(-1, 4)
    first = words[:, 0].astype(np.uint64)  # by which they are sorted much faster than as bytes
    order = np.argsort(first)
    if (np.diff(first[order]) == 0).any():
        order = np.lexsort(words.T[::-1])
    return words[order].tobytes()


def _doubtful(rows: pl.DataFrame, hashes: Sequence[str]) -> pl.DataFrame:
    """Return the rows of the texts that come with several labels of a head, or in train and beside it; a few others.

    By numbers, the first bytes of a text's hash, which are sorted many times as fast as hashes are grouped.
    """
    order, begins = _sorted(rows.select(pl.col("key").bin.head(8).bin.reinterpret(dtype=pl.UInt64)).to_series())
    if not len(order):
        return rows
    is_train = (rows["split"] == "train").to_numpy()[order]
    doubtful = np.minimum.reduceat(is_train, begins) != np.maximum.reduceat(is_train, begins)
    limits = np.iinfo(np.int64)
    for name in hashes:
        least, most = (rows[name].fill_null(limit).to_numpy()[order] for limit in (limits.max, limits.min))
        doubtful |= np.minimum.reduceat(least, begins) < np.maximum.reduceat(most, begins)
    return rows[np.sort(order[_spread(doubtful, begins, len(order))])]


def _sorted(values: pl.Series) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the positions of values in their order, and where in it each distinct one begins."""
    numbers = values.to_numpy()
    order = np.argsort(numbers)
    inside = numbers[order]
    return order, np.flatnonzero(np.append(len(order) > 0, inside[1:] != inside[:-1]))


def _spread(of_groups: NDArray[np.bool_], begins: NDArray[np.intp], rows: int) -> NDArray[np.bool_]:
    """Return what is said of groups for each of their rows."""
    return np.repeat(of_groups, np.diff(begins, append=rows))


def _conflicts(several: pl.DataFrame, hashes: Sequence[str]) -> pl.DataFrame:
    """Return each row with a label that differs from that of an earlier row with its text, in its split."""
    different = [(pl.col(name).min() != pl.col(name).max()).fill_null(False) for name in hashes]
    contested = several.group_by("split", "key").agg(different).filter(pl.any_horizontal(pl.col(hashes)))
    rejected: list[tuple[int, str, int]] = []
    # One by one from here: whether a row speaks for its text depends on whether it was rejected itself.
    spoken: dict[tuple[str, bytes, str], tuple[int, int]] = {}  # (split, text, head) -> first row and its label
    doubtful = several.join(contested, on=("split", "key"), how="semi").sort("row")
    for row, split, key, *values in doubtful.select("row", "split", "key", *hashes).iter_rows():
        labels = zip(hashes, values, strict=True)
        said = {(split, key, head): (row, label) for head, label in labels if label is not None}
        earlier = [spoken[place][0] for place, (_, label) in said.items() if spoken.get(place, (0, label))[1] != label]
        if earlier:
            rejected.append((row, "conflicting_labels", min(earlier)))
        else:
            for place, first in said.items():
                spoken.setdefault(place, first)
    return pl.DataFrame(rejected, schema=_REJECTED, orient="row")


def _leak(rows: pl.DataFrame, split: str) -> Leak:
    train = rows.filter(pl.col("split") == "train")
    leaked = rows.filter(pl.col("split") == split).join(train, on="key", how="semi")["row"]
    return Leak(len(leaked), tuple(leaked.sort().head(_SHOWN_LEAKS)))
