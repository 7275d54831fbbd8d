"""Data sets in groups, any of which may be a skill: what `bench.skills` trains its bases and skills on."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.mixes import is_drawn
from bench.product import HOME, home_rows, plain_rows
from schemas.spec.load import load_spec

GROUPED_BY = {"clinc150": "domain", "snips": "intent", "together": "domain"}
"""Set -> the head whose labels are its groups. `together` is an assistant, flights and a smart home."""
HEADS = {
    "clinc150": {"intent": "class", "domain": "class"},
    "snips": {"intent": "class", "slots": "tag"},
    "together": {"intent": "class", "domain": "class", "slots": "tag"},
}
SKILL_HEADS = {
    "clinc150": {"intent": "class"},
    "snips": {"intent": "class", "slots": "tag"},
    "together": {"intent": "class", "slots": "tag"},
}
OUTSIDE = "oos"
"""The group, and the intent, of what is for nobody."""

Row = dict[str, Any]

_SHARES = {
    "clinc150": {"train": 0.4, "valid": 0.4, "test": 0.6},
    "snips": {"train": 0.2, "valid": 1.0, "test": 1.0},
    "atis": {"train": 0.5, "valid": 1.0, "test": 1.0},
}
"""Of each split's rows: what one busy core trains in minutes."""
_FLIGHTS, _HOME = "flights", "smart home"
_HOME_ROWS = 4_000


def rows_of(source: Path, data: str, *, whole: bool = False) -> list[Row]:
    """Return a set's rows, cut to its shares unless the whole set is wanted."""
    if data != "together":
        return _drawn(source, data, whole)
    flights = [_within(row, _FLIGHTS) for row in _drawn(source, "atis", whole)]
    return [*_drawn(source, "clinc150", whole), *flights, *(_within(row, _HOME) for row in _home())]


def groups_of(data: str, rows: Sequence[Row]) -> set[str]:
    """Return the groups of a set's rows, what is for nobody apart."""
    return {row["labels"][GROUPED_BY[data]] for row in rows} - {OUTSIDE}


def skills_of(data: str, groups: Collection[str]) -> list[str]:
    """Return the groups that are skills by turns: of `together` the two that the other sets do not have."""
    return [_FLIGHTS, _HOME] if data == "together" else sorted(groups)


def _drawn(source: Path, data: str, whole: bool) -> list[Row]:
    with (source / f"{data}.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [row for row in rows if whole or is_drawn(row, _SHARES[data][row["split"]])]


def _home() -> list[Row]:
    """Return rows of the home's recipe: single commands."""
    spec = load_spec(HOME, overrides=[f"data.0.options={{rows: {_HOME_ROWS}}}"])
    with TemporaryDirectory() as folder:
        return list(plain_rows(home_rows(spec, Path(folder))))


def _within(row: Row, domain: str) -> Row:
    return {**row, "labels": {**row["labels"], "domain": domain}}
