"""The plain-JavaScript reader of a bundle against the runtime's own: words, ids, spans, commands."""

from __future__ import annotations

import random
import re
import sys
import unicodedata
from dataclasses import replace

import numpy as np
import pytest

from deploy.edge.tests.tiny_bundle import FEATURIZER, VOCABULARY
from examples.make_tables import FILE, tables
from tests.examples.conftest import ask_node, needs_node
from trunkline_edge.understanding.commands import Part, alike, only_names, pieces, shared
from trunkline_edge.understanding.decode import decode_spans
from trunkline_edge.understanding.featurizer import Featurizer
from trunkline_edge.understanding.text import Word, normalise

pytestmark = needs_node
SEED = 20261126
PIECES = (
    *"aZé7٣\uff11²ß Ω,.!'-\t\n\x85\u00a0灯ไ한Ǆ",
    "\u0301",
    "\u200d",
    "👍🏽",
    "👩\u200d🔧",
    "İ",
    "ﷺ",
    "①",
    "❶",
    "and",
    " then ",
)

SPOKEN = ("and", "then", "also", ",", "the", "in", "um", "Um,", "er.m", "mm-", "lmap", "gueest", "kichten", "fna")


def known_to_both(point: int) -> bool:
    """Say whether Python's Unicode has a character; Node's is newer, and where one has none they may differ."""
    return not 0xD800 <= point <= 0xDFFF and unicodedata.category(chr(point)) != "Cn"


def texts(count: int) -> list[str]:
    rng = random.Random(SEED)
    odd = ["".join(rng.choices(PIECES, k=rng.randint(0, 12))) for _ in range(count)]
    spoken = [" ".join(rng.choices([*VOCABULARY, *SPOKEN], k=rng.randint(1, 14))) for _ in range(count)]
    return odd + spoken


def test_the_tables_are_those_of_the_devices_python() -> None:
    assert FILE.read_text(encoding="utf-8") == tables(), "run `python -m examples.make_tables`"


def test_words_ids_and_normal_forms_are_the_runtimes() -> None:
    # Every character that there is, each between letters, beside mixtures.
    characters = [f"a{chr(point)}b" for point in range(sys.maxunicode + 1) if known_to_both(point)]
    asked = [*characters[::7], *characters[:3000], *texts(400)]
    config = replace(FEATURIZER, mends=8, skips=("um", "er.m", "mm"))
    code = """
        const { Featurizer } = await import("./featurizer.mjs");
        const { normalise } = await import("./text.mjs");
        const featurizer = new Featurizer(asked.config, asked.vocabulary);
        const answer = asked.texts.map((text) => {
          const { words, ids } = featurizer.read(Array.from(text));
          return [words.map(({ start, end, form }) => [start, end, form]), Array.from(ids, Number), normalise(text)];
        });
    """
    vocabulary = list(VOCABULARY)
    found = ask_node(code, {"config": config.to_json(), "vocabulary": vocabulary, "texts": asked})
    featurizer = Featurizer(config, vocabulary)
    for text, (words, ids, normal) in zip(asked, found, strict=True):
        expected = featurizer.read(text)
        assert words == [[word.start, word.end, word.form] for word in expected.words], ascii(text)
        assert ids == expected.ids.ravel().tolist(), ascii(text)
        assert normal == normalise(text), ascii(text)


# Scores that tie, characters beyond 16 bits, a piece that none begins with, and one that nothing has.
WORD_PIECES = ("un", "##do", "turn", "l", "##a", "##am", "##mp", "##👍", "👍", "灯", "a", "b", "##b", "nothing else")
SCORED = (*(f"▁{piece}" for piece in ("", "a", "turn", "l", "👍")), "un", "do", "am", "mp", "p", "👍", "灯", "b", "ab")


