"""Names made from content: of a data set that was read, and of sources that are still to be read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import orjson

from schemas.data.sources.partitions import Partition
from schemas.data.sources.registry import (
    files_of,
    format_options,
    partitions,
    recipe_options,
    source_name,
    unreadable,
)
from schemas.spec.base import flatten
from schemas.spec.product import DataSpec, Spec

_RULES_VERSION = 2
"""Grows when equal sources give other rows than before; old caches are then not found any more."""


def dataset_digest(spec: Spec, contents: Iterable[bytes]) -> str:
    """Return sha256 over the rows' own hashes, and over the heads, which say how to read the rows.

    contents: the hashes in sorted order, several at once or not, so that the order of the rows does not matter.
    """
    total = hashlib.sha256(_canonical([_RULES_VERSION, _heads(spec)]))
    for content in contents:
        total.update(content)
    return total.hexdigest()


def source_digest(spec: Spec) -> str:
    """Return a cheap key of what `validate` would read and how it would judge: never a path, never a time.

    Raises:
        DataRefused: no such file, recipe or option.
    """
    return hashlib.sha256(_canonical(source_parts(spec))).hexdigest()


def source_parts(spec: Spec) -> dict[str, str]:
    """Return the same in parts, by the field of the spec that each stands for; raises as `source_digest` does."""
    main = sorted(spec.main_heads)  # without labels for one of these, the data set is refused
    return {
        "rules": str(_RULES_VERSION),
        "heads": hashlib.sha256(_canonical([_heads(spec), main])).hexdigest(),
        **dict(flatten({"validate": spec.validation.model_dump(mode="json")})),
        **{
            f"data.{number}": hashlib.sha256(_canonical(_source(source))).hexdigest()
            for number, source in enumerate(spec.data)
        },
    }


def _source(source: DataSpec) -> list[object]:
    if source.recipe is not None:
        content: object = [source.recipe, recipe_options(source).model_dump(mode="json")]
    elif source.format is None:
        parts = partitions(source)
        content = [parts[0].suffix, _digest(parts[0])]
        if parts[0].name:
            content = [[part.name, _digest(part)] for part in parts]
    else:
        assert source.path is not None
        files = files_of(source)
        content = [source.path.suffix.lower(), *(_digest(Partition("", str(file))) for file in files)]
        names = [os.path.relpath(file, source.path) for file in files]  # names of files tell splits
        content = [source.format, format_options(source).model_dump(mode="json"), names, content]
    return [content, source_name(source), source.lang, source.rename]


def _digest(part: Partition) -> str:
    try:
        return part.digest()
    except OSError as error:
        raise unreadable(Path(part.place), error) from None


def _heads(spec: Spec) -> dict[str, object]:
    heads: dict[str, object] = {}
    for name, head in spec.labelled_heads.items():
        kinds = {label: rule.kind for label, rule in head.values.items()}
        heads[name] = [head.kind, head.labels, kinds] if kinds else [head.kind, head.labels]
    return heads


def _canonical(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
