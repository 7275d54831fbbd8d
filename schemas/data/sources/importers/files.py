"""The files of a path that another tool wrote: which there are, what their names say, and YAML among them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from schemas.data.sources.records import DataRefused, Record, open_utf8
from schemas.spec.bounded_yaml import Document, SpecError, parse_yaml

MOST_FILES = 10_000
"""Of one folder and those in it."""
MOST_YAML_BYTES, MOST_YAML_NODES = 4 << 20, 500_000
"""Of one file: PyYAML takes up to half a minute for it."""
MOST_JSON_BYTES = 64 << 20
"""Of a file of JSON that can only be read as a whole."""

SPLITS = MappingProxyType(
    {"train": "train", "training": "train"}
    | dict.fromkeys(("valid", "validation", "val", "dev", "devel", "development"), "valid")
    | dict.fromkeys(("test", "testing"), "test")
)
"""What other tools call our splits."""


def find_files(path: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Return the file itself, or the files of a folder that end so, sorted; hidden ones and links to folders not.

    Raises:
        DataRefused: there are none, or too many.
    """
    if not path.is_dir():
        return [path]
    found = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(folder, name) for name in names if name.endswith(suffixes) and not name.startswith(".")]
        if len(found) > MOST_FILES:
            raise DataRefused(f"{path}: more than {MOST_FILES:,} files; give a folder with fewer")
    files = sorted(file for file in found if file.is_file())
    if not files:
        raise DataRefused(f"{path}: has no file that ends in {' or '.join(suffixes)}")
    return files


def told(file: Path, path: Path) -> str:
    """Return how records name the file: relative to the folder; nothing where `path` is the file itself."""
    return "" if file == path else file.relative_to(path).as_posix()


def split_told(file: Path, path: Path) -> str | None:
    """Return the split that the file's name, or that of a folder between it and `path`, stands for."""
    parts = (*file.relative_to(path).parts[:-1], file.stem) if file != path else (file.stem,)
    words = [part.split("-")[0].split(".")[0].lower() for part in reversed(parts)]
    return next((SPLITS[word] for word in words if word in SPLITS), None)


def id_in_split(theirs: str, split: str | None) -> str:
    """Return a row's id in the whole set, as tools count anew in each split."""
    return f"{split}-{theirs}" if split else theirs


def read_small(file: Path, limit: int) -> bytes:
    """Read a whole file in UTF-8; raises `DataRefused` where it is larger than `limit` bytes."""
    with open_utf8(file) as opened:
        content = opened.read(limit + 1)
    if len(content) > limit:
        raise DataRefused(f"{file}: more than {limit:,} bytes; part it into several files of one folder")
    return content


def read_yaml_documents(file: Path) -> Iterator[Document]:
    """Yield the documents of a YAML file, parted by lines of `---`; their places count the lines of the file.

    Raises:
        DataRefused: it is no YAML, or beyond its bounds.
    """
    try:
        text = read_small(file, MOST_YAML_BYTES).decode()
    except UnicodeDecodeError as error:
        raise DataRefused(f"{file}: byte {error.start} is not UTF-8; save it as UTF-8") from None
    lines = text.replace("\r\n", "\n").split("\n")
    begins = [0, *(number for number, line in enumerate(lines) if line.rstrip() == "---"), len(lines)]
    for begin, end in pairwise(begins):
        body = lines[begin:end]
        if any(line.strip() and not line.startswith(("#", "---")) for line in body):
            try:
                # Blank lines before it keep the numbers of the lines.
                text = "\n" * begin + "\n".join(body)
                yield parse_yaml(text, str(file), most_nodes=MOST_YAML_NODES, is_data=True)
            except SpecError as error:
                raise DataRefused(str(error)) from None


def bad_record(file: str, line: int, raw: str | bytes, message: str) -> Record:
    """Return the record of an utterance that cannot be read."""
    return Record(line, raw.encode() if isinstance(raw, str) else raw, None, "unparsable", message, file)


def made(file: str, line: int, raw: object, row: Mapping[str, Any]) -> Record:
    """Return the record of an utterance that was read; `raw` becomes JSON where it is no text."""
    content = raw if isinstance(raw, bytes) else raw.encode() if isinstance(raw, str) else orjson.dumps(raw)
    return Record(line, content, dict(row), file=file)
