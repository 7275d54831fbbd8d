"""The drawing of all errors is how the classes are, and so are the codes in it."""

from __future__ import annotations

import re

from trunkline_edge import errors
from trunkline_edge.errors import TrunklineEdgeError

LINE = re.compile(r"^(?P<indent>[\u2502 ]*)[\u251c\u2514]\u2500\u2500 (?P<name>\w+) +(?P<code>[a-z]+\.[a-z]+)?", re.M)


def drawn() -> list[tuple[str, str, str | None]]:
    """Return base, class and code of each line of the drawing."""
    bases = [TrunklineEdgeError.__name__]
    found = []
    for line in LINE.finditer(errors.__doc__ or ""):
        depth = len(line["indent"]) // 4
        bases = [*bases[: depth + 1], line["name"]]
        found.append((bases[depth], line["name"], line["code"]))
    return found


def written(base: type[TrunklineEdgeError] = TrunklineEdgeError) -> list[tuple[str, str, str | None]]:
    """Return the same of each class of this package."""
    found = []
    for each in base.__subclasses__():
        if each.__module__ == errors.__name__:
            found += [(base.__name__, each.__name__, getattr(each, "code", None)), *written(each)]
    return found


def test_the_drawing_of_errors_shows_every_class_below_its_base_with_its_code() -> None:
    assert len(drawn()) > 20
    assert sorted(drawn(), key=str) == sorted(written(), key=str)
