"""Cells of a table as rows: a column's name, the kind of its head and the shape of a cell tell what the cell means."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from schemas.data.sources.records import DataRefused, find_row_error, read_lines
from schemas.data.sources.spans import LINKS, are_tags, read_link, spans_of_tags, strip_marks, word_places

PLAIN = ("id", "text", "split", "lang", "source")
"""Columns that are no labels."""

SPAN_COLUMN = "slots"
"""The head that mark-up in the text belongs to where no spec says another."""

_LINK_BYTES = re.compile(rb"\[[^\[\]\n]+\]\([^()\n]+\)")


class TableColumns(NamedTuple):
    """What the columns of a table are."""

    labels: Mapping[str, str]
    """Column -> head."""
    after: Mapping[str, str]
    """Column -> name in `next`."""
    kinds: Mapping[str, str]
    """Head -> kind, as far as a spec says it."""
    marked: str | None
    """The head that `[words](label)` in the text gives spans to; None where the text is taken as it stands."""


def plan_table(path: Path, names: Sequence[str], kinds: Mapping[str, str]) -> TableColumns:
    """Decide what the columns are: `labels.<head>`, or any name that is not in `PLAIN`, is a head; but `next.<name>`.

    The text has mark-up where some text of the file has, and no column has the spans.

    Raises:
        DataRefused: the file is Latin-1.
    """
    dotted = {name: name.partition(".")[2] for name in names if name.startswith("labels.")}
    after = {name: name.partition(".")[2] for name in names if name.startswith("next.")}
    named = {*PLAIN, *dotted, *dotted.values(), *after}
    labels = {**dotted, **{name: name for name in names if name not in named}}
    has_links = _look_through(path)
    tags = [head for head, kind in kinds.items() if kind == "tag"] or [SPAN_COLUMN]
    bare = [head for head in tags if head not in labels.values()]
    return TableColumns(labels, after, kinds, bare[0] if has_links and len(bare) == len(tags) else None)


def _look_through(path: Path) -> bool:
    """Tell whether the file has mark-up; refuse it where all that is not ASCII is not UTF-8 either."""
    has_links, undecodable, decodable = False, 0, 0
    example = b""
    for line in read_lines(path):
        has_links = has_links or _LINK_BYTES.search(line.content) is not None
        if line.content.isascii() or decodable:
            continue
        if find_row_error(line) is None:
            decodable += 1
        else:
            undecodable += 1
            example = example or line.content
    if undecodable > 1 and not decodable:  # one line may be an accident, and costs no more than its row
        word = next((word for word in re.split(rb"[\s,;]+", example) if not word.isascii()), b"")
        said = word[:40].decode("cp1252", errors="replace")
        raise DataRefused(
            f"{path}: is not UTF-8 but looks like Latin-1 (as Windows writes), {undecodable:,} of its lines have such "
            f"letters ({said!r}); save it as UTF-8"
        )
    return has_links


def row_of_cells(cells: Mapping[str, str], table: TableColumns) -> dict[str, Any]:
    """Return the row; an empty cell is null."""
    row: dict[str, Any] = {name: cells[name] or None for name in PLAIN if name in cells}
    text = cells["text"]
    labels = {head: _label(cells[name], table.kinds.get(head), text) for name, head in table.labels.items()}
    if table.after:
        row["next"] = {head: _label(cells[name], table.kinds.get(head), text) for name, head in table.after.items()}
    if table.marked is not None:
        row["text"], labels[table.marked] = strip_marks(text, LINKS, read_link)
    return {**row, "labels": labels}


def _label(cell: str, kind: str | None, text: str) -> Any:
    """Return the label; what is not of the kind stays text, which its head does not take: the row will be told."""
    if not cell or kind == "class":
        return cell or None
    if kind is None and not cell.startswith(("[", "O", "B-", "S-", "U-")):
        return cell
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError:
        spans = _tagged(cell, text) if kind in (None, "tag") else None
        return cell if spans is None else spans


def _tagged(cell: str, text: str) -> list[dict[str, Any]] | None:
    """Return the spans of a cell with a tag for each word of the text, None if it is no such cell."""
    tags, places = cell.split(), word_places(text)
    if len(tags) != len(places) or not are_tags(tags):
        return None
    return spans_of_tags(places, tags)
