"""Thousands of small odd files through the real validation: what goes in comes out as good rows or in quarantine.

Or the file is refused in a sentence. Any exception that is no error of ours counts as a traceback; rows that are
neither good nor quarantined, and an answer that takes longer than `HANG_S`, count as silent.
"""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from bench.attack import Attack, Tally, told
from schemas.data.infer_spec import infer_spec
from schemas.data.validate import Validation, validate
from schemas.errors import UserError
from schemas.spec.load import parse_spec

HANG_S = 10.0
"""No file of these kinds has more than a few rows, so whatever takes longer does not end."""

_HEADS = {
    "intent": {"kind": "class"},
    "slots": {"kind": "tag", "auxiliary": True},
    "topics": {"kind": "multilabel", "auxiliary": True},
    "urgency": {"kind": "score", "auxiliary": True},
}


def attack(seed: int, seconds: float) -> list[Attack]:
    """Feed files of each kind in turn until the time is up; prints what the first of each kind broke."""
    tallies = {kind: Tally() for kind in KINDS}
    end = time.monotonic() + seconds
    number = 0
    with TemporaryDirectory() as folder:
        while time.monotonic() < end:
            kind = list(KINDS)[number % len(KINDS)]
            try_file(Path(folder), kind, f"{seed}/{number}", tallies[kind])
            number += 1
    return told("files", tallies)


def try_file(folder: Path, kind: str, seed: str, tally: Tally) -> None:
    """Make the file of this seed, and validate it with a spec or, one time in four, with one inferred from it."""
    rng = Random(seed)
    with TemporaryDirectory(dir=folder) as name:
        home = Path(name)
        path = KINDS[kind](rng, home)
        tally.tried += 1
        begin = time.monotonic()
        try:
            outcome = _validate(path, home, inferred=rng.random() < 0.25)
        except UserError as error:
            tally.refused += 1
            if not str(error).strip() or "Traceback" in str(error):
                tally.silent.append(f"{seed}: refused without a word")
        except BaseException as error:  # a panic of a Rust library is no Exception
            if isinstance(error, KeyboardInterrupt):
                raise
            tally.tracebacks.append(f"{seed}: {type(error).__name__}: {error}"[:500])
        else:
            wrong = _miscount(outcome)
            tally.accepted += outcome.refused is None
            tally.refused += outcome.refused is not None
            if wrong:
                tally.silent.append(f"{seed}: {wrong}")
        took = time.monotonic() - begin
        if took > HANG_S:
            tally.silent.append(f"{seed}: took {took:.1f} s")
        tally.slowest_s = max(tally.slowest_s, took)


def _validate(path: Path, home: Path, *, inferred: bool) -> Validation:
    raw = {"name": "attack", "heads": _HEADS, "validate": {"max_reject_share": 1}, "data": [{"path": str(path)}]}
    spec = infer_spec(path) if inferred else parse_spec(raw)
    scratch = home / "scratch"
    scratch.mkdir()
    return validate(spec, cache=home / "cache", quarantine=home / "quarantine", scratch=scratch)


def _miscount(outcome: Validation) -> str:
    """Count again what the outcome tells; empty if it is right."""
    kept = 0 if outcome.quarantine is None else pl.read_parquet(outcome.quarantine, glob=False).height
    if kept != outcome.quarantined:
        return f"{outcome.quarantined} rows quarantined, {kept} in the file"
    if outcome.good + outcome.quarantined != outcome.read:
        return f"{outcome.read} rows read, {outcome.good} good, {outcome.quarantined} quarantined"
    if outcome.dataset is not None:
        good = [
            row for split in ("train", "valid", "test") for batch in outcome.dataset.batches(split) for row in batch
        ]
        rows = sum(outcome.dataset.counts.values())
        if rows != outcome.good or (rows and not good):
            return f"{outcome.good} rows good, {rows} in the data set"
    return ""


# What files are made of

_ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 3.5, 2**31, 2**63, 2**64, 10**400, 1e308, float("nan"), float("inf"), -float("inf"), "", " "),
    *("turn it on", "caf\u00e9", "cafe\u0301", "a\x00b", "\u202e", "\u2028", "\ufeff", "💡" * 600, "x" * 5_000, "=1+1"),
    *("$_$", "[" * 50, '"', "a,b", "a\nb", "a\rb", "\x1b[31m", {}, [], [[]], {"a": {}}, [None], ["a", 1], "labels"),
)


