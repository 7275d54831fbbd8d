from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import polars as pl
import pytest

from schemas.data.dataset import Dataset
from schemas.data.validate import Validation, validate
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec

HEADS: dict[str, Any] = {
    "intent": {"kind": "class"},
    "slots": {"kind": "tag", "auxiliary": True},
    "topics": {"kind": "multilabel", "auxiliary": True},
    "urgency": {"kind": "score", "auxiliary": True},
}


class Desk:
    """A place to write files with rows on and to validate them; every file lies in a fresh folder."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def row(self, text: Any = "turn it on", **columns: Any) -> dict[str, Any]:
        """Return a good row of train, but for what `columns` says otherwise."""
        return {"text": text, "split": "train", "labels": {"intent": "on"}, **columns}

    def file(self, *lines: Any, name: str = "rows.jsonl") -> Path:
        """Write one line a value; bytes are written as they stand, everything else as JSON."""
        path = Path(mkdtemp(dir=self.home)) / name
        raw = [line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() for line in lines]
        path.write_bytes(b"".join(line + b"\n" for line in raw))
        return path

    def spec(self, *paths: Path, **sections: Any) -> Spec:
        """Return a spec of four heads that refuses no share of bad rows."""
        data = [{"path": str(path)} for path in paths]
        defaults = {"name": "test", "heads": HEADS, "validate": {"max_reject_share": 1}, "data": data}
        return parse_spec({**defaults, **sections})

    def run(self, spec: Spec, champion: Dataset | None = None) -> Validation:
        """Validate; data sets of all runs share one cache."""
        with TemporaryDirectory(dir=self.home) as scratch:
            return validate(
                spec,
                cache=self.home / "cache",
                quarantine=self.home / "quarantine",
                scratch=Path(scratch),
                champion=champion,
            )

    def judge(self, *lines: Any, **sections: Any) -> Validation:
        """Validate a JSON Lines file of these lines."""
        return self.run(self.spec(self.file(*lines), **sections))

    def good(self, outcome: Validation, *splits: str) -> list[dict[str, Any]]:
        """Return the rows of the data set, of train if no split is named."""
        assert outcome.dataset is not None, outcome.refused
        batches = [batch for split in splits or ("train",) for batch in outcome.dataset.batches(split)]
        return [row for batch in batches for row in batch.to_dicts()]

    def bad(self, outcome: Validation) -> list[dict[str, Any]]:
        """Return the rows of the quarantine."""
        return [] if outcome.quarantine is None else pl.read_parquet(outcome.quarantine).to_dicts()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
