"""The plain-JavaScript reader of a bundle against the runtime's own: words, ids, spans, commands."""

from __future__ import annotations

import random
import sys
import unicodedata

import numpy as np
import pytest

from deploy.edge.tests.tiny_bundle import FEATURIZER, VOCABULARY
from tests.examples.conftest import ask_node, needs_node
from trunkline_edge.understanding.commands import pieces
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


def known_to_both(point: int) -> bool:
    """Say whether Python's Unicode has a character; Node's is newer, and where one has none they may differ."""
    return not 0xD800 <= point <= 0xDFFF and unicodedata.category(chr(point)) != "Cn"


def texts(count: int) -> list[str]:
    rng = random.Random(SEED)
    odd = ["".join(rng.choices(PIECES, k=rng.randint(0, 12))) for _ in range(count)]
    spoken = [
        " ".join(rng.choices([*VOCABULARY, "and", "then", "also", ","], k=rng.randint(1, 14))) for _ in range(count)
    ]
    return odd + spoken


def test_words_ids_and_normal_forms_are_the_runtimes() -> None:
    # Every character that there is, each between letters, beside mixtures.
    characters = [f"a{chr(point)}b" for point in range(sys.maxunicode + 1) if known_to_both(point)]
    asked = [*characters[::7], *characters[:3000], *texts(400)]
    code = """
        const { Featurizer, normalise } = await import("./words.mjs");
        const featurizer = new Featurizer(asked.config, asked.vocabulary);
        const answer = asked.texts.map((text) => {
          const { words, ids } = featurizer.read(Array.from(text));
          return [words.map(({ start, end, form }) => [start, end, form]), Array.from(ids, Number), normalise(text)];
        });
    """
    vocabulary = list(VOCABULARY)
    found = ask_node(code, {"config": FEATURIZER.to_json(), "vocabulary": vocabulary, "texts": asked})
    featurizer = Featurizer(FEATURIZER, vocabulary)
    for text, (words, ids, normal) in zip(asked, found, strict=True):
        expected = featurizer.read(text)
        assert words == [[word.start, word.end, word.form] for word in expected.words], ascii(text)
        assert ids == expected.ids.ravel().tolist(), ascii(text)
        assert normal == normalise(text), ascii(text)


def test_spans_are_the_runtimes() -> None:
    rng = np.random.default_rng(SEED)
    labels = ("device", "room", "colour")
    cases = []
    for _ in range(300):
        count = int(rng.integers(1, 9))
        logits = rng.normal(0, rng.choice([0.5, 3, 30]), (count, 7)).astype(np.float32)
        cases.append(([Word(3 * at, 3 * at + 2, "ab") for at in range(count)], logits))
    code = """
        const { decodeSpans } = await import("./answers.mjs");
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
    asked = texts(600)
    code = """
        const { pieces } = await import("./commands.mjs");
        const answer = asked.map((text) => pieces(Array.from(text), "en-GB"));
    """
    found = ask_node(code, asked)
    assert [[tuple(each) for each in parts] for parts in found] == [pieces(text, "en-GB") for text in asked]
    assert sum(len(parts) > 1 for parts in found) > 50
