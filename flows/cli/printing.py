"""What comes from outside (labels, texts, paths) as it may be printed: it steers no terminal and is no markup."""

from __future__ import annotations

import json

from rich.text import Text

from trunkline_edge.printable import printable


def shown(text: str) -> Text:
    """Return the text for a table or a line: control characters as escapes, and brackets that are no markup."""
    return Text(printable(text))


def print_json(value: object) -> None:
    """Print one line of JSON for a program to read, safe for a person's terminal too."""
    print(printable(json.dumps(value, ensure_ascii=False)))