@pytest.mark.parametrize(
    "lines",
    [WORD_PIECES, [f"{piece}\t{-1 - at % 4}" for at, piece in enumerate(SCORED)]],
    ids=["without scores", "with scores"],
)
def test_pieces_of_words_are_the_runtimes(lines: list[str]) -> None:
    config = replace(FEATURIZER, kind="pieces", mends=8)
    rng = random.Random(SEED)
    parts = [line.partition("\t")[0].strip("#▁") for line in lines]
    made = ["".join(rng.choices([*parts, "x"], k=rng.randint(1, 6))) for _ in range(500)]
    asked = [*texts(200), *made]
    code = """
        const { Featurizer } = await import("./featurizer.mjs");
        const featurizer = new Featurizer(asked.config, asked.lines);
        const answer = asked.texts.map((text) => Array.from(featurizer.read(Array.from(text)).ids, Number));
    """
    found = ask_node(code, {"config": config.to_json(), "lines": lines, "texts": asked})
    featurizer = Featurizer(config, lines)
    for text, ids in zip(asked, found, strict=True):
        assert ids == featurizer.read(text).ids.ravel().tolist(), ascii(text)
    assert len({number for ids in found for number in ids}) > len(lines) // 2


@pytest.mark.parametrize("lines", [["a\t-1", "b"], ["a\t-1\t2"], ["a\tnan"], ["a\tx"]])
def test_lines_that_are_no_pieces_are_refused(lines: list[str]) -> None:
    code = """
        const { Pieces } = await import("./pieces.mjs");
        let answer = null;
        try { new Pieces(asked); } catch (error) { answer = error.message; }
    """
    assert "score" in ask_node(code, lines)


def test_spans_are_the_runtimes() -> None:
    rng = np.random.default_rng(SEED)
    labels = ("device", "room", "colour")
    cases = []
    for _ in range(300):
        count = int(rng.integers(1, 9))
        logits = rng.normal(0, rng.choice([0.5, 3, 30]), (count, 7)).astype(np.float32)
        cases.append(([Word(3 * at, 3 * at + 2, "ab") for at in range(count)], logits))
    code = """
        const { decodeSpans } = await import("./decode.mjs");
        const answer = asked.map(({ rows, words, labels }) => decodeSpans(rows, words, labels));
    """
    asked = [
        {"rows": logits.tolist(), "words": [{"start": w.start, "end": w.end} for w in words], "labels": labels}
        for words, logits in cases
    ]
    for (words, logits), spans in zip(cases, ask_node(code, asked), strict=True):
        expected = decode_spans(logits, words, labels)
        assert [(s["start"], s["end"], s["label"]) for s in spans] == [(s.start, s.end, s.label) for s in expected]
        assert [s["p"] for s in spans] == pytest.approx([s.p for s in expected], abs=1e-9)


def test_commands_are_parted_where_the_runtime_parts_them() -> None:
    rng = random.Random(SEED)
    asked = []
    for text in texts(600):
        ends = sorted(rng.sample(range(len(text) + 1), min(len(text) + 1, 2 * rng.randint(0, 3))))
        things = [(*pair, rng.choice(("device", "room"))) for pair in zip(ends[::2], ends[1::2], strict=False)]
        if rng.random() < 0.7:
            things = [(*found.span(), "device") for found in re.finditer("lamp|fan|lmap|kitchen|room", text)]
        asked.append({"text": text, "things": things})
    code = """
        const { alike, onlyNames, Part, pieces, shared } = await import("./commands.mjs");
        const answer = asked.map(({ text, things }) => {
          const points = Array.from(text);
          const part = Part.of(points, [0, points.length]);
          const parts = [...shared(part, things, "en"), ...alike(part, "en")];
          const isNames = onlyNames(points, things, "en");
          return [pieces(points, "en-GB"), parts.map((each) => [each.points.join(""), each.places]), isNames];
        });
    """
    found = ask_node(code, asked)
    counts = [0, 0, 0, 0]
    for case, (places, parts, is_names) in zip(asked, found, strict=True):
        text, things = case["text"], case["things"]
        part = Part.of(text, (0, len(text)))
        expected = [shared(part, things, "en"), alike(part, "en")]
        assert [tuple(each) for each in places] == pieces(text, "en-GB")
        assert [(said, [tuple(each) for each in where]) for said, where in parts] == [
            (each.text, list(each.places)) for made in expected for each in made
        ]
        assert is_names == only_names(text, [(start, end) for start, end, _ in things], "en"), ascii(text)
        counts = [sum(pair) for pair in zip(counts, (len(places) > 1, *map(bool, expected), is_names), strict=True)]
    assert min(counts) > 10, counts
