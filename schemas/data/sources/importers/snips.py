"""Snips NLU data sets, in JSON and in YAML.

A span's label is the slot's name, its value what the entity's synonyms say. `[city]` without words, which Snips fills
in itself, gets the entity's values in turn.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from schemas.data.sources.importers.files import (
    MOST_JSON_BYTES,
    bad_record,
    find_files,
    made,
    read_small,
    read_yaml_documents,
    told,
)
from schemas.data.sources.records import DataRefused, LeftOut, Record, shown
from schemas.data.sources.spans import Marked, span, strip_marks
from schemas.spec.bounded_yaml import Document

SUFFIXES = (".yaml", ".yml", ".json")

_SLOT = re.compile(r"\[(?P<slot>[^\[\]():]+)(?::(?P<entity>[^\[\]()]+))?\](?:\((?P<words>[^)]+)\))?")


class _Entity:
    """The values of one entity."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self.meant: dict[str, str] = {}
        """Words in lower case -> value, where they are not the same."""

    def add(self, value: object, synonyms: object, *, is_used: bool) -> None:
        """Add a value and its other wordings; raises `ValueError` for what is no text."""
        words = synonyms if isinstance(synonyms, list) else []
        for text in (value, *words):
            if not isinstance(text, str | int | float):
                raise ValueError(f"expected a value as text, found {shown(text)}")
        self.values.append(str(value))
        if is_used:
            self.meant |= {str(word).lower(): str(value) for word in words}


def read_snips(path: Path, options: object) -> Iterator[Record | LeftOut]:
    """Yield the utterances of a file or of all files of a folder."""
    files = find_files(path, SUFFIXES)
    entities: dict[str, _Entity] = {}
    for file in files:
        _collect(file, entities)
    types: set[tuple[str, str]] = set()
    for file in files:
        yield from _read_file(file, told(file, path), entities, types)
    n_values = sum(len(entity.values) for entity in entities.values())
    if n_values:
        yield LeftOut("values of entities, beyond those that the utterances have", n_values)
    if types:
        yield LeftOut("slots' types", len(types))


def _collect(file: Path, entities: dict[str, _Entity]) -> None:
    try:
        if file.suffix == ".json":
            for name, described in _section(_json(file), "entities", file).items():
                entity = entities.setdefault(name, _Entity())
                for entry in described.get("data") or []:
                    entity.add(entry.get("value"), entry.get("synonyms"), is_used=_uses_synonyms(described))
            return
        for document in _mappings(file):
            if document.value.get("type") == "entity":
                entity = entities.setdefault(str(document.value.get("name")), _Entity())
                for entry in document.value.get("values") or []:
                    value, *synonyms = entry if isinstance(entry, list) and entry else [entry]
                    entity.add(value, synonyms, is_used=_uses_synonyms(document.value))
    except (AttributeError, TypeError, ValueError) as error:
        raise DataRefused(f"{file}: its entities are not as Snips writes them: {error}") from None


def _uses_synonyms(entity: Mapping[str, Any]) -> bool:
    # Snips itself reads YAML 1.1, where `no` is false.
    return entity.get("use_synonyms", True) not in (False, "no", "off")


def _read_file(
    file: Path, named: str, entities: Mapping[str, _Entity], types: set[tuple[str, str]]
) -> Iterator[Record | LeftOut]:
    if file.suffix == ".json":
        yield from _read_json(file, named, entities, types)
        return
    turns: Counter[str] = Counter()
    for document in _mappings(file):
        if document.value.get("type", "intent") == "intent":
            yield from _read_intent(document, named, entities, types, turns)


def _mappings(file: Path) -> Iterator[Document]:
    for document in read_yaml_documents(file):
        if not isinstance(document.value, dict):
            raise DataRefused(f"{document.place(())}: expected a mapping with `type`, found {shown(document.value)}")
        yield document


def _read_intent(
    document: Document,
    file: str,
    entities: Mapping[str, _Entity],
    types: set[tuple[str, str]],
    turns: Counter[str],
) -> Iterator[Record]:
    intent, utterances = document.value.get("name"), document.value.get("utterances")
    if not isinstance(intent, str) or not isinstance(utterances, list):
        raise DataRefused(f"{document.place(())}: expected an intent with `name` and a list of `utterances`")
    slots = document.value.get("slots") or []
    known = {str(slot.get("name")): str(slot.get("entity")) for slot in slots if isinstance(slot, dict)}

    def read(match: re.Match[str]) -> Marked:
        slot = match["slot"].strip()
        type_ = match["entity"] or known.get(slot, slot)
        types.add((slot, type_))
        entity = entities.get(type_, _Entity())
        words = match["words"]
        if words is None:
            if not entity.values:
                raise ValueError(f"{match[0]} has no words, and the entity `{type_}` has no values to fill in")
            words = entity.values[turns[type_] % len(entity.values)]
            turns[type_] += 1
        return words, slot, entity.meant.get(words.lower())

    for number, utterance in enumerate(utterances):
        line = document.line(("utterances", str(number)))
        if not isinstance(utterance, str):
            said = f"expected an utterance as text, found {shown(utterance)}; put it into quotes"
            yield bad_record(file, line, str(utterance), said)
            continue
        try:
            text, spans = strip_marks(utterance.strip(), _SLOT, read)
        except ValueError as error:
            yield bad_record(file, line, utterance, str(error))
            continue
        yield made(file, line, utterance, {"text": text, "labels": {"intent": intent, "slots": spans}})


def _read_json(
    file: Path, named: str, entities: Mapping[str, _Entity], types: set[tuple[str, str]]
) -> Iterator[Record]:
    dataset = _json(file)
    number = 0
    for intent, described in _section(dataset, "intents", file).items():
        for utterance in described.get("utterances") or [] if isinstance(described, dict) else []:
            number += 1
            try:
                text, spans = _join(utterance["data"], entities, types)
            except (KeyError, TypeError, AttributeError):
                expected = 'expected {"data": [{"text": ..., "slot_name": ..., "entity": ...}, ...]}'
                yield bad_record(named, number, orjson.dumps(utterance), expected)
                continue
            row = {"text": text, "lang": dataset.get("language"), "labels": {"intent": intent, "slots": spans}}
            yield made(named, number, utterance, row)


def _join(
    chunks: list[dict[str, Any]], entities: Mapping[str, _Entity], types: set[tuple[str, str]]
) -> tuple[str, list[dict[str, Any]]]:
    text, spans = "", []
    for chunk in chunks:
        words = chunk["text"]
        slot = chunk.get("slot_name")
        if slot is not None:
            type_ = str(chunk.get("entity", slot))
            types.add((slot, type_))
            meant = entities[type_].meant.get(words.lower()) if type_ in entities else None
            spans.append(span(len(text), len(text) + len(words), slot, meant))
        text += words
    return text, spans


def _json(file: Path) -> dict[str, Any]:
    try:
        value = orjson.loads(read_small(file, MOST_JSON_BYTES))
    except orjson.JSONDecodeError as error:
        raise DataRefused(f"{file}: no JSON: {error}") from None
    if not isinstance(value, dict):
        raise DataRefused(f"{file}: expected an object with `intents`, found {shown(value)}")
    return value


def _section(dataset: Mapping[str, Any], name: str, file: Path) -> dict[str, Any]:
    section = dataset.get(name) or {}
    if not isinstance(section, dict):
        raise DataRefused(f"{file}: expected an object `{name}`, found {shown(section)}")
    return section
