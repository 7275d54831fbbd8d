"""A retrain as one HTML file that needs nothing beside it: the model card, and every picture of the run below."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
td, li, a { overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .2rem .8rem; border-bottom: 1px solid #8886; text-align: left; }
figure { display: inline-block; vertical-align: top; width: min(100%, 29rem); margin: 1rem .5rem 0 0; }
img { width: 100%; background: white; }
"""


def report_page(title: str, card: str, pictures: Sequence[Path]) -> str:
    """Return the page of a model card in Markdown, and of PNG files in their order; markup in the card is text."""
    figures = "\n".join(_figure(picture) for picture in pictures)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>\n'
        f"<body>\n{MarkdownIt('commonmark', {'html': False}).enable('table').render(card)}\n{figures}\n</body></html>\n"
    )


def _figure(picture: Path) -> str:
    name = escape(picture.stem.replace("_", " "))
    data = base64.b64encode(picture.read_bytes()).decode()
    return f'<figure><img alt="{name}" src="data:image/png;base64,{data}"><figcaption>{name}</figcaption></figure>'
