"""What pydantic finds wrong with a spec, in the words of the spec."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 80

_LISTS = {"data": "sources", "seeds": "whole numbers", "labels": "texts", "languages": "tags", "waive": "heads"}
"""What the lists of a spec are of."""

Context = Mapping[str, Any]
_EXPECTED: Mapping[str, Callable[[Context], str]] = {
    "string_type": lambda _: "text",
    "bool_type": lambda _: "true or false",
    "bool_parsing": lambda _: "true or false",
    "path_type": lambda _: "a path",
    "finite_number": lambda _: "a finite number",
    "dict_type": lambda _: "a section of fields and values",
    "model_type": lambda _: "a section of fields and values",
    "model_attributes_type": lambda _: "a section of fields and values",
    "union_tag_not_found": lambda _: "a section that says its `kind`",
    "greater_than": lambda c: f"more than {c['gt']}",
    "greater_than_equal": lambda c: f"at least {c['ge']}",
    "less_than": lambda c: f"less than {c['lt']}",
    "less_than_equal": lambda c: f"at most {c['le']}",
    "multiple_of": lambda c: f"a multiple of {c['multiple_of']}",
    "string_too_short": lambda c: f"at least {c['min_length']} characters",
    "string_too_long": lambda c: f"at most {c['max_length']:,} characters",
    "too_short": lambda c: f"at least {c['min_length']} of them",
    "too_long": lambda c: f"at most {c['max_length']:,} of them",
    "string_pattern_mismatch": lambda c: (
        "a name: a small letter, then small letters, digits" + (", - and _" if "_-" in c["pattern"] else " and _")
    ),
}


def expected(error: Mapping[str, Any], path: Sequence[str]) -> str:
    """Say of an error, which is not about an unknown key, what was expected at its place and what is there."""
    kind, context = str(error["type"]), error.get("ctx", {})
    if kind == "missing":
        return "is missing"
    found = f" (found {shown(error['input'])})"
    if kind in ("list_type", "tuple_type"):
        of = _LISTS.get(path[-1]) if path else None
        return f"expected a list{f' of {of}' if of else ''}{found}"
    if kind == "literal_error":
        return f"expected {context['expected'].replace(chr(39), '')}{found}{_near(error['input'], context['expected'])}"
    if kind == "union_tag_invalid":
        tag, tags = context["tag"], context["expected_tags"]
        return f"`kind`: expected {tags.replace(chr(39), '')} (found {shown(tag)}){_near(tag, tags)}"
    if kind.startswith(("int_", "float_")):
        return f"expected a {'whole ' if kind.startswith('int_') else ''}number{found}"
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind](context)}{found}"
    return f"{str(error['msg']).removeprefix('Value error, ')}{found}"


def shown(value: Any) -> str:
    """Return a value as a message shows it: short, and a container by what it is."""
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, list | tuple):
        return f"a list of {len(value):,}"
    if value is None:
        return "nothing"
    return f"text {_REPR.repr(value)}" if isinstance(value, str) else _REPR.repr(value)


def _near(found: Any, quoted: str) -> str:
    """Return a hint at the nearest of names in quotes."""
    names = quoted.split("'")[1::2]
    near = difflib.get_close_matches(str(found), names, n=1, cutoff=0.6)
    return f"; did you mean `{near[0]}`?" if near else ""
