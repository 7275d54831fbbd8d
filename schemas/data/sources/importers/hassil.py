"""Sentence templates of Home Assistant, as hassil reads them: a home's own sentences, with its own names.

A template is walked at random until it has given `wordings` different sentences or has no more. The names of areas,
floors and devices are those of the home's registry where the folder is a configuration of Home Assistant
(`.storage/core.area_registry` and the like), or of lists `area`, `floor` and `name` in its YAML files. Lists and rules
that the home does not define itself are the language's own, of the package `home-assistant-intents`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from zlib import crc32

import orjson
from pydantic import BaseModel, ConfigDict, Field

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
from schemas.data.sources.spans import span
from schemas.recipes.home_assistant import assemble
from schemas.recipes.templates import Open, Piece, SlotText, TemplateCompiler, load_intents

SUFFIXES = (".yaml", ".yml")

_TRIES = 20
"""Walks in a row without a new sentence after which a template has no more."""
_REGISTRIES = {"area": "areas", "floor": "floors", "name": "entities"}
"""List -> what its registry calls the entries."""
_OTHER_PARTS = {
    "slots": "slots that a template sets without words",
    "response": "responses",
    "requires_context": "conditions on the home",
    "excludes_context": "conditions on the home",
}


class HassilOptions(BaseModel):
    """Options of the format `hassil`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: str | None = Field(None, description="only sentences of this language; default: the files' one")
    wordings: int = Field(20, ge=1, le=10_000, description="most sentences that one template gives")
    seed: int = Field(0, description="equal seeds give equal sentences")


class _Block(NamedTuple):
    """Templates that stand together under `data` in a file."""

    file: str
    intent: str
    lines: tuple[int, ...]
    """Of the sentences."""
    content: dict[str, Any]


def find_templates(path: Path) -> list[Path]:
    """Return the YAML files with sentences, and the registries beside them."""
    folder = path / "custom_sentences" if (path / "custom_sentences").is_dir() else path
    registries = [_registry(path, kind) for kind in _REGISTRIES]
    return [*find_files(folder, SUFFIXES), *(file for file in registries if file.is_file())]


def read_hassil(path: Path, options: HassilOptions) -> Iterator[Record | LeftOut]:
    """Yield sentences of each template of a file or folder.

    Raises:
        DataRefused: the files are no templates, or of several languages.
    """
    blocks, merged = _collect(path, options.language)
    try:
        compiler = TemplateCompiler.of(merged)
    except ValueError as error:
        raise DataRefused(f"{path}: its lists or rules are not as hassil writes them: {error}") from None
    for block in blocks:
        for part, what in _OTHER_PARTS.items():
            if block.content.get(part):
                yield LeftOut(what)
        for line, template in zip(block.lines, block.content["sentences"], strict=True):
            yield from _say(compiler, block, line, template, merged["language"], options)


def _say(
    compiler: TemplateCompiler, block: _Block, line: int, template: Any, language: str, options: HassilOptions
) -> Iterator[Record | LeftOut]:
    try:
        node = compiler.template(template, block.content)
    except ValueError as error:
        yield bad_record(block.file, line, str(template), f"not as hassil writes sentences: {error}")
        return
    rng = Random(crc32(f"{options.seed}/{template}".encode()))
    seen: set[str] = set()
    tries = 0
    while len(seen) < options.wordings and tries < _TRIES:
        pieces: list[Piece] = []
        node.walk(rng, pieces)
        bare = next((piece for piece in pieces if isinstance(piece, Open)), None)
        tries += 1
        if bare is not None:
            if not seen and tries == _TRIES:
                needed = f"the list `{bare.list_name}`, which " + (
                    "is a wildcard" if bare.is_wildcard else "is nowhere"
                )
                yield LeftOut(f"templates with {needed}")
            continue
        said: list[str | SlotText] = [piece for piece in pieces if not isinstance(piece, Open)]
        text, spans = assemble(said, is_spoken=False)
        if text and text not in seen:
            tries = 0
            seen.add(text)
            slots = [span(start, end, label, value) for start, end, label, value in spans]
            row = {"text": text, "lang": language, "labels": {"intent": block.intent, "slots": slots}}
            yield made(block.file, line, template, row)


