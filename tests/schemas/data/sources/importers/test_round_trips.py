"""Rows, written as another tool writes them and read again, are the same rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.data.sources.importers.formats import FORMATS
from schemas.data.sources.records import Record

_WORDS = st.text(st.sampled_from("abzÄßñ日中é'.,!?%&#-*(){}/0 19\"\\"), min_size=1, max_size=6).map(
    lambda word: word.replace(" ", "x")
)
_NAMES = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True)

Row = dict[str, Any]


@st.composite
def rows(draw: st.DrawFn) -> Row:
    """A row whose spans begin and end with words."""
    words = draw(st.lists(_WORDS, min_size=1, max_size=7))
    places, at = [], 0
    for word in words:
        places.append((at, at + len(word)))
        at += len(word) + 1
    spans = []
    first = 0
    while first < len(words):
        length = draw(st.integers(0, 2))
        if length and first + length <= len(words):
            spans.append({"start": places[first][0], "end": places[first + length - 1][1], "label": draw(_NAMES)})
        first += length + 1  # a word between two spans, as BIO tags of equal labels need none but mark-up reads better
    return {"text": " ".join(words), "labels": {"intent": draw(_NAMES), "slots": spans}}


def marked(row: Row, mark: Callable[[str, Row], str]) -> str:
    """The text with each span's words in mark-up."""
    text, done = "", 0
    for span in row["labels"]["slots"]:
        text += row["text"][done : span["start"]] + mark(row["text"][span["start"] : span["end"]], span)
        done = span["end"]
    return text + row["text"][done:]


def tags(row: Row) -> list[tuple[str, str]]:
    """Words and BIO tags."""
    found, at = [], 0
    for word in row["text"].split(" "):
        span = next((span for span in row["labels"]["slots"] if span["start"] <= at < span["end"]), None)
        found.append((word, "O" if span is None else f"{'B' if at == span['start'] else 'I'}-{span['label']}"))
        at += len(word) + 1
    return found


def write_rasa(folder: Path, rows: Sequence[Row]) -> Path:
    lines = ['version: "3.1"', "nlu:"]
    for row in rows:
        text = marked(row, lambda words, span: f'[{words}]{{"entity": "{span["label"]}"}}')
        lines += [f"- intent: '{row['labels']['intent']}'", "  examples: |", f"    - {text}"]
    return _written(folder / "nlu.yml", "\n".join(lines) + "\n")


def write_snips_yaml(folder: Path, rows: Sequence[Row]) -> Path:
    parts = []
    for row in rows:
        text = json.dumps(marked(row, lambda words, span: f"[{span['label']}]({words})"), ensure_ascii=False)
        parts.append(f"type: intent\nname: '{row['labels']['intent']}'\nutterances:\n- {text}\n")
    return _written(folder / "set.yaml", "---\n" + "---\n".join(parts))


def write_snips_json(folder: Path, rows: Sequence[Row]) -> Path:
    intents: dict[str, Any] = {}
    for row in rows:
        chunks, done = [], 0
        for span in row["labels"]["slots"]:
            chunks.append({"text": row["text"][done : span["start"]]})
            words = row["text"][span["start"] : span["end"]]
            chunks.append({"text": words, "slot_name": span["label"], "entity": span["label"]})
            done = span["end"]
        data = [*chunks, {"text": row["text"][done:]}]
        intents.setdefault(row["labels"]["intent"], {"utterances": []})["utterances"].append({"data": data})
    return _written(folder / "set.json", json.dumps({"language": "en", "intents": intents, "entities": {}}))


def write_conll(folder: Path, rows: Sequence[Row]) -> Path:
    blocks = []
    for row in rows:
        lines = [f"# intent: {row['labels']['intent']}", *(f"{word}\t{tag}" for word, tag in tags(row))]
        blocks.append("\n".join(lines))
    return _written(folder / "set.conll", "\n\n".join(blocks) + "\n")


def write_joint(folder: Path, rows: Sequence[Row]) -> Path:
    _written(folder / "seq.in", "".join(f"{row['text']}\n" for row in rows))
    _written(folder / "seq.out", "".join(" ".join(tag for _, tag in tags(row)) + "\n" for row in rows))
    _written(folder / "label", "".join(f"{row['labels']['intent']}\n" for row in rows))
    return folder


def write_massive(folder: Path, rows: Sequence[Row]) -> Path:
    found = [
        {
            "utt": row["text"],
            "annot_utt": marked(row, lambda words, span: f"[{span['label']} : {words}]"),
            "intent": row["labels"]["intent"],
        }
        for row in rows
    ]
    return _written(folder / "en-US.jsonl", "".join(json.dumps(line) + "\n" for line in found))


def write_slurp(folder: Path, rows: Sequence[Row]) -> Path:
    lines = []
    for row in rows:
        words = row["text"].split(" ")
        starts = [len(" ".join(words[:place])) + bool(place) for place in range(len(words))]
        entities = [
            {
                "span": [place for place, start in enumerate(starts) if span["start"] <= start < span["end"]],
                "type": span["label"],
            }
            for span in row["labels"]["slots"]
        ]
        tokens = [{"surface": word, "id": place} for place, word in enumerate(words)]
        line = {"sentence": row["text"], "intent": row["labels"]["intent"], "tokens": tokens, "entities": entities}
        lines.append(json.dumps(line))
    return _written(folder / "train.jsonl", "\n".join(lines))


def write_label_studio(folder: Path, rows: Sequence[Row]) -> Path:
    tasks = []
    for row in rows:
        results: list[Any] = [
            {"type": "choices", "from_name": "intent", "value": {"choices": [row["labels"]["intent"]]}}
        ]
        for span in row["labels"]["slots"]:
            words = row["text"][span["start"] : span["end"]]
            value = {"start": span["start"], "end": span["end"], "text": words, "labels": [span["label"]]}
            results.append({"type": "labels", "from_name": "slots", "value": value})
        tasks.append({"data": {"text": row["text"]}, "annotations": [{"result": results}]})
    return _written(folder / "export.json", json.dumps(tasks, indent=1))


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


WRITERS = {
    "rasa": write_rasa,
    "snips": write_snips_yaml,
    "snips-json": write_snips_json,
    "conll": write_conll,
    "joint": write_joint,
    "massive": write_massive,
    "slurp": write_slurp,
    "label-studio": write_label_studio,
}


@pytest.mark.parametrize("writer", WRITERS)
@settings(max_examples=25)
@given(wanted=st.lists(rows(), min_size=1, max_size=4))
def test_rows_written_in_a_format_are_read_as_they_were(writer: str, wanted: list[Row]) -> None:
    if writer == "snips":  # whose mark-up ends with the first bracket
        wanted = json.loads(json.dumps(wanted).replace(")", "x"))
    tool = FORMATS[writer.removesuffix("-json")]
    with TemporaryDirectory() as folder:
        path = WRITERS[writer](Path(folder), wanted)
        records = [found for found in tool.read(path, tool.options()) if isinstance(found, Record)]
    found = []
    for record in records:
        assert record.row is not None, record
        labels = {"slots": [], **record.row["labels"]}  # an export of Label Studio without any span has no such control
        found.append((record.row["text"], labels["intent"], labels["slots"]))
    order = writer == "snips-json"  # which puts rows of an intent together
    said = [(row["text"], row["labels"]["intent"], row["labels"]["slots"]) for row in wanted]
    assert (sorted(found, key=str) if order else found) == (sorted(said, key=str) if order else said)
