"""A spec file to a `Spec`, with `--data` and `--set` applied; what is wrong is told with its place in the file."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from schemas.spec.bounded_yaml import MOST_DEPTH, SpecError, parse_yaml, read_yaml
from schemas.spec.fields import nearest
from schemas.spec.product import Spec
from schemas.spec.wording import expected

MOST_ERRORS = 20
"""Errors that one message tells."""


def load_spec(path: Path, *, data: Sequence[Path] = (), overrides: Sequence[str] = ()) -> Spec:
    """Read a spec file.

    `data` replaces the spec's sources by files; `overrides` are `dotted.field=value` with the value in YAML.
    Raises `SpecError` with the place and the field, what was found, and what was expected.
    """
    try:
        document = read_yaml(path)
    except FileNotFoundError:
        near = difflib.get_close_matches(path.stem, [p.stem for p in Path("specs").glob("*.yaml")], n=1)
        hint = f" Did you mean specs/{near[0]}.yaml?" if near else ""
        raise SpecError(f"{path}: no such spec file.{hint}") from None
    raw = document.value
    if not isinstance(raw, dict):
        found = "nothing" if raw is None else f"a {type(raw).__name__}"
        raise SpecError(f"{document.place(())}: expected a mapping with `name`, `data` and `heads`, found {found}")
    if data:
        first = next(iter(raw["data"]), None) if isinstance(raw.get("data"), list) else None
        shared = {k: v for k, v in first.items() if k in ("lang", "rename")} if isinstance(first, dict) else {}
        raw["data"] = [{**shared, "path": str(p)} for p in data]
        if bad := next((p for p in data if not _is_utf8(str(p))), None):
            name = str(bad).encode(errors="backslashreplace").decode()
            raise SpecError(f"--data {name}: the file's name is not UTF-8; rename the file")
    changed = [_apply(raw, override) for override in overrides]

    def place(field: Sequence[str]) -> str:
        for key in reversed(changed):
            if list(key) == list(field[: len(key)]):
                return f"--set {'.'.join(key)}"
        return "--data" if data and field[:1] == ["data"] else document.place(field)

    return _validated(raw, place)


def parse_spec(raw: Mapping[str, Any], *, where: str = "spec") -> Spec:
    """Build a `Spec` from plain values; raises `SpecError` with one line an error."""
    return _validated(raw, lambda field: where)


def changed_spec(spec: Spec, values: Mapping[str, Any], *, option: str) -> Spec:
    """Return a spec with other values in some fields, by dotted path; raises `SpecError`, which names `option`."""
    raw = spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
    for field, value in values.items():
        _put(raw, field, value, option)
    return _validated(raw, lambda path: option)


def _validated(raw: Mapping[str, Any], place: Callable[[Sequence[str]], str]) -> Spec:
    try:
        return Spec.model_validate(raw)
    except ValidationError as error:
        errors = [each for each in error.errors(include_url=False) if not _follows(each)]
        lines = [_explain(error, place) for error in errors[:MOST_ERRORS]]
        more = [f"and {len(errors) - MOST_ERRORS} more"] if len(errors) > MOST_ERRORS else []
        raise SpecError("\n".join(lines + more)) from None


def _follows(error: Any) -> bool:
    """True for "too few" where the others are there and bad, as their own errors say."""
    return bool(error["type"] == "too_short") and len(error["input"]) >= error["ctx"]["min_length"]


def _is_utf8(text: str) -> bool:
    """Can the text be written as UTF-8? The bytes of a file's name that cannot stand in it as lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _apply(raw: dict[str, Any], override: str) -> tuple[str, ...]:
    """Set a field in place and return its path."""
    key, equals, value = override.partition("=")
    if not equals or not key:
        raise SpecError(f"--set {override:.80}: expected FIELD=VALUE, for example train.epochs=3")
    return _put(raw, key, parse_yaml(value, f"--set {key}").value, f"--set {override:.80}")


