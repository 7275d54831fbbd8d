"""Take a file in: each of its lines becomes a row, something heard, something still to label, or quarantined."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from deploy.intake.store import GoodLine, Store, Taken
from schemas.data.coerce import KEY_BYTES, Shaped, shape, tag_labels
from schemas.data.contract import RowError, label_column
from schemas.data.quarantine import quarantined, write_quarantine
from schemas.data.rules import Rules
from schemas.data.sources.records import DataRefused, Record
from schemas.data.sources.registry import read_chunks, source_name
from schemas.spec.product import DataSpec, Spec
from trunkline_edge.errors import InputRefused
from trunkline_edge.understanding.result import Result
from trunkline_edge.understanding.text import normalise

MAX_DEVICE_CHARACTERS = 64


def take(spec: Spec, file: Path, store: Store, quarantine: Path, now: datetime) -> Taken:
    """Take a file of rows, or of canonical results of devices, into the store; a file that was taken is not again.

    A heard line is a canonical result with `device` and `"opt_in": true`; without these it is quarantined, as nothing
    may be kept that its speaker did not give.

    Raises:
        DataRefused: the file cannot be read at all.
    """
    try:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise DataRefused(f"{file}: {error.strerror}") from None
    if known := store.taken(digest):
        return known
    source = DataSpec(path=file)
    lines, bad, unlabelled, read = list[GoodLine](), list[pl.DataFrame](), 0, 0
    for chunk in read_chunks(spec, source):
        read += len(chunk)
        rows = [record for record in chunk if not _is_heard(record)]
        for record in (record for record in chunk if _is_heard(record)):
            line = _heard(record)
            if isinstance(line, GoodLine):
                lines.append(line)
            else:
                bad.append(_quarantined_heard(file, record, line))
        shaped = shape(rows, spec, source, source_name(source))
        errors = shaped.row_errors + Rules(spec).check(shaped)
        bad.append(quarantined(str(file), shaped.frame, errors))
        good = _good_rows(spec, rows, shaped, {error.row for error in errors})
        lines += [line for line in good if line is not None]
        unlabelled += sum(line is None for line in good)
    n_bad = sum(part.height for part in bad)
    if n_bad:
        _write(bad, quarantine / f"{spec.name}-{digest[:16]}.parquet")
    return store.add(file.name, digest, lines, unlabelled=unlabelled, quarantined=n_bad, now=now)


def _is_heard(record: Record) -> bool:
    return record.row is not None and {"bundle_id", "intents", "rejected"} <= record.row.keys()


def _heard(record: Record) -> GoodLine | str:
    """Return the line, or why it is none."""
    row = record.row or {}
    device = row.get("device")
    if row.get("opt_in") is not True:
        return '`opt_in` is not true: what was said is kept only where its speaker has agreed, `"opt_in": true`'
    if not isinstance(device, str) or not 0 < len(device) <= MAX_DEVICE_CHARACTERS:
        return f"`device` must be a text of 1 to {MAX_DEVICE_CHARACTERS} characters"
    try:
        result = Result.from_json(row)
    except InputRefused as error:
        return str(error)
    text = orjson.dumps({**result.to_json(), "time": row.get("time")}, option=orjson.OPT_SORT_KEYS)
    # The same words at another time are another event; the same line sent twice is not.
    content = hashlib.sha256(device.encode() + b"\0" + text).digest()[:16]
    return GoodLine(content, text_key(result.text), text.decode(), device)


def text_key(text: str) -> bytes:
    """Return what stands for a text in the store: a hash of its normal form. (Rows have another.)"""
    return hashlib.sha256(normalise(text).encode()).digest()[:KEY_BYTES]


def _good_rows(spec: Spec, records: Sequence[Record], shaped: Shaped, bad: set[int]) -> list[GoodLine | None]:
    """Return the rows that may be kept; None for one without any label.

    records: the same rows as they were found.
    """
    tags = [tag_labels(head, spans, shaped.frame) for head, spans in shaped.spans.items()]
    frame = shaped.frame.with_columns(tags)
    own = {name: name for name, head in spec.labelled_heads.items() if head.follows is None}
    following = {head.follows: name for name, head in spec.labelled_heads.items() if head.follows is not None}
    found: list[GoodLine | None] = []
    for number, (record, row) in enumerate(zip(records, frame.iter_rows(named=True), strict=True)):
        if number in bad:
            continue
        labels, after = _labels(own, row), _labels(following, row)
        if not labels and not after:
            found.append(None)
            continue
        told = {"text": row["text"], "lang": row["lang"], "source": row["source"], "labels": labels}
        told |= {"next": after} if after else {}
        # Without its id, which may be made up: the same words with the same labels are the same row.
        content = hashlib.sha256(orjson.dumps(told | {"source": ""}, option=orjson.OPT_SORT_KEYS)).digest()[:16]
        # The frame has a split for every row; one that was not given is chosen anew when the rows are read.
        told |= {"split": row["split"]} if (record.row or {}).get("split") else {}
        found.append(GoodLine(content, text_key(row["text"]), orjson.dumps(told).decode()))
    return found


def _labels(heads: Mapping[str, str], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the labels that a row has; `heads`: the name of each in a file -> its head."""
    return _plain({name: label for name, head in heads.items() if (label := row[label_column(head)]) is not None})


def _plain(labels: dict[str, Any]) -> dict[str, Any]:
    """Return labels as a file has them: values of spans are JSON within the frame."""
    return {
        head: [_span(each) for each in label] if isinstance(label, list) else label for head, label in labels.items()
    }


def _span(span: Any) -> Any:
    if not isinstance(span, dict):
        return span  # one label of a multilabel head
    told = {name: value for name, value in span.items() if value is not None}
    return told | {"value": orjson.loads(told["value"])} if "value" in told else told


def _quarantined_heard(file: Path, record: Record, why: str) -> pl.DataFrame:
    # Its file and line tell where it is; what its speaker did not give is not copied.
    raw = record.raw if (record.row or {}).get("opt_in") is True else b""
    frame = pl.DataFrame({"file": [record.file], "line": [record.line], "raw": [raw]})
    return quarantined(str(file), frame, [RowError(0, "unparsable", why)])


def _write(parts: Sequence[pl.DataFrame], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        whole = Path(folder) / "bad.arrow"
        pl.concat(parts).write_ipc(whole)
        write_quarantine([whole], path)
