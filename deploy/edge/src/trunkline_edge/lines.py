"""Lines in, answers out: each line gets one line back, an answer or why there is none."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from trunkline_edge.errors import InputRefused
from trunkline_edge.printable import printable
from trunkline_edge.understanding.result import Result
from trunkline_edge.understanding.session import Runtime
from trunkline_edge.understanding.text import MAX_CHARACTERS

MAX_LINE_BYTES = 64 * 1024
"""Room for the longest text many times over; of a longer line no more than this is ever held."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line with something to answer."""

    number: int
    """From 1."""
    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that gets no answer."""

    number: int
    """From 1."""
    error: str
    """What was found and what was expected."""

    def to_line(self, *, timing: bool = False) -> str:
        """One line of JSON in place of an answer's: `{"line": 7, "text": null, "error": "..."}`; it has no timing."""
        return printable(json.dumps({"line": self.number, "text": None, "error": self.error}, ensure_ascii=False))


def read_lines(stream: BinaryIO) -> Iterator[Line | Refused]:
    """Yield the lines of UTF-8 text without their ends; what is too long or not UTF-8 is refused and passed over."""
    for number, raw in enumerate(iter(lambda: stream.readline(MAX_LINE_BYTES + 1), b""), start=1):
        if len(raw) > MAX_LINE_BYTES:
            rest = raw
            while rest and not rest.endswith(b"\n"):
                rest = stream.readline(MAX_LINE_BYTES)
            yield Refused(number, f"longer than {MAX_LINE_BYTES} bytes; text has at most {MAX_CHARACTERS} characters")
            continue
        try:
            yield Line(number, raw.decode().rstrip("\r\n"))
        except UnicodeDecodeError as error:
            yield Refused(number, f"not UTF-8: {error.reason} at byte {error.start}")


def answer_lines(
    runtime: Runtime, lines: Iterable[Line | Refused], *, ranking: bool = False
) -> Iterator[Result | Refused]:
    """Answer each line; what the runtime refuses is refused with the line's number, and those after it go on."""
    for line in lines:
        if isinstance(line, Refused):
            yield line
            continue
        try:
            yield runtime.parse(line.text, ranking=ranking)
        except InputRefused as error:
            yield Refused(line.number, str(error))
