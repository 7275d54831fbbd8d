"""What comes from outside (labels, texts, paths) as it may be printed: it steers no terminal and is no markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from rich.text import Text

from trunkline_edge.printable import printable

_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red", "bright_cyan", "bright_magenta")
_UNSEEN = re.compile(r"[^\S ]|[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

Span = tuple[int, int, str]
"""Start and end in characters, and label."""


def shown(text: str) -> Text:
    """Return the text for a table or a line: control characters as escapes, and brackets that are no markup."""
    return Text(printable(text))


def print_json(value: object) -> None:
    """Print one line of JSON for a program to read, safe for a person's terminal too."""
    print(printable(json.dumps(value, ensure_ascii=False)))


def colours(labels: Iterable[str]) -> dict[str, str]:
    """Return a colour for each label; the same ones for the same labels."""
    return {label: _COLOURS[number % len(_COLOURS)] for number, label in enumerate(sorted(set(labels)))}


def spanned(text: str, spans: Iterable[Span], style: dict[str, str], *, coloured: bool) -> Text:
    """Return the text with its spans in the colours of their labels; where there are no colours, as mark-up."""
    if not coloured:
        return shown_in_place(Text(_marked(text, spans)))
    found = Text(text)
    for start, end, label in spans:
        found.stylize(style.get(label, ""), start, end)
    return shown_in_place(found)


def shown_in_place(text: Text) -> Text:
    """Return the text with a sign for each character that would steer a terminal; places of colours stay."""
    return Text(_UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text.plain), style=text.style, spans=text.spans)


def _marked(text: str, spans: Iterable[Span]) -> str:
    begins = len(text)
    for start, end, label in sorted(spans, reverse=True):
        if end <= begins:  # where heads overlap, mark-up has room for one of them
            text, begins = f"{text[:start]}[{text[start:end]}]({label}){text[end:]}", start
    return text
