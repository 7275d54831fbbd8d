"""Every field of a spec, from the spec's own JSON Schema: where it stands, what it takes, its default and meaning."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel

from schemas.spec.product import Spec

ANY = "NAME"
"""Stands in a path for a name of the user's own."""


@dataclass(frozen=True)
class SpecField:
    """One field."""

    path: str
    """`train.epochs`; `heads.NAME.kind`; `data[].path`."""
    where: str
    """Which of the sections that may stand there has it: `kind: cluster`; of options `recipe: opinions`."""
    takes: str
    default: str
    about: str


@cache
def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a spec, as editors read it."""
    schema = Spec.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Trunkline spec"}


@cache
def spec_fields() -> tuple[SpecField, ...]:
    """Return all fields in the order of the spec; a section that can stand in two places is told at the first."""
    return tuple(_walk(json_schema(), "", "", {}))


def option_fields(where: str, options: type[BaseModel]) -> tuple[SpecField, ...]:
    """Return the fields of the options of a recipe or format."""
    return tuple(_walk(options.model_json_schema(), "data[].options", where, {}))


def nearest(name: str) -> str | None:
    """Return the field, anywhere in the tree, whose last name is this or nearly this; None where there is none."""
    by_leaf: dict[str, str] = {}
    for field in spec_fields():
        if ANY not in field.path and "[" not in field.path:
            by_leaf.setdefault(field.path.rpartition(".")[2], field.path)
    near = difflib.get_close_matches(name, by_leaf, n=1, cutoff=0.8)
    return by_leaf[near[0]] if near else None


def _walk(section: Mapping[str, Any], path: str, where: str, seen: dict[str, str]) -> Iterator[SpecField]:
    required = section.get("required", ())
    for name, node in section.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        about = _about(node) or (section.get("description", "") if name == "kind" else "")
        yield SpecField(here, where, _takes(node), _default(node, name in required), about)
        yield from _below(node, here, seen)


def _about(node: Mapping[str, Any]) -> str:
    """Return what a field means; a section says it itself."""
    if "description" in node or "$ref" not in node:
        return str(node.get("description", ""))
    return str(json_schema()["$defs"][node["$ref"].rpartition("/")[2]].get("description", ""))


def _below(node: Mapping[str, Any], path: str, seen: dict[str, str]) -> Iterator[SpecField]:
    """Yield the fields of the sections that may stand at a place."""
    sections = list(_sections(node))
    for ref, section, place in sections:
        if ref in seen:
            continue
        seen[ref] = path
        kind = section.get("properties", {}).get("kind", {})
        kinds = [kind["const"]] if "const" in kind else kind.get("enum", [])
        where = f"kind: {', '.join(kinds)}" if kinds and len(sections) > 1 else ""
        yield from _walk(section, f"{path}{place}", where, seen)


def _sections(node: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Mapping[str, Any], str]]:
    if "$ref" in node:
        section = json_schema()["$defs"][node["$ref"].rpartition("/")[2]]
        if "properties" in section:
            yield node["$ref"], section, place
    for inner in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        yield from _sections(inner, place)
    if isinstance(node.get("items"), dict):
        yield from _sections(node["items"], f"{place}[]")
    for inner in (*node.get("patternProperties", {}).values(), node.get("additionalProperties")):
        if isinstance(inner, dict):
            yield from _sections(inner, f"{place}.{ANY}")


_TYPES = {"integer": "whole number", "number": "number", "boolean": "true or false", "object": "section"}


def _takes(node: Mapping[str, Any]) -> str:
    """Say what values a field takes."""
    if "$ref" in node:
        return "section"
    if "oneOf" in node:
        return "section"
    if "anyOf" in node:
        return " or ".join(dict.fromkeys(_takes(inner) for inner in node["anyOf"] if inner.get("type") != "null"))
    if "const" in node or "enum" in node:
        return ", ".join(map(str, node.get("enum", [node.get("const")])))
    kind = node.get("type")
    if kind == "array":
        return "list"
    if kind == "string":
        return "path" if node.get("format") == "path" else "text"
    return " ".join([_TYPES.get(str(kind), "anything"), *_bounds(node)])


def _bounds(node: Mapping[str, Any]) -> Iterator[str]:
    words = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    yield from (f"{sign} {node[bound]:,}" for bound, sign in words.items() if bound in node)


def _default(node: Mapping[str, Any], is_required: bool) -> str:
    if is_required:
        return "must be given"
    default = node.get("default")
    if isinstance(default, dict):
        return f"kind: {default['kind']}" if "kind" in default and "properties" not in node else ""
    return "" if default is None else default if isinstance(default, str) else json.dumps(default)