def _value(rng: Random, depth: int = 0) -> Any:
    if depth < 3 and rng.random() < 0.2:
        return [_value(rng, depth + 1) for _ in range(rng.randrange(3))]
    if depth < 3 and rng.random() < 0.1:
        return {rng.choice(("start", "end", "label", "intent", "", "\x00")): _value(rng, depth + 1)}
    return rng.choice(_ODD)


def _row(rng: Random) -> dict[str, Any]:
    text = rng.choice(("turn on the lamp", "play cafe\u0301 music", "stop", "👍🏽 ok"))
    start = rng.choice((0, 1, 5, -1, len(text), 2**31))
    span = {"start": start, "end": start + rng.choice((-1, 0, 1, 4, 99)), "label": rng.choice(("a", "b", ""))}
    labels = {"intent": rng.choice("abc"), "slots": [span] * rng.randrange(3), "topics": ["x"], "urgency": 0.5}
    row: dict[str, Any] = {"text": text, "split": rng.choice(("train", "train", "test", None)), "labels": labels}
    while rng.random() < 0.4:
        place: dict[str, Any] = rng.choice((row, labels))
        place[rng.choice((*place, "id", "lang", "source", "labels", "note"))] = _value(rng)
    return row


def _rows(rng: Random) -> list[dict[str, Any]]:
    return [_row(rng) for _ in range(rng.choice((0, 1, 2, 5, 12)))]


def _json(rows: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)  # NaN, Infinity and all


def _csv(rng: Random) -> bytes:
    names = ["text", "split", "labels.intent", "labels.slots", "labels.urgency", "id", "lang"][: rng.choice((1, 3, 7))]
    end, quote = rng.choice(("\n", "\r\n", "\r")), rng.choice(('"', "'", ""))
    lines = [",".join(names)]
    for _ in range(rng.randrange(8)):
        cells = [str(rng.choice(_ODD)) if rng.random() < 0.3 else rng.choice(("on", "train", "[]")) for _ in names]
        lines.append(rng.choice((",", ",", ",", ";")).join(f"{quote}{cell}{quote}" for cell in cells))
    return end.join(lines).encode()


def _table(rng: Random) -> pa.Table:
    """Rows as a table, of types that fit or do not."""
    texts = [rng.choice(("on", "off", "play music")) for _ in range(rng.choice((0, 1, 7, 300)))]
    n = len(texts)
    odd = (
        pa.array(texts).dictionary_encode(),
        pa.array(texts, pa.large_string()),
        pa.array(texts, pa.string_view()),
        pa.array([text.encode() for text in texts]),
        pa.array([1.5, float("nan")] * n)[:n],
        pa.array([[text] for text in texts]),
        pa.array([[[text]] for text in texts]),
        pa.array([{"intent": text, "urgency": float("inf")} for text in texts], _LABELS),
        pa.array([[(text, 1)] for text in texts], pa.map_(pa.string(), pa.int64())),
        pa.array([2**62] * n, pa.timestamp("s")),
        pa.array([17] * n, pa.duration("us")),
        pa.array([1] * n, pa.decimal128(38, 2)),
        pa.nulls(n),
    )
    good = pa.array([{"intent": text, "urgency": 0.5} for text in texts], _LABELS)
    columns: dict[str, Any] = {"text": pa.array(texts), "split": pa.array(["train"] * n), "labels": good}
    while rng.random() < 0.7:
        columns[rng.choice(("text", "labels", "id", "split", "lang", "source", "note"))] = rng.choice(odd)
    return pa.table(columns)


_LABELS = pa.struct([("intent", pa.string()), ("urgency", pa.float64())])


def _parquet(rng: Random) -> bytes:
    file = io.BytesIO()
    codec = rng.choice(("none", "snappy", "gzip", "zstd", "lz4", "brotli"))
    try:
        pq.write_table(_table(rng), file, compression=codec, row_group_size=rng.choice((1, 100, 1000)))
    except pa.ArrowException:  # not every type has a Parquet type
        return _parquet(rng)
    return file.getvalue()


def _arrow(rng: Random) -> bytes:
    file = io.BytesIO()
    table = _table(rng)
    options = pa.ipc.IpcWriteOptions(compression=rng.choice((None, "lz4", "zstd")))
    with pa.ipc.new_file(file, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=rng.choice((1, 50, 1000)))
    return file.getvalue()


