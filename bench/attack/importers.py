"""Damaged files of every other tool's format that has text in it: each gives records or a refusal in words.

The files are those of docs/data.md. Any exception but `DataRefused` counts as a traceback; a file that takes longer
than `HANG_S`, and a record that is none, count as silent.
"""

from __future__ import annotations

import time
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from bench.attack import MEMORY, Attack, Tally, told, turns
from schemas.data.sources.importers.formats import FORMATS
from schemas.data.sources.records import DataRefused
from tests.test_data_page import FORMS, Form

HANG_S = 10.0
KINDS = {name: form for name, form in FORMS.items() if form.format is not None and form.format != "huggingface"}
PIECES = (
    *(
        text.encode()
        for text in ("", *'[](){}:"-9,\\|\t\n\0é', "\n- ", "null", "---\n", "&a *a", "<x>", "{x}", "!!set")
    ),
    *(b"\xff", b"\xed\xa0\x80", b"[" * 3_000, b"9" * 400, b"\r", "\u2028\u202e".encode()),
)


def attack(seed: int, seconds: float, inputs: int = 0) -> list[Attack]:
    """Damage files of each format in turn until the time is up."""
    rng, tallies = Random(seed), {kind: Tally() for kind in KINDS}
    with TemporaryDirectory(dir=MEMORY) as name:
        for kind, form in turns(KINDS.items(), seconds, inputs):
            _try(Path(name) / kind, form, rng, tallies[kind])
    return told("importers", tallies)


def _try(folder: Path, form: Form, rng: Random, tally: Tally) -> None:
    assert form.format is not None
    tool = FORMATS[form.format]
    for file, content in form.files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(_damaged(content.encode(), rng))
    path = folder if len(form.files) > 1 or form.format == "hassil" else folder / next(iter(form.files))
    tally.tried += 1
    begun = time.monotonic()
    try:
        wrong = {type(found).__name__ for found in tool.read(path, tool.options())} - {"Record", "LeftOut"}
    except DataRefused as error:
        tally.refused += 1
        wrong = set() if str(error) else {"a refusal without a word"}
    except Exception as error:  # whatever it is, it should have been one of ours
        tally.tracebacks.append(f"{type(error).__name__}: {error}"[:500])
        return
    else:
        tally.accepted += 1
    took = time.monotonic() - begun
    tally.slowest_s = max(tally.slowest_s, took)
    if wrong or took > HANG_S:
        tally.silent.append(f"{wrong or 'no end'} after {took:.1f} s")


def _damaged(raw: bytes, rng: Random) -> bytes:
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(raw) + 1)
        raw = raw[:at] + rng.choice(PIECES) + raw[at + rng.randrange(13) :]
    return raw
