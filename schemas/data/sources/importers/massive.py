"""JSON Lines of the public assistants' data: MASSIVE (`annot_utt`) and SLURP (`tokens` and `entities`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from schemas.data.sources.importers.files import SPLITS, bad_record, find_files, made, split_told, told
from schemas.data.sources.json import parse_object
from schemas.data.sources.records import LeftOut, Record, find_row_error, read_lines
from schemas.data.sources.spans import SLOTS, find_words, read_slot, span, strip_marks

MASSIVE_SUFFIXES = (".jsonl",)
SLURP_SUFFIXES = (".jsonl", ".json")


def read_massive(path: Path, options: object) -> Iterator[Record | LeftOut]:
    """Yield the utterances of a file or folder in the form of MASSIVE: a locale a file."""
    return _read(path, MASSIVE_SUFFIXES, _massive_row, {"slot_method": "slot methods", "judgments": "judgments"})


def read_slurp(path: Path, options: object) -> Iterator[Record | LeftOut]:
    """Yield the utterances of a file or folder in the form of SLURP: a split a file."""
    return _read(path, SLURP_SUFFIXES, _slurp_row, {"recordings": "recordings"})


def _read(
    path: Path,
    suffixes: tuple[str, ...],
    row_of: Callable[[Mapping[str, Any]], dict[str, Any]],
    left_out: Mapping[str, str],
) -> Iterator[Record | LeftOut]:
    for file in find_files(path, suffixes):
        named, split = told(file, path), split_told(file, path)
        for line in read_lines(file):
            if line.content.isspace():
                continue
            record = find_row_error(line) or parse_object(line)
            if record.row is None:
                yield record._replace(file=named)
                continue
            try:
                row = row_of(record.row)
            except KeyError as error:
                yield bad_record(named, line.number, line.content, f"no field {error}; is it of this format?")
                continue
            except (ValueError, TypeError, AttributeError, IndexError) as error:
                yield bad_record(named, line.number, line.content, str(error))
                continue
            row.setdefault("split", split)
            yield made(named, line.number, line.content, row)
            for field, what in left_out.items():
                if record.row.get(field):
                    yield LeftOut(what, len(record.row[field]))


def _massive_row(found: Mapping[str, Any]) -> dict[str, Any]:
    text, spans = strip_marks(found["annot_utt"], SLOTS, read_slot)
    utterance = found.get("utt")
    if utterance is not None and "".join(text.split()) != "".join(utterance.split()):
        raise ValueError(f"`annot_utt` without its marks is not `utt`: {text:.60}")
    row: dict[str, Any] = {"text": text, "lang": found.get("locale")}
    if "id" in found:
        row["id"] = "-".join(filter(None, ("massive", found.get("locale"), str(found["id"]))))
    if "partition" in found:
        row["split"] = SPLITS.get(found["partition"], found["partition"])
    heads = [head for head in ("intent", "scenario") if head in found]
    return {**row, "labels": {**{head: found[head] for head in heads}, "slots": spans}}


def _slurp_row(found: Mapping[str, Any]) -> dict[str, Any]:
    text = found["sentence"]
    if "tokens" in found:
        places = find_words(text, [token["surface"] for token in found["tokens"]])
        spans = []
        for entity in found.get("entities") or []:
            words = sorted(entity["span"])
            spans.append(span(places[words[0]][0], places[words[-1]][1], entity["type"]))
    else:
        text, spans = strip_marks(found["sentence_annotation"], SLOTS, read_slot)
    row: dict[str, Any] = {"text": text}
    if "slurp_id" in found:
        row["id"] = f"slurp-{found['slurp_id']}"
    heads = [head for head in ("intent", "scenario", "action") if head in found]
    return {**row, "labels": {**{head: found[head] for head in heads}, "slots": spans}}
