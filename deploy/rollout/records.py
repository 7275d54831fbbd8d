"""What was planned for a rollout and what was done: one JSON file each, written before the channel's pointer moves.

    <folder>/<id>.json     plan, candidate, base, moves

The signed pointer is what devices see, so it is the truth: a move counts once the pointer has reached its sequence. One
whose process died in between does not, and the next move takes its place.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from deploy.rollout.plan import Plan
from schemas.errors import UserError
from trunkline_edge.bundle.files import write_atomic


class NoRecord(UserError):
    """The record of a rollout is not here or cannot be read."""


@dataclass(frozen=True)
class Move:
    """One change of the pointer."""

    sequence: int
    """Of the pointer once this is done."""
    did: Literal["start", "widen", "finish", "stop"]
    percent: float
    """Of devices with the candidate from then on."""
    when: datetime
    who: str
    """A person, or `rollout` for the flow."""
    why: tuple[str, ...]


@dataclass(frozen=True)
class RolloutRecord:
    """One rollout."""

    id: str
    channel: str
    product: str
    bundle_id: str
    version: int
    base: str
    base_version: int
    plan: Plan
    moves: tuple[Move, ...]

    def as_of(self, sequence: int) -> RolloutRecord:
        """Return the record without moves that the pointer has not made."""
        return replace(self, moves=tuple(move for move in self.moves if move.sequence <= sequence))

    def plus(self, move: Move) -> RolloutRecord:
        """Return the record with one more move."""
        return replace(self, moves=(*(each for each in self.moves if each.sequence < move.sequence), move))


_RECORD = TypeAdapter(RolloutRecord)


def read_record(folder: Path, rollout_id: str) -> RolloutRecord:
    """Return the record of a rollout; raises `NoRecord`."""
    path = folder / f"{rollout_id}.json"
    try:
        return _RECORD.validate_json(path.read_bytes())
    except FileNotFoundError:
        raise NoRecord(
            f"{path} is not here: rollout {rollout_id} was started elsewhere; act there, or `trunkline rollout stop`"
        ) from None
    except (OSError, ValidationError) as error:
        raise NoRecord(f"{path} cannot be read: {str(error)[:200]}; `trunkline rollout stop` needs it not") from None


def records_of(folder: Path, channel: str, product: str) -> list[RolloutRecord]:
    """Return the readable records of a channel's product, oldest first."""
    found = []
    for path in folder.glob("*.json"):
        try:
            found.append(_RECORD.validate_json(path.read_bytes()))
        except (OSError, ValidationError):
            continue
    mine = [record for record in found if (record.channel, record.product) == (channel, product) and record.moves]
    return sorted(mine, key=lambda record: record.moves[0].sequence)


def write_record(folder: Path, record: RolloutRecord) -> None:
    """Keep a record."""
    raw = json.dumps(asdict(record), default=datetime.isoformat, indent=1, ensure_ascii=False).encode()
    write_atomic(folder / f"{record.id}.json", raw)
