"""Data sets of Hugging Face: a folder that `datasets` saved (`save_to_disk`), or Parquet and Arrow files.

A column of numbers with class names becomes a class head; a list of tags beside `tokens`, or beside a text with as many
words, a head of spans; other texts and lists of texts class and multilabel heads; real numbers score heads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field

from schemas.data.sources.cells import PLAIN
from schemas.data.sources.hints import near_name
from schemas.data.sources.importers.files import SPLITS, bad_record, find_files, id_in_split, made, split_told, told
from schemas.data.sources.json import parse_object
from schemas.data.sources.records import DataRefused, LeftOut, RawLine, Record, find_row_error
from schemas.data.sources.spans import are_tags, find_words, spans_of_tags, word_places
from schemas.data.sources.unpacked import column_names, unpack_lines

SUFFIXES = (".arrow", ".parquet")

_WORDS = ("tokens", "words")


class HuggingFaceOptions(BaseModel):
    """Options of the format `huggingface`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str | None = Field(None, description="column of the utterances; default: `text` or what looks like it")


def find_shards(path: Path) -> list[Path]:
    """Return the files of rows; those in which `datasets` caches results are none."""
    return [file for file in find_files(path, SUFFIXES) if file == path or not file.name.startswith("cache-")]


def read_huggingface(path: Path, options: HuggingFaceOptions) -> Iterator[Record | LeftOut]:
    """Yield the rows of each file; a split is told by its folder or file name."""
    for file in find_shards(path):
        lines = unpack_lines(file)
        columns = _Columns(file, next(lines), options.text)
        named, split = told(file, path), split_told(file, path)
        n_rows = 0
        for n_rows, line in enumerate(lines, start=1):  # noqa: B007  # of the last line, below
            yield columns.record(line, named, split)
        if n_rows:
            yield from (LeftOut(f"columns `{name}`") for name in sorted(columns.left_out))


class _Columns:
    """What the columns of one file mean."""

    def __init__(self, file: Path, description: RawLine, text: str | None) -> None:
        names = column_names(description)
        self.features = _features(description)
        self.words = next((name for name in _WORDS if name in names), None)
        self.text = text if text in names else near_name("text", names) if text is None else None
        if self.text is None and (self.words is None or text is not None):
            wanted = f"`{text}`" if text else "`text` or `tokens`"
            raise DataRefused(
                f"{file}: no column {wanted}; found {', '.join(names)[:200]}; name the column of the utterances with "
                "the option `text`"
            )
        self.heads = [name for name in names if name not in (*PLAIN, self.text, self.words)]
        self.left_out: set[str] = set()

    def record(self, line: RawLine, named: str, split: str | None) -> Record:
        record = find_row_error(line) or parse_object(line)
        if record.row is None:
            return record._replace(file=named)
        found = record.row
        words = found.get(self.words) if self.words else None
        try:
            text = found[self.text] if self.text else " ".join(words or ())
            places = find_words(text, words) if words is not None else word_places(text)
        except (TypeError, ValueError) as error:
            return bad_record(named, line.number, line.content, str(error))
        row: dict[str, Any] = {name: found[name] for name in PLAIN if name in found}
        row |= {"text": text, "split": SPLITS.get(found.get("split") or "", found.get("split")) or split}
        if isinstance(found.get("id"), str | int) and found["id"] != "":
            row["id"] = id_in_split(str(found["id"]), row["split"])
        labels: dict[str, Any] = {}
        for name in self.heads:
            value = found[name]
            if name == "labels" and isinstance(value, dict):
                labels |= value
            elif value is not None:
                try:
                    labels[name] = _label(value, self.features.get(name), places)
                except ValueError:
                    self.left_out.add(name)
        return made(named, line.number, line.content, {**row, "labels": labels})


def is_saved_by_datasets(file: Path) -> bool:
    """Does the file say that Hugging Face's `datasets` wrote it, and what its columns are?"""
    return bool(_features(next(unpack_lines(file))))


def _features(description: RawLine) -> Mapping[str, Any]:
    """Return the features that `datasets` wrote into the file, by column."""
    try:
        features = orjson.loads(orjson.loads(description.content)["huggingface"] or "{}")["info"]["features"]
    except (KeyError, TypeError, orjson.JSONDecodeError):
        return {}
    return features if isinstance(features, dict) else {}


def _class_names(feature: Any) -> Sequence[str] | None:
    """Return the names of a ClassLabel, or of a list of these as any version of `datasets` writes it."""
    inner = feature[0] if isinstance(feature, list) and feature else feature
    while isinstance(inner, dict) and isinstance(inner.get("feature"), dict):
        inner = inner["feature"]
    names = inner.get("names") if isinstance(inner, dict) else None
    return names if isinstance(names, list) else None


def _label(value: Any, feature: Any, places: Sequence[tuple[int, int]]) -> Any:
    """Return the label; raises `ValueError` for a column that is none."""
    names = _class_names(feature)
    if isinstance(value, bool) or (isinstance(value, int) and names is None):
        raise ValueError("a number without a name")
    if isinstance(value, int):
        return names[value] if names is not None and 0 <= value < len(names) else None
    if not isinstance(value, list) or (value and isinstance(value[0], dict)):
        return value
    labels = [_label(entry, feature, ()) for entry in value] if value and isinstance(value[0], int) else value
    if not all(isinstance(label, str) for label in labels):
        raise ValueError("a list of no labels")
    is_tagged = are_tags(labels) if labels else names is not None and are_tags(names)
    return spans_of_tags(places, labels) if is_tagged and len(labels) == len(places) else labels