def _put(raw: dict[str, Any], key: str, value: Any, said: str) -> tuple[str, ...]:
    """Set a field in place and return its path; errors begin with what a person `said`."""
    *parents, leaf = key.split(".")
    if len(parents) >= MOST_DEPTH:
        raise SpecError(f"{said}: found {len(parents)} sections inside each other, a spec has fewer")
    _check_head(raw, parents, leaf, said)
    node: Any = raw
    for depth, part in enumerate(parents):
        if isinstance(node, dict):
            node.setdefault(part, {})
        node = node[_key(node, part, parents[:depth], said)]
        if not isinstance(node, dict | list):
            raise SpecError(f"{said}: {part} is no section")
    node[_key(node, leaf, parents, said)] = value
    return (*parents, leaf)


def _key(node: dict[str, Any] | list[Any], part: str, parents: Sequence[str], said: str) -> Any:
    """Return what a step of a dotted path is in a section, or in a list, whose items are counted from 0."""
    if isinstance(node, dict):
        return part
    if not part.isdecimal() or len(part) > 9 or int(part) >= len(node):
        counted = f"0 to {len(node) - 1}" if node else "empty"
        raise SpecError(f"{said}: {'.'.join(parents)} is a list, its items are {counted}; found {part:.40}")
    return int(part)


def _likeness(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b).ratio()


def _check_head(raw: Mapping[str, Any], parents: Sequence[str], leaf: str, said: str) -> None:
    """Refuse a field of a head that the spec does not have; a new head begins with its `kind`."""
    heads = raw.get("heads")
    if (
        len(parents) < 2
        or parents[0] != "heads"
        or leaf == "kind"
        or not isinstance(heads, dict)
        or parents[1] in heads
    ):
        return
    near = difflib.get_close_matches(parents[1], heads, n=1, cutoff=0.5)
    hint = f"did you mean `heads.{near[0]}`?" if near else f"heads are {', '.join(map(str, heads))}"
    raise SpecError(f"{said}: no head `{parents[1]}`; {hint}")


def _explain(error: Any, place: Callable[[Sequence[str]], str]) -> str:
    location = [part for part in error["loc"] if not str(part).startswith("function-")]
    if error["type"] == "extra_forbidden":
        *parents, leaf = location
        path, known = _walk(parents)
        hint = _hint(str(leaf), known)
        path = [*path, str(leaf)]
        return f"{place(path)}: {'.'.join(path)}: unknown key; {hint}"
    path, _ = _walk(location)
    if not path and error["type"] == "value_error":  # a rule of the whole spec begins with the field that it is about
        message = error["msg"].removeprefix("Value error, ")
        return f"{place(message.split()[0].rstrip(':').split('.'))}: {message}"
    return f"{place(path)}: {'.'.join(path) or 'spec'}: {expected(error, path)}"


def _hint(leaf: str, known: Sequence[str]) -> str:
    """Say what an unknown key may mean: the same name elsewhere in the spec, or nearly this one here or there."""
    near = difflib.get_close_matches(leaf, known, n=1, cutoff=0.5)
    there = nearest(leaf)
    if there is not None and (not near or _likeness(there.rpartition(".")[2], leaf) > _likeness(near[0], leaf)):
        return f"did you mean `{there}`?"
    return f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(known)}"


def _walk(location: Sequence[Any]) -> tuple[list[str], list[str]]:
    """Return the place as a user would write it, and the names of the fields of the section there.

    pydantic puts the `kind` that picked a section of a union into its locations; the YAML has no such step.
    """
    path: list[str] = []
    nodes: list[Any] = [Spec]
    for part in location:
        by_alias = {field.alias or name: field for node in nodes for name, field in node.model_fields.items()}
        if len(nodes) > 1 and part not in by_alias:
            nodes = [node for node in nodes if part in get_args(node.model_fields["kind"].annotation)]
            continue
        if part in by_alias:
            nodes = _sections_of(by_alias[part].annotation)
        path.append(str(part))
    return path, [field.alias or name for node in nodes for name, field in node.model_fields.items()]


def _sections_of(annotation: Any) -> list[Any]:
    """Return the sections that an annotation allows."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [section for inner in getattr(annotation, "__args__", ()) for section in _sections_of(inner)]
