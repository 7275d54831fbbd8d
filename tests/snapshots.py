"""What commands print, compared with stored text, so that a change shows up in review.

`SNAPSHOTS=write pytest tests/flows/cli/test_snapshots.py` writes the texts anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

FOLDER = Path(__file__).parent / "flows" / "cli" / "snapshots"

# What differs from run to run or from machine to machine, in the order in which it is replaced.
_VARYING = (
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?", "TIME"),
    (r"\b(just now|\d+ (minute|hour|day)s? ago)", "AGO"),
    (r"\b[0-9a-f]{8,64}\b", "DIGEST"),
    (r"\b\d+:\d\d:\d\d\b|\b\d+ s\b", "DURATION"),
    (r"\b\d+(\.\d+){2,}\S*|\b\d+\.\d+(\.\w+)?\+\w+", "RELEASE"),
    (r"[-+]?\b\d+\.\d+\b", "N"),
    (r"[━─]+", "─"),
    (r" +", " "),
)


def normalised(text: str, **places: Path) -> str:
    """Return a text without times, digests, measurements and widths; `places` are paths by the name they get."""
    for name, path in places.items():
        text = text.replace(str(path), name.upper())
    for pattern, name in _VARYING:
        text = re.sub(pattern, name, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


def check(name: str, text: str) -> None:
    """Compare a normalised text with the stored one."""
    stored = FOLDER / f"{name}.txt"
    if os.environ.get("SNAPSHOTS") == "write":
        FOLDER.mkdir(exist_ok=True)
        stored.write_text(text, encoding="utf-8")
    assert text == stored.read_text(encoding="utf-8"), f"{stored}: look at the change; SNAPSHOTS=write accepts it"
