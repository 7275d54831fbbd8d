"""A prompt on a terminal: an utterance a line, each answered before the next is read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress

from trunkline_edge.errors import InputRefused
from trunkline_edge.printable import printable
from trunkline_edge.understanding.result import Result
from trunkline_edge.understanding.session import Runtime


def prompt(runtime: Runtime, show: Callable[[Result], None], *, ranking: bool = False) -> None:
    """Ask, answer and `show` until Ctrl-D or Ctrl-C; arrow keys bring back what was typed. Nothing typed is kept."""
    with suppress(ImportError):  # a Python may be built without it
        import readline  # noqa: F401  (gives `input` its history)
    product = f"{runtime.manifest.product} version {runtime.manifest.provenance.version}"
    print(f"{product}; an utterance a line, Ctrl-D to leave", file=sys.stderr)
    while True:
        try:
            text = input("> ")
        except (EOFError, KeyboardInterrupt):
            print()
            return
        if not text.strip():
            continue
        try:
            result = runtime.parse(text, ranking=ranking)
        except InputRefused as error:
            print(printable(str(error)), file=sys.stderr)
            continue
        show(result)