def _collect(path: Path, wanted: str | None) -> tuple[list[_Block], dict[str, Any]]:
    """Return the blocks of all files, and their lists and rules with those of the language and of the home beneath."""
    blocks: list[_Block] = []
    lists: dict[str, Any] = {}
    rules: dict[str, Any] = {}
    languages: set[str] = set()
    for file in find_templates(path):
        if file.suffix not in SUFFIXES:
            continue
        for document in read_yaml_documents(file):
            value = document.value
            if not isinstance(value, dict) or not ({"intents", "lists", "expansion_rules"} & value.keys()):
                continue  # other YAML of a configuration
            language = value.get("language")
            if wanted is not None and language not in (None, wanted):
                continue
            languages |= {str(language)} if language is not None else set()
            lists |= _mapping(value, "lists", document.place(("lists",)))
            rules |= _mapping(value, "expansion_rules", document.place(("expansion_rules",)))
            for intent, described in _mapping(value, "intents", document.place(("intents",))).items():
                data = described.get("data") if isinstance(described, dict) else None
                for number, content in enumerate(data if isinstance(data, list) else []):
                    at = ("intents", intent, "data", str(number), "sentences")
                    if not isinstance(content, dict) or not isinstance(content.get("sentences"), list):
                        raise DataRefused(f"{document.place(at)}: expected a mapping with a list of `sentences`")
                    lines = tuple(document.line((*at, str(place))) for place in range(len(content["sentences"])))
                    blocks.append(_Block(told(file, path), intent, lines, content))
    if len(languages) > 1:
        found = ", ".join(sorted(languages))
        raise DataRefused(f"{path}: has sentences of several languages, {found}; choose one with the option `language`")
    if not blocks:
        raise DataRefused(f"{path}: no file has `intents` with sentences")
    language = wanted or next(iter(languages), "en")
    try:
        built_in = load_intents(language)
    except ValueError:  # a language that only this home speaks
        built_in = {"lists": {}, "expansion_rules": {}}
    home = {kind: {"values": names} for kind in _REGISTRIES if (names := _names(path, kind))}
    return blocks, {
        "language": language,
        "intents": {},
        "lists": {**built_in.get("lists", {}), **home, **lists},
        "expansion_rules": {**built_in.get("expansion_rules", {}), **rules},
    }


def _mapping(value: Mapping[str, Any], key: str, place: str) -> dict[str, Any]:
    found = value.get(key) or {}
    if not isinstance(found, dict):
        raise DataRefused(f"{place}: expected a mapping `{key}`, found {shown(found)}")
    return found


def _registry(path: Path, kind: str) -> Path:
    stem = "entity" if kind == "name" else kind
    return path / ".storage" / f"core.{stem}_registry"


def _names(path: Path, kind: str) -> list[str]:
    """Return the names and aliases of one kind in the home's registry, without repetition; none where it has no such.

    Raises:
        DataRefused: the registry is there and cannot be read.
    """
    file = _registry(path, kind)
    if not file.is_file():
        return []
    try:
        entries = orjson.loads(read_small(file, MOST_JSON_BYTES))["data"][_REGISTRIES[kind]]
        said = [
            [entry.get("name") or entry.get("original_name"), *(entry.get("aliases") or [])]
            for entry in entries
            if not entry.get("hidden_by") and not entry.get("disabled_by")
        ]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise DataRefused(f"{file}: expected a registry of Home Assistant, data.{_REGISTRIES[kind]}[]") from None
    texts = [name.strip() for names in said for name in names if isinstance(name, str)]
    return list(dict.fromkeys(filter(None, texts)))