def _mutated(rng: Random, raw: bytes) -> bytes:
    """Cut, doubled, overwritten: one to four times."""
    data = bytearray(raw)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        change = rng.randrange(5)
        if change == 0:
            del data[at:]
        elif change == 1:
            del data[at : at + rng.randrange(20)]
        elif change == 2:
            data[at:at] = rng.randbytes(rng.randrange(8))
        elif change == 3:
            data[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\x7f"))
        else:
            data[at : at + 1] = bytes([rng.randrange(256)])
    return bytes(data)


def _nested(rng: Random) -> bytes:
    depth = rng.choice((10, 200, 300, 900, 1_000, 1_100, 50_000))
    deep = rng.choice(("[", '{"a":')) * depth
    closed = deep + "1" + "".join("]" if mark == "[" else "}" for mark in reversed(deep) if mark in "[{")
    frame = rng.choice(
        ("%s", '{"text": %s}', '{"text": "on", "labels": %s}', '{"text": "on", "labels": {"intent": %s}}')
    )
    return (frame % rng.choice((closed, closed, deep))).encode() + b"\n" + _json(_rows(rng))


def _encoded(rng: Random) -> bytes:
    codec = rng.choice(
        ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "utf-7", "utf-8-sig", "cp037")
    )
    plain = [{"text": "caf\u00e9", "split": "train", "labels": {"intent": "on"}}] * rng.randint(1, 5)
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in plain).encode(codec)


def _wide(rng: Random) -> bytes:
    columns = rng.choice((900, 1_001, 100_000))
    row = ",".join(f"c{number}" for number in range(columns))
    return f"text,{row}\non,{row}\n".encode()


def _long(rng: Random) -> bytes:
    size = rng.choice((70_000, 131_073, 1 << 20, 3 << 20))
    filler = rng.choice(("x", " ", '"', ",", "\\", "[]", "a b "))
    return (
        rng.choice(("text\n%s\nb\n", "text,%s\na,b\n", 'text\n"%s\nb\n'))
        .replace("%s", filler * (size // len(filler)))
        .encode()
    )


def _place(rng: Random, home: Path) -> Path:
    """No bytes in a file, but something in its place."""
    row = _json([_row(rng)])
    path = home / rng.choice(
        (
            "st*r.jsonl",
            "a[b].jsonl",
            "what?.jsonl",
            "50%20.jsonl",
            "#1.jsonl",
            "~.jsonl",
            "-P.jsonl",
            "x" * 240 + ".jsonl",
        )
    )
    what = rng.randrange(8)
    if what < 3:
        path.write_bytes(row)
        return path
    if what == 3:
        path.mkdir()
        return path
    if what == 4:
        os.mkfifo(path)
        return path
    if what == 5:
        path.symlink_to(rng.choice(("/dev/zero", "/dev/null", "/proc/self/mem", str(path), "/nowhere/at/all")))
        return path
    if what == 6:
        return Path("/dev/zero")
    return home / rng.choice(("x" * 300 + ".jsonl", "none.jsonl", "none/none.jsonl"))


def _written(suffix: str, content: Callable[[Random], bytes]) -> Callable[[Random, Path], Path]:
    def write(rng: Random, home: Path) -> Path:
        path = home / f"{rng.choice(('rows', 'st*r', 'a[b]'))}{suffix}"
        path.write_bytes(content(rng))
        return path

    return write


def _any_suffix(rng: Random, home: Path) -> Path:
    path = home / f"rows{rng.choice(('.jsonl', '.csv', '.parquet', '.arrow'))}"
    magic = {".parquet": b"PAR1", ".arrow": b"ARROW1\0\0"}.get(path.suffix, b"")
    path.write_bytes(magic + rng.randbytes(rng.choice((0, 1, 30, 500))) + magic.strip(b"\0"))
    return path


KINDS: Mapping[str, Callable[[Random, Path], Path]] = MappingProxyType(
    {
        "random bytes": _any_suffix,
        "JSON Lines of odd rows": _written(".jsonl", lambda rng: _json(_rows(rng))),
        "JSON Lines, mutated": _written(".jsonl", lambda rng: _mutated(rng, _json(_rows(rng)))),
        "JSON, nested deeply": _written(".jsonl", _nested),
        "CSV of odd cells": _written(".csv", _csv),
        "CSV, mutated": _written(".csv", lambda rng: _mutated(rng, _csv(rng))),
        "CSV, wide": _written(".csv", _wide),
        "CSV, long lines": _written(".csv", _long),
        "odd encodings": _written(".jsonl", _encoded),
        "Parquet of odd types": _written(".parquet", _parquet),
        "Parquet, mutated": _written(".parquet", lambda rng: _mutated(rng, _parquet(rng))),
        "Arrow of odd types": _written(".arrow", _arrow),
        "Arrow, mutated": _written(".arrow", lambda rng: _mutated(rng, _arrow(rng))),
        "no regular file, odd names": _place,
    }
)
