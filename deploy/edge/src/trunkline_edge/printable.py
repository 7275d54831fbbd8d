"""Text as it may be printed: a terminal obeys control characters, and nobody sees what it was told."""

from __future__ import annotations

import re

# Control characters but tab and line feed (ESC and U+009B begin a terminal's orders; NEL ends a line), marks that turn
# the direction of writing, the line ends of Unicode, and halves of surrogate pairs, which no encoding takes.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Return the text with escapes (`\u001b`) for what would steer a terminal or end a line unseen.

    Tab and line feed stay. JSON stays JSON of the same value, since none of these characters stands outside its
    strings, and there the escapes mean the same.
    """
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
