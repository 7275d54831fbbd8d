"""A named matrix that a person looks at as a picture: mixing weights, covariances, ranks, affinities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Table:
    """A matrix with names on both sides."""

    name: str
    """Also the picture's file name: `[a-z0-9_]+`."""
    title: str
    """What it shows, for the reader of the picture."""
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    """One line a row."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Table:
        """Rebuild from `to_json`."""
        values = tuple(tuple(line) for line in value["values"])
        return cls(value["name"], value["title"], tuple(value["rows"]), tuple(value["columns"]), values)
