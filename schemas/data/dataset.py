"""A data set: good rows on disk, and what there is to know about them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from schemas.data.issues import DataIssue
from trunkline_edge.bundle.files import write_atomic


@dataclass(frozen=True)
class Dataset:
    """Rows that passed validation, in `folder`: rows/<split>.parquet and dataset.json."""

    digest: str
    """sha256 over the rows, whatever their order."""
    folder: Path
    counts: Mapping[str, int]
    """Split -> rows."""
    labels: Mapping[str, tuple[str, ...]]
    """Class, multilabel and tag head -> label set: the closed set of the spec, else the sorted labels of train."""
    labelled: Mapping[str, Mapping[str, int]]
    """Head -> split -> rows with a label."""
    label_counts: Mapping[str, Mapping[str, int]]
    """Head -> label -> how often in train: rows for class and multilabel heads, spans for tag heads."""
    data_issues: tuple[DataIssue, ...]

    def batches(self, split: str, rows: int = 50_000) -> Iterator[pl.DataFrame]:
        """Yield the rows of a split in file order, at most `rows` at once; columns: `schemas.data.contract`."""
        scan = pl.scan_parquet(rows_file(self.folder, split), glob=False)  # a folder may be called `a[b]*`
        yield from scan.collect_batches(chunk_size=rows, maintain_order=True)

    def values(self, split: str, column: str) -> tuple[str, ...]:
        """Return the distinct values of a text column of a split, sorted."""
        rows = pl.scan_parquet(rows_file(self.folder, split), glob=False).select(column).drop_nulls()
        return tuple(sorted(rows.unique().collect(engine="streaming")[column]))

    def to_dict(self) -> dict[str, Any]:
        """Return values that JSON can hold."""
        return {**asdict(self), "folder": str(self.folder)}

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Dataset:
        """Rebuild what `to_dict` gave."""
        return Dataset(
            digest=values["digest"],
            folder=Path(values["folder"]),
            counts=dict(values["counts"]),
            labels={head: tuple(labels) for head, labels in values["labels"].items()},
            labelled={head: dict(counts) for head, counts in values["labelled"].items()},
            label_counts={head: dict(counts) for head, counts in values["label_counts"].items()},
            data_issues=tuple(DataIssue(**issue) for issue in values["data_issues"]),
        )

    @staticmethod
    def load(folder: Path) -> Dataset:
        """Read the data set in `folder`; raises FileNotFoundError where none was finished."""
        values = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
        return Dataset.from_dict({**values, "folder": folder})

    def save(self) -> None:
        """Write dataset.json, the sign that the folder is complete; it appears whole or not at all."""
        values = self.to_dict()
        del values["folder"]  # so that the folder may be moved
        write_atomic(self.folder / "dataset.json", json.dumps(values, ensure_ascii=False, indent=1).encode())


def rows_file(folder: Path, split: str) -> Path:
    """Return where the rows of a split lie."""
    return folder / "rows" / f"{split}.parquet"
