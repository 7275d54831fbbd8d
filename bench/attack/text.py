"""Odd texts for the runtime of a device: doubling lengths up to a million characters, mixtures, what is no text.

It asks the champion of product `home` where this home has one, else the bundle of linear heads that the device's tests
build. Either is told to part commands, the dearest thing that a bundle can ask for. Times are CPU times, so that they
tell of the runtime and not of what else the machine does.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.attack import Attack
from deploy.edge.tests.tiny_bundle import Recipe
from tasks.settings import Settings
from tasks.tracking.champion import champion_of, open_champion
from trunkline_edge.errors import InputRefused
from trunkline_edge.understanding.result import Result
from trunkline_edge.understanding.session import Runtime, open_folder
from trunkline_edge.understanding.text import MAX_RAW_CHARACTERS

ANSWER_MS = 50.0
"""Of any text that is accepted."""
LONGEST = 2**20
"""Characters; far beyond what is accepted, so that refusing is timed too."""
GROWTH = 3.0
"""Times as long for refusing a text twice as long: 2 is linear, 4 quadratic. An answer may grow faster, when the longer
text is one of several commands, but has its own bound."""
FLOOR_MS = 2.0
"""What is faster is not compared with half its length, since noise is as large."""

UNITS = {
    "spaces": " ",
    "spaces between words": "on" + " " * 30,
    "commas": ",",
    "symbols": "?",
    "one word": "x",
    "digits and letters": "7a",
    "and": "and ",
    "and then also": "and then also ",
    "commands": "turn on the lamp and ",
    "marks": "\u0301\u0316",
    "letters with many marks": "a" + "\u0301\u0316" * 15,
    "joiners": "\u200d",
    "zero-width spaces": "a\u200b",
    "emoji": "🙂👍🏽",
    "joined emoji": "👩\u200d",
    "mixed scripts": "lämp 灯 лампа مصباح दीपक โคมไฟ 램프 ",
    "growing in NFKC": "\ufdfa",
    "growing in lower case": "\u0130",
    "control characters": "\x1b[2J\x9b\x00\x07\x85\u2028\u202e",
    "lone surrogates": "\ud800",
}
NO_TEXTS: tuple[Any, ...] = (
    None,
    True,
    0,
    1.5,
    b"lamp on",
    bytearray(b"on"),
    ["lamp on"],
    {"text": "on"},
    object(),
    str,
)


@dataclass
class _Tally:
    """What has become of one kind so far."""

    tried: int = 0
    refused: int = 0
    accepted: int = 0
    tracebacks: int = 0
    silent: int = 0
    slowest_ms: float = 0.0
    times: list[tuple[float, bool]] = field(default_factory=list)
    """Milliseconds of each text in turn, and whether it was refused."""

    def row(self, kind: str) -> Attack:
        """Return the line of the table."""
        counts = (self.tried, self.refused, self.accepted, self.tracebacks, self.silent)
        return Attack("text", kind, *counts, self.slowest_ms)


def attack(seed: int, seconds: float) -> list[Attack]:
    """Attack a runtime for so many seconds, but until every kind has been tried at all; returns a row a kind."""
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as scratch:
        runtime = _runtime(Path(scratch))
        _ask(runtime, "turn on the lamp", _Tally())  # the first answer of a session takes longer than any other
        rows = [_doubled(runtime, kind, unit) for kind, unit in UNITS.items()]
        rows.append(_all(runtime, NO_TEXTS).row("what is no text"))
        mixtures = _until(end, _mixtures(random.Random(seed)))
        return [*rows, _all(runtime, mixtures).row("random mixtures")]


def _runtime(scratch: Path) -> Runtime:
    repository = Settings.from_environment().repository
    champion = champion_of(repository, "home", "local")
    if champion is None:
        Recipe().write(scratch)
    runtime = open_champion(repository, champion) if champion else open_folder(scratch)
    runtime.manifest = replace(runtime.manifest, splits_commands=True)
    return runtime


def _doubled(runtime: Runtime, kind: str, unit: str) -> Attack:
    lengths = [2**power for power in range(4, LONGEST.bit_length())]
    tally = _all(runtime, (unit * (length // len(unit)) for length in lengths))
    pairs = list(zip(tally.times, tally.times[1:], strict=False))
    tally.silent += sum(long / short > GROWTH for (short, _), (long, refused) in pairs if refused and long > FLOOR_MS)
    growths = [long / short for (short, _), (long, _) in pairs if long > FLOOR_MS]
    return tally.row(f"{kind}: twice as long, {f'{max(growths):.1f} x the time' if growths else 'no more time'}")


def _all(runtime: Runtime, texts: Iterable[Any]) -> _Tally:
    tally = _Tally()
    for text in texts:
        _ask(runtime, text, tally)
    return tally


def _ask(runtime: Runtime, text: Any, tally: _Tally) -> None:
    """Ask once, and up to five times where that takes long, since a busy machine makes also CPU time longer."""
    tally.tried += 1
    fastest = float("inf")
    for _ in range(5):
        begun = time.process_time()
        answer = _answered(lambda: runtime.parse(text))
        fastest = min(fastest, (time.process_time() - begun) * 1e3)
        if fastest < 1:
            break
    tally.slowest_ms = max(tally.slowest_ms, fastest)
    tally.times.append((fastest, isinstance(answer, InputRefused)))
    if isinstance(answer, Result):
        tally.accepted += 1
        tally.silent += fastest > ANSWER_MS or not _is_sound(answer, text)
    elif isinstance(answer, InputRefused):
        tally.refused += 1
    else:
        tally.tracebacks += 1


def _answered(ask: Callable[[], Result]) -> Result | Exception:
    try:
        return ask()
    except Exception as error:
        return error


def _is_sound(answer: Result, text: str) -> bool:
    """Say whether it is of this text, every span cuts it, and it is printed as one line of the same value."""
    slots = [slot for intent in answer.intents for slot in intent.slots]
    line = answer.to_line()
    return (
        answer.text == text
        and all(0 <= slot.start < slot.end <= len(text) and text[slot.start : slot.end] == slot.raw for slot in slots)
        and len(line.splitlines()) == 1
        and json.loads(line) == answer.to_json()
    )


def _mixtures(rng: random.Random) -> Iterator[str]:
    """Yield texts of runs of units, of every length, many of them as long as just may be."""
    units = [*UNITS.values(), " ", "lamp on", " and ", "fan off ", "in the guest room ", "\t", "\n"]
    while True:
        text = ""
        target = rng.choice([8, 64, 256, 512, MAX_RAW_CHARACTERS, 2 * MAX_RAW_CHARACTERS])
        while len(text) < target:
            text += rng.choice(units) * rng.choice([1, 1, 1, 2, 5, 40])
        yield text[:target]


def _until(end: float, texts: Iterator[str]) -> Iterator[str]:
    yield next(texts)
    while time.monotonic() < end:
        yield next(texts)
