"""How often the active bundle answered, and how often it rejected: kept by the service, told by the updater's report.

home/answers.json    counts since the bundle became active; no text, no label
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from trunkline_edge.bundle.store import write_atomic


@dataclass(frozen=True, slots=True)
class Answers:
    """Counts of one bundle on one device."""

    bundle_id: str
    answered: int = 0
    """Utterances, also those that were rejected."""
    rejected: int = 0

    def plus(self, bundle_id: str, *, is_rejected: bool) -> Answers:
        """Return the counts after one more answer; those of another bundle begin anew."""
        before = self if self.bundle_id == bundle_id else Answers(bundle_id)
        return Answers(bundle_id, before.answered + 1, before.rejected + is_rejected)


def read_answers(home: Path) -> Answers | None:
    """Return the counts, or None where none can be read: they are no more than a help to whoever watches a fleet."""
    try:
        value = json.loads((home / "answers.json").read_bytes())
        answers = Answers(str(value["bundle_id"]), int(value["answered"]), int(value["rejected"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return answers if 0 <= answers.rejected <= answers.answered else None


def write_answers(home: Path, answers: Answers) -> None:
    """Keep the counts."""
    write_atomic(home / "answers.json", json.dumps(asdict(answers)).encode())
