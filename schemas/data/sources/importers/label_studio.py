"""Label Studio's exports: JSON, JSON-MIN and CSV.

A control of the labelling page is a head: `labels` gives spans, `choices` a class, or a list where some
task has several, `rating` and `number` a score.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from schemas.data.sources.cells import PLAIN
from schemas.data.sources.csv import read_csv
from schemas.data.sources.hints import near_name
from schemas.data.sources.importers.files import bad_record, find_files, made, told
from schemas.data.sources.json import json_items, parse_object
from schemas.data.sources.records import LeftOut, Record, find_row_error
from schemas.data.sources.spans import span

SUFFIXES = (".json", ".csv")

_OF_TEXT = ("choices", "rating", "number")
"""Kinds of results that label a whole text; of a span they have no place in rows."""

_TOOL_COLUMNS = ("annotator", "annotation_id", "created_at", "updated_at", "lead_time", "predictions", "agreement")
"""Of JSON-MIN and CSV: about the labelling, not about the utterance."""


@dataclass
class _Controls:
    """The controls of a file by what their results are."""

    spans: set[str] = field(default_factory=set)
    choices: set[str] = field(default_factory=set)
    several: set[str] = field(default_factory=set)
    """That give some task several choices."""


def read_label_studio(path: Path, options: object) -> Iterator[Record | LeftOut]:
    """Yield the annotated tasks of a file or of all files of a folder."""
    controls = {file: _controls(file) for file in find_files(path, SUFFIXES)}
    several = {head for found in controls.values() for head in found.several}
    for file, found in controls.items():
        named, list_heads = told(file, path), found.spans | (found.choices & several)
        for record in _tasks(file):
            yield from _read_task(record, named, list_heads, several)


def _tasks(file: Path) -> Iterator[Record]:
    if file.suffix == ".csv":
        for record in read_csv(file, {}):
            yield record if record.row is None else record._replace(row=_task_of_cells(record.row))
    else:
        for item in json_items(file):
            yield find_row_error(item) or parse_object(item)


def _task_of_cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the task of a line of CSV, in which several choices are JSON."""
    labels = row["labels"]
    for head, cell in labels.items():
        if isinstance(cell, str) and cell.startswith('{"choices"'):
            with suppress(orjson.JSONDecodeError):
                labels = {**labels, head: orjson.loads(cell)}
    return {**row, **labels}


def _controls(file: Path) -> _Controls:
    found = _Controls()
    for head, value in _values(file):
        choices = _choices(value)
        if _is_span(value):
            found.spans.add(head)
        if choices:
            found.choices.add(head)
        if len(choices) > 1:
            found.several.add(head)
    return found


def _values(file: Path) -> Iterator[tuple[str, Any]]:
    """Yield control and value of each result in a file."""
    for task in (record.row or {} for record in _tasks(file)):
        annotations = task.get("annotations")
        for annotation in annotations if isinstance(annotations, list) else ():
            results = annotation.get("result") if isinstance(annotation, dict) else None
            for result in results if isinstance(results, list) else ():
                if isinstance(result, dict):
                    yield str(result.get("from_name")), result.get("value")
        for head, value in task.items() if "data" not in task else ():
            yield from ((head, each) for each in (value if isinstance(value, list) else [value]))


def _is_span(value: object) -> bool:
    return isinstance(value, dict) and "labels" in value


def _choices(value: object) -> list[Any]:
    """Return the choices for a whole text; JSON-MIN and CSV have one alone as text."""
    if isinstance(value, dict):
        found = value.get("choices")
        return found if isinstance(found, list) and "start" not in value else []
    return [value] if isinstance(value, str) else []


