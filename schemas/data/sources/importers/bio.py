"""Words and their tags: a word a line (CoNLL), or an utterance a line in `seq.in`, `seq.out` and `label`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from schemas.data.contract import MAX_LINE_BYTES
from schemas.data.sources.importers.files import bad_record, find_files, id_in_split, made, split_told, told
from schemas.data.sources.records import KEPT_BYTES, DataRefused, LeftOut, RawLine, Record, find_row_error, read_lines
from schemas.data.sources.spans import TAG, find_words, spans_of_tags, word_places

SUFFIXES = (".conll", ".bio", ".iob", ".iob2", ".txt", ".tsv")
WORDS, TAGS, LABELS = "seq.in", "seq.out", "label"

_COMMENT = re.compile(r"#\s*(?P<key>[\w-]+)\s*[:=]\s*(?P<value>.*)")
_ID = re.compile(r"# id\s+(?P<value>\S+)\s*(?P<rest>.*)")
"""As in `# id 5239d808<tab>domain=train`, of MultiCoNER."""
_COLUMNS = ("id", "text", "split", "lang", "intent")
"""What a comment before a sentence may tell of it."""


def read_conll(path: Path, options: object) -> Iterator[Record | LeftOut]:
    """Yield the sentences of a file or of all files of a folder; blank lines part them.

    `# intent: play` before a sentence gives its intent, `# text = ...` its text as it was before words were parted;
    without this the words are joined by spaces.
    """
    for file in find_files(path, SUFFIXES):
        yield from _read_sentences(file, told(file, path), split_told(file, path))


def _read_sentences(file: Path, named: str, split: str | None) -> Iterator[Record | LeftOut]:
    block: list[RawLine] = []
    size = 0
    for line in read_lines(file):
        if line.content.isspace():
            yield from _read_sentence(block, size, named, split)
            block, size = [], 0
            continue
        size += line.size_bytes
        if size <= MAX_LINE_BYTES:
            block.append(line)
    yield from _read_sentence(block, size, named, split)


def _read_sentence(block: list[RawLine], size: int, named: str, split: str | None) -> Iterator[Record | LeftOut]:
    if not size:
        return
    raw = b"".join(line.content for line in block)
    bad = next((error for error in map(find_row_error, block) if error is not None), None)
    if bad is not None:
        yield bad._replace(file=named)
        return
    if size > MAX_LINE_BYTES:
        first = block[0].number if block else 1
        yield bad_record(
            named, first, raw[:KEPT_BYTES], f"a sentence of {size:,} bytes; do blank lines part the sentences?"
        )
        return
    told_before: dict[str, str] = {}
    words: list[str] = []
    tags: list[str] = []
    n_between = 0
    for line in block:
        text = line.content.decode().rstrip("\r\n")
        columns = text.split("\t") if "\t" in text else text.split()
        comment = None if words else _told_by_comment(text)
        if comment is not None:
            told_before |= comment
        elif columns[0] != "-DOCSTART-":
            if len(columns) < 2 or TAG.fullmatch(columns[-1]) is None:
                yield bad_record(
                    named, line.number, raw, f"expected a word and its tag (O, B-x, I-x), found {text:.60}"
                )
                return
            words.append(columns[0])
            tags.append(columns[-1])
            n_between += len(columns) - 2
    others = [key for key in told_before if key not in _COLUMNS]
    if others:
        yield LeftOut("comments", len(others))
    if n_between:
        yield LeftOut("cells between word and tag", n_between)
    if not words:
        return
    try:
        text = told_before.get("text") or " ".join(words)
        spans = spans_of_tags(find_words(text, words), tags)
    except ValueError as error:
        yield bad_record(named, block[0].number, raw, str(error))
        return
    split = told_before.get("split", split)
    row: dict[str, object] = {"text": text, "split": split, "labels": {"slots": spans}}
    if "lang" in told_before:
        row["lang"] = told_before["lang"]
    if told_before.get("id"):
        row["id"] = id_in_split(told_before["id"], split)
    if "intent" in told_before:
        row["labels"] = {"intent": told_before["intent"], "slots": spans}
    yield made(named, block[0].number, raw, row)


def _told_by_comment(text: str) -> dict[str, str] | None:
    """Return what a comment before a sentence tells, by key, or by all that it says; None for the line of a word."""
    keyed = _COMMENT.fullmatch(text)
    if keyed:
        return {keyed["key"].lower(): keyed["value"].strip()}
    if not text.startswith("# ") or TAG.fullmatch(text.split()[-1]):
        return None
    bare = _ID.fullmatch(text)
    if bare is None:
        return {text: ""}
    return {"id": bare["value"]} | ({f"# {bare['rest']}": ""} if bare["rest"] else {})


def joint_files(path: Path) -> list[Path]:
    """Return the `seq.in` of a folder, or of each of its folders; raises `DataRefused` where one of the three lacks."""
    found = [file for file in find_files(path, (WORDS,)) if file.name == WORDS] if path.is_dir() else []
    if not found:
        raise DataRefused(f"{path}: expected a folder with {WORDS}, {TAGS} and {LABELS}, or with folders of these")
    for file in found:
        for name in (TAGS, LABELS):
            if not file.with_name(name).is_file():
                raise DataRefused(f"{file.with_name(name)}: no such file beside {WORDS}")
    return [beside for file in found for beside in (file, file.with_name(TAGS), file.with_name(LABELS))]


def read_joint(path: Path, options: object) -> Iterator[Record | LeftOut]:
    """Yield the utterances of three files with a line each: words, tags, intent.

    Raises:
        DataRefused: one of the three lacks, or ends before the others.
    """
    for file in joint_files(path)[::3]:
        named, split = told(file, path), split_told(file, path)
        beside = [read_lines(file.with_name(name)) for name in (WORDS, TAGS, LABELS)]
        for number, lines in enumerate(zip_longest(*beside), start=1):
            if None in lines:
                ended = (WORDS, TAGS, LABELS)[lines.index(None)]
                raise DataRefused(f"{file.parent}: {ended} ends before line {number:,}, the others go on")
            yield from _read_line(lines[0], lines[1], lines[2], named, split)


def _read_line(words: RawLine, tagged: RawLine, label: RawLine, named: str, split: str | None) -> Iterator[Record]:
    lines = (words, tagged, label)
    bad = next((error for error in map(find_row_error, lines) if error is not None), None)
    number = words.number
    if bad is not None:
        yield bad._replace(line=number, file=named)
        return
    text, tags, intent = (line.content.decode().strip() for line in lines)
    if not text and not tags:
        return
    raw = "\t".join((text, tags, intent))
    places = word_places(text)
    if len(places) != len(tags.split()):
        yield bad_record(named, number, raw, f"{len(places)} words, but {len(tags.split())} tags")
        return
    try:
        spans = spans_of_tags(places, tags.split())
    except ValueError as error:
        yield bad_record(named, number, raw, str(error))
        return
    yield made(named, number, raw, {"text": text, "split": split, "labels": {"intent": intent or None, "slots": spans}})
