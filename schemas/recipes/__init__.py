"""Recipes: data sources that make their rows themselves, by name.

A recipe is a frozen options model and a function from these options to rows. Importing this package loads no template
library; a recipe imports what it needs when its rows are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from schemas.recipes.home_assistant import HomeAssistantOptions, home_assistant_rows
from schemas.recipes.opinions import OpinionOptions, opinion_rows


@dataclass(frozen=True, slots=True)
class Recipe:
    """A made-up data source."""

    options: type[BaseModel]
    """Model of its options: frozen, unknown keys refused, every field with a default."""
    rows: Callable[[Any], Iterator[dict[str, Any]]]
    """Takes an instance of `options`, yields rows as JSON values; equal options give equal rows."""


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "home-assistant": Recipe(options=HomeAssistantOptions, rows=home_assistant_rows),
        "opinions": Recipe(options=OpinionOptions, rows=opinion_rows),
    }
)
