"""Rasa NLU training data in YAML, versions 2 and 3.

An entity's label is its name, with its role and its group where it has them: `city.departure`, `topping#1`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from schemas.data.sources.importers.files import (
    MOST_YAML_BYTES,
    bad_record,
    find_files,
    made,
    read_small,
    read_yaml_documents,
    told,
)
from schemas.data.sources.records import DataRefused, LeftOut, Record, shown
from schemas.data.sources.spans import Marked, strip_marks
from schemas.spec.bounded_yaml import Document

SUFFIXES = (".yml", ".yaml")

_ENTITY = re.compile(
    r"\[(?P<words>[^\[\]]+)\]"
    r"(?:\((?P<name>[^:()]+)(?::(?P<value>[^()]+))?\)|(?P<one>\{[^{}]+\})|(?P<several>\[\s*\{[^\[\]]+\}\s*\]))"
)
_LEFT_OUT = {"lookup": "lookup tables", "regex": "regex features"}
_OTHER_KEYS = ("stories", "rules", "responses", "forms", "actions", "slots")
"""Of a project's other files: what a dialogue does, not what an utterance says."""


def read_rasa(path: Path, options: object) -> Iterator[Record | LeftOut]:
    """Yield the examples of a file or of all files of a folder."""
    files = find_files(path, SUFFIXES)
    synonyms = _synonyms(files)
    for file in files:
        for document in read_yaml_documents(file):
            yield from _document(document, told(file, path), synonyms)


def _synonyms(files: list[Path]) -> dict[str, str]:
    """Return what words stand for, the words in lower case; of all files, as examples may come before them."""
    found: dict[str, str] = {}
    for file in files:
        if b"synonym" not in read_small(file, MOST_YAML_BYTES):
            continue
        for document in read_yaml_documents(file):
            for number, item in enumerate(_items(document)):
                if "synonym" in item:
                    for _, text in _examples(document, number):
                        words = str(text).strip().removeprefix("-").strip()
                        found[words.lower()] = str(item["synonym"])
    return found


def _items(document: Document) -> list[dict[str, Any]]:
    value = document.value
    if not isinstance(value, dict):
        raise DataRefused(f"{document.place(())}: expected a mapping with `nlu`, found {shown(value)}")
    items = value.get("nlu") or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise DataRefused(f"{document.place(('nlu',))}: expected a list of mappings, each with `intent` or the like")
    return items


def _document(document: Document, file: str, synonyms: Mapping[str, str]) -> Iterator[Record | LeftOut]:
    for number, item in enumerate(_items(document)):
        kind = next((kind for kind in _LEFT_OUT if kind in item), None)
        if "intent" in item:
            yield from _intent(document, number, file, synonyms)
        elif kind is not None:
            yield LeftOut(_LEFT_OUT[kind])
        elif "synonym" not in item:
            yield LeftOut("entries that are neither intent, synonym, regex nor lookup")
    for key in _OTHER_KEYS:
        if isinstance(document.value, dict) and document.value.get(key):
            yield LeftOut(key, len(document.value[key]))


def _intent(document: Document, number: int, file: str, synonyms: Mapping[str, str]) -> Iterator[Record | LeftOut]:
    item = document.value["nlu"][number]
    intent, examples = item["intent"], item.get("examples")
    if not isinstance(examples, str | list):
        line = document.line(("nlu", str(number)))
        yield bad_record(file, line, str(intent), f"expected examples of the intent, found {shown(examples)}")
        return
    if not isinstance(intent, str):
        said = f"expected an intent's name as text, found {shown(intent)}; put it into quotes"
        for line, written in _examples(document, number):
            yield bad_record(file, line, str(written), said)
        return
    described = [item, *(example for example in examples if isinstance(example, dict))]
    n_metadata = sum("metadata" in entry for entry in described)
    if n_metadata:
        yield LeftOut("metadata entries", n_metadata)
    for line, written in _examples(document, number):
        text = _without_dash(written) if isinstance(examples, str) else written
        if isinstance(text, str):
            yield _example(text.strip(), intent, line, file, synonyms)
        else:
            yield bad_record(
                file, line, str(written), f"expected a dash and an example as text, found {shown(written)}"
            )


def _examples(document: Document, number: int) -> Iterator[tuple[int, Any]]:
    """Yield line and content of each example of an entry: a block of lines with dashes, or a list."""
    path = ("nlu", str(number), "examples")
    examples = document.value["nlu"][number].get("examples")
    if isinstance(examples, str):
        begin = document.line(path)
        for offset, written in enumerate(examples.split("\n"), start=1):
            if written.strip():
                yield begin + offset, written
    elif isinstance(examples, list):
        for at, example in enumerate(examples):
            text = example.get("text") if isinstance(example, dict) else example
            yield document.line((*path, str(at))), text.strip().removeprefix("- ") if isinstance(text, str) else text


def _without_dash(written: str) -> str | None:
    return written.lstrip()[1:] if written.lstrip().startswith("-") else None


def _example(text: str, intent: str, line: int, file: str, synonyms: Mapping[str, str]) -> Record:
    def read(match: re.Match[str]) -> Marked:
        words = match["words"]
        written = match["one"] or match["several"]
        name, value = _attributes(written) if written else (str(match["name"]), match["value"])
        return words, name, value if value is not None else synonyms.get(words.lower())

    try:
        plain, spans = strip_marks(text, _ENTITY, read)
    except ValueError as error:
        return bad_record(file, line, text, str(error))
    return made(file, line, text, {"text": plain, "labels": {"intent": intent, "slots": spans}})


def _attributes(written: str) -> tuple[str, Any]:
    """Return label and value of `{"entity": ...}`; of a list the first, as rows have one label for some words."""
    try:
        found = orjson.loads(written)
    except orjson.JSONDecodeError:
        raise ValueError(f"no JSON after the entity's words: {written:.60}") from None
    entity = found[0] if isinstance(found, list) else found
    name, role, group, value = (entity.get(key) for key in ("entity", "role", "group", "value"))
    if not isinstance(name, str) or not name:
        raise ValueError(f'expected {{"entity": "..."}} after the entity\'s words, found {written:.60}')
    return name + (f".{role}" if role else "") + (f"#{group}" if group else ""), value
