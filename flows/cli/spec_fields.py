"""`trunkline spec`: every field of a spec, what it takes, its default and its meaning."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from schemas.errors import UserError
from schemas.spec.fields import SpecField, json_schema, nearest, option_fields, spec_fields


def show_fields(below: str, *, schema: bool) -> None:
    """Print the fields, or those at and below one; or the JSON Schema that editors read."""
    if schema:
        print(json.dumps(json_schema(), indent=1))
        return
    asked = below.removesuffix(".")
    fields = [each for each in _fields() if _is_below(each.path, asked)]
    if not fields:
        near = nearest(asked.rpartition(".")[2])
        hint = f"did you mean {near}?" if near else "`trunkline spec` alone shows all"
        raise UserError(f"{asked}: a spec has no such field; {hint}")
    table = Table(title="fields of a spec", title_justify="left")
    for column in ("field", "takes", "default", "meaning"):
        table.add_column(column, overflow="fold")
    for each in fields:
        path = f"{each.path} ({each.where})" if each.where else each.path
        table.add_row(*map(escape, (path, each.takes, each.default, each.about)))
    Console().print(table)


def _fields() -> Iterator[SpecField]:
    from schemas.data.sources.importers.formats import FORMATS
    from schemas.recipes import RECIPES

    for each in spec_fields():
        yield each
        if each.path == "data[].options":
            for name, recipe in RECIPES.items():
                yield from option_fields(f"recipe: {name}", recipe.options)
            for name, tool in FORMATS.items():
                yield from option_fields(f"format: {name}", tool.options)


def _is_below(path: str, asked: str) -> bool:
    plain = path.replace("[]", "").replace(".NAME", "")
    return not asked or any(each == asked or each.startswith(f"{asked}.") for each in (path, plain))
