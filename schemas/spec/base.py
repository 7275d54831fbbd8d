"""The base of every section of a spec."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

Count = Annotated[int, Field(ge=1, le=1_000_000)]
"""Steps or epochs between two events."""
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
"""Every library's generator takes 32 bits."""
RateFactor = Annotated[float, Field(ge=1e-4, le=1e4)]
"""A learning rate against the net's."""


class Section(BaseModel):
    """Frozen, and closed to unknown keys, to numbers that are not finite, and to text of no sensible length.

    A number's bounds stand in its field. They are those of arithmetic in single precision, wider than what is of use.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, str_max_length=1_000)

    ADDED: ClassVar[tuple[str, ...]] = ()
    """Fields that came later. At their default they are not written, so that specs without them keep their digests."""

    @model_serializer(mode="wrap")
    def _without_what_is_not_used(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        value: dict[str, Any] = dump(self)
        for name in self.ADDED:
            if getattr(self, name) == type(self).model_fields[name].get_default(call_default_factory=True):
                value.pop(name, None)
        return value


def flatten(value: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted name, text) for every leaf that is set; lists of plain values are leaves."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from flatten(inner, f"{prefix}.{name}" if prefix else str(name))
    elif value is None:
        return  # a field that nobody set is no parameter
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for number, inner in enumerate(value):
            yield from flatten(inner, f"{prefix}.{number}")
    else:
        yield prefix, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
