"""Draw the small mixes that docs/comparisons.md compares on: `python -m bench.mixes ../shared/data build/mixes`.

Then `python -m bench.kinds bench/specs/flights.yaml`, and the same of music. A row is drawn by the hash of its id, so
that every machine draws the same rows.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path

SHARES = {
    "atis": {"train": 0.2, "valid": 0.5, "test": 1.0},
    "clinc150": {"train": 0.05, "valid": 0.08, "test": 0.15},
    "snips": {"train": 0.08, "valid": 0.4, "test": 1.0},
}
"""Share of each split: what one core trains in seconds, with test sets that keep intervals short."""


def is_drawn(row: Mapping[str, str], share: float) -> bool:
    """Is a row among this share of all rows? Every share holds the smaller ones."""
    return zlib.crc32(row["id"].encode()) / 2**32 < share


def draw(source: Path, target: Path, shares: dict[str, float]) -> dict[str, int]:
    """Copy a share of each split; returns split -> rows."""
    counts = dict.fromkeys(shares, 0)
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open(encoding="utf-8") as rows, target.open("w", encoding="utf-8") as out:
        for line in rows:
            row = json.loads(line)
            if is_drawn(row, shares[row["split"]]):
                counts[row["split"]] += 1
                out.write(line)
    return counts


def main(source: Path, target: Path) -> None:
    for name, shares in SHARES.items():
        print(name, draw(source / f"{name}.jsonl", target / f"{name}.jsonl", shares))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