def _read_task(
    record: Record, named: str, list_heads: Collection[str], several: Collection[str]
) -> Iterator[Record | LeftOut]:
    """Yield the row of a task; where it has nothing of `list_heads`, it has none of their labels, not unknown ones."""
    if record.row is None:
        yield record._replace(file=named)
        return
    task = record.row
    left_out: list[str] = []
    try:
        if "data" not in task:
            row = _flat_row(task, several, left_out)
        else:
            annotations = [found for found in task.get("annotations") or [] if not found.get("was_cancelled")]
            if not annotations:
                yield LeftOut("tasks without an annotation")
                return
            left_out += ["predictions"] if task.get("predictions") else []
            left_out += ["annotations of a task beyond its first"] * (len(annotations) - 1)
            row = _row(task, annotations[0]["result"], several, left_out)
        row["labels"] = {**{head: [] for head in list_heads}, **row["labels"]}
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        said = f"no field {error}" if isinstance(error, KeyError) else str(error)
        yield bad_record(named, record.line, record.raw, f"not as Label Studio writes it: {said}")
        return
    yield made(named, record.line, record.raw, row)
    yield from map(LeftOut, left_out)


def _row(
    task: Mapping[str, Any], results: list[dict[str, Any]], several: Collection[str], left_out: list[str]
) -> dict[str, Any]:
    text = _text(task["data"])
    labels: dict[str, Any] = {}
    for result in results:
        kind, head, value = result["type"], str(result.get("from_name")), result.get("value", {})
        if kind == "labels":
            labels.setdefault(head, []).append(_span(text, value))
            left_out += ["labels of a span beyond its first"] * (len(value["labels"]) - 1)
        elif kind not in _OF_TEXT:
            left_out.append(f"results of the kind `{kind}`")
        elif "start" in value:
            left_out.append(f"{kind} of a span")
        elif kind == "choices":
            labels[head] = value[kind] if head in several else next(iter(value[kind]), None)
        else:
            labels[head] = value[kind]
    row = {name: task["data"][name] for name in PLAIN if name in task["data"]}
    return {**row, "text": text, "id": f"task-{task['id']}" if "id" in task else row.get("id"), "labels": labels}


def _flat_row(task: Mapping[str, Any], several: Collection[str], left_out: list[str]) -> dict[str, Any]:
    """Return the row of a task of JSON-MIN or CSV, in which each control is a field."""
    name = _text_field(task)
    text = task[name]
    row = {plain: task[plain] for plain in ("split", "lang", "source") if plain in task}
    labels: dict[str, Any] = {}
    for head, value in task.items():
        if value is None or head in (*PLAIN, name, *_TOOL_COLUMNS) or head == "labels":
            continue
        entries = value if isinstance(value, list) else []
        if entries and _is_span(entries[0]):
            labels[head] = [_span(text, found) for found in entries]
        elif entries and isinstance(entries[0], dict) and "start" in entries[0]:
            left_out += [f"{kind} of a span" for entry in entries for kind in _OF_TEXT if kind in entry]
        elif head in several:
            labels[head] = _choices(value)
        else:
            labels[head] = next(iter(value["choices"]), None) if isinstance(value, dict) else value
    return {**row, "text": text, "id": f"task-{task['id']}" if "id" in task else None, "labels": labels}


def _text(data: Mapping[str, Any]) -> str:
    return str(data[_text_field(data)])


def _text_field(data: Mapping[str, Any]) -> str:
    """Return the field of the utterance: one that is called so, or the only text there is."""
    texts = [name for name, value in data.items() if isinstance(value, str)]
    near = near_name("text", texts)
    if near is None and len(texts) != 1:
        raise ValueError(f"no field `text` in the task's data; found {', '.join(data)[:200]}")
    return near or texts[0]


def _span(text: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the span; a browser counts in UTF-16, so offsets are checked against the words where these are told."""
    start, end, words = value["start"], value["end"], value.get("text")
    if isinstance(words, str) and text[start:end] != words:
        wide = text.encode("utf-16-le")
        start, end = (len(wide[: 2 * offset].decode("utf-16-le", errors="replace")) for offset in (start, end))
        if text[start:end] != words:
            raise ValueError(f"the span {value['start']}:{value['end']} has {text[start:end]!r:.40}, not {words!r:.40}")
    return span(start, end, value["labels"][0])
