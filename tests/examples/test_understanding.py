"""What a device knows beside its net, in plain JavaScript against the runtime's own: slips, sounds, values, names."""

from __future__ import annotations

import json
import os
from random import Random
from typing import Any

import pytest

from tests.examples.agreement import differences
from tests.examples.conftest import ask_node, needs_node
from tests.examples.sayings import home
from trunkline_edge.errors import NamesRefused
from trunkline_edge.understanding.decode import DecodedSpan
from trunkline_edge.understanding.edits import Mender
from trunkline_edge.understanding.names import Lexicon, Names
from trunkline_edge.understanding.slots import fill_slots
from trunkline_edge.understanding.sounds import sound_key
from trunkline_edge.understanding.text import split_words
from trunkline_edge.understanding.values.duration import SECONDS
from trunkline_edge.understanding.values.kinds import _SPELLERS, _UNREAD, KINDS, read_kind
from trunkline_edge.understanding.values.languages import LANGUAGES
from trunkline_edge.understanding.values.number import WORDS
from trunkline_edge.understanding.values.numerals import NUMERALS
from trunkline_edge.understanding.values.reader import Reading, Rule, Unspoken, ValueReader, rules_to_bytes

pytestmark = needs_node
SEED = int(os.environ.get("SEED", "20261126"))
ODD = (*"-,./:%°½٣❶ǅ7", "20", "and", "a", "the", "o'clock", "lamps", "glasses")
LISTS = ("area", "entity", "floor")
RULES = {
    "hours": Rule("number", "hours", rest="minutes", words={"an": 1}),
    "minutes": Rule("number", "minutes", rest="seconds", words={"half": 30, "a quarter": 15}),
    "seconds": Rule("number", "seconds"),
    "start_hours": Rule("number", "start_hours", rest="start_minutes"),
    "start_minutes": Rule("number", "start_minutes"),
    "level": Rule("percent", "level", times=-1.0, words={"highest": 100}),
    "heat": Rule("temperature", "heat", words={"day light": 6500, "warm white": 2700}),
    "class": Rule("list", "class", words={"window": "window", "windows": "window", "the blinds": "blind"}),
    "state": Rule("list", "state", words={"open": "open", "shut": True}, by_domain={"sensor": {"open": "on"}}),
    "zone": Rule("text", "zone", words={"school": "school", "my work": "work"}),
}


@pytest.fixture
def rng() -> Random:
    print(f"SEED={SEED}")
    return Random(SEED)


def slipped(word: str, rng: Random) -> str:
    """Return a word with one slip in it; of half of the words, none."""
    at = rng.randrange(len(word))
    letter = rng.choice("abcdefghijklmnopqrstuvwxyzäß𐐨")
    made = (word[:at] + word[at + 1 :], word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :])
    swapped = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
    return rng.choice([*made, swapped, *[word] * 4]) or word


def value_words(rng: Random, count: int, lang: str = "en") -> str:
    """Return words of values in a language, some of them with slips."""
    spellers = [language.speller] if (language := LANGUAGES.get(lang)) else _SPELLERS.values()
    known = sorted({word for speller in spellers for word in speller._words})
    more = [word for rule in RULES.values() for words in (rule.words, *rule.by_domain.values()) for word in words]
    if rng.random() < 0.3:  # a number and its unit, as people say them
        units = (language.seconds, language.ordinal_ends, language.degrees) if language else (SECONDS, ("th",), ("°",))
        return f"{number_words(rng, lang)} {rng.choice(sorted(rng.choice(units)))}"
    around = (
        [*sorted({*language.articles, *language.between}), *language.linking, language.conjunction] if language else []
    )
    unread = sorted(language.ordinals if language else _UNREAD)
    words = rng.choices([*known, *known, *ODD, *more, *around, *unread], k=count)
    return " ".join(slipped(word, rng) for word in words)


def number_words(rng: Random, lang: str) -> str:
    """Return a number of a language, in words or in digits."""
    words = sorted(LANGUAGES[lang].numerals.table if lang in LANGUAGES else WORDS)
    return rng.choice(rng.choice((words, [str(number) for number in range(1, 60)])))


def test_slips_and_sounds_are_the_runtimes(rng: Random) -> None:
    words = sorted({word for speller in _SPELLERS.values() for word in speller._words} | {"kitchen", "wrought", "lamp"})
    rng.shuffle(words)
    asked = [slipped(slipped(rng.choice(words), rng), rng) for _ in range(4000)]
    code = """
        const { Mender } = await import("./edits.mjs");
        const { soundKey } = await import("./sounds.mjs");
        const mender = new Mender(asked.words, 3);
        const answer = asked.said.map((word) => [mender.mended(word), soundKey(word)]);
    """
    mender = Mender(words, 3)
    expected = [[mender.mended(word), sound_key(word)] for word in asked]
    assert ask_node(code, {"words": words, "said": asked}) == expected
    assert sum(mended != word for word, (mended, _) in zip(asked, expected, strict=True)) > 500


def test_numbers_of_other_languages_have_the_runtimes_spellings() -> None:
    code = """
        const { Numerals } = await import("./values/numerals.mjs");
        const answer = asked.map((code) => Object.fromEntries(new Numerals(code).table));
    """
    assert ask_node(code, list(NUMERALS)) == [dict(numerals.table) for numerals in NUMERALS.values()]


@pytest.mark.parametrize("lang", ["en", *LANGUAGES])
def test_values_of_every_kind_are_the_runtimes(lang: str, rng: Random) -> None:
    asked: list[dict[str, Any]] = [
        {
            "kind": rng.choice(KINDS),
            "text": value_words(rng, rng.randint(1, 6), lang),
            "languages": rng.choice(([lang], [f"{lang}-GB"], ["it"], [lang, "it"], [lang, "en", "fr"])),
            "after": rng.choice(("", " degrees celsius", " f", " and a half hours", " ° c", " grad fahrenheit")),
        }
        for _ in range(6_000)
    ]
    code = """
        const { readKind } = await import("./values/kinds.mjs");
        const answer = asked.map(({ kind, text, languages, after }) => readKind(kind, text, languages, after));
    """
    read: dict[str, int] = dict.fromkeys(KINDS, 0)
    for case, found in zip(asked, ask_node(code, asked), strict=True):
        value = read_kind(case["kind"], case["text"], case["languages"], case["after"])
        expected = None if value is None else {"value": value.value, "unit": value.unit}
        assert not list(differences(found, expected)), case
        read[case["kind"]] += value is not None
    silent = {"list", "text"} | ({"datetime"} if lang != "en" else set())
    assert min(count for kind, count in read.items() if kind not in silent) > 5, read


@pytest.mark.parametrize("languages", [["en"], ["de"], ["nl", "en"], ["fr"], ["es", "fr", "en"]], ids="+".join)
def test_a_bundles_values_are_the_runtimes(languages: list[str], rng: Random) -> None:
    unspoken = [Unspoken("on", "light", ("heat", "level"), {"domain": "light"})]
    asked = []
    for turn in range(3000):
        lang = rng.choice(languages)
        if turn % 20:
            text = value_words(rng, rng.randint(1, 7), lang)
            start = rng.randrange(len(text))
            end = rng.randint(start + 1, len(text))
        else:  # a number and a unit of time, to which the label of the number has to agree
            number = number_words(rng, lang)
            text = f"{number} {rng.choice(sorted(LANGUAGES[lang].seconds if lang in LANGUAGES else SECONDS))}"
            start, end = 0, len(number)
        label, domain = rng.choice([*RULES, "free"]), rng.choice((None, "sensor", "light"))
        asked.append({"text": text, "start": start, "end": end, "label": label, "domain": domain})
    code = """
        const { ValueReader } = await import("./values/reader.mjs");
        const reader = new ValueReader(asked.languages, JSON.parse(asked.raw));
        const answer = asked.cases.map(({ text, start, end, label, domain }) => {
          const points = Array.from(text);
          const [said, after] = [points.slice(start, end), points.slice(end)].map((part) => part.join(""));
          const [span] = reader.agreeing([{ start, end, label, p: 1 }], points);
          const silent = reader.unspoken("on", domain, [label, "heat"]);
          return [span.label, reader.read(span.label, said, after, domain), silent];
        });
    """
    reader = ValueReader(languages, RULES, unspoken)
    raw = rules_to_bytes(RULES, unspoken).decode()
    agreed = 0
    for case, found in zip(asked, ask_node(code, {"languages": languages, "raw": raw, "cases": asked}), strict=True):
        text, end = case["text"], case["end"]
        [span] = reader.agreeing([DecodedSpan(case["start"], end, case["label"], 1.0)], text)
        readings = reader.read(span.label, text[span.start : end], text[end:], case["domain"])
        silent = reader.unspoken("on", case["domain"], [case["label"], "heat"])
        assert not list(differences(found, [span.label, list(map(_plain, readings)), silent])), case
        agreed += span.label != case["label"]
    assert agreed > 5


def _plain(reading: Reading) -> dict[str, Any]:
    value = reading.value
    return {"slot": reading.slot, "value": None if value is None else {"value": value.value, "unit": value.unit}}


def test_names_are_found_and_resolved_as_in_the_runtime(rng: Random) -> None:
    for _ in range(3):
        names = home(rng)
        known = [name for entries in names.lists.values() for entry in entries for name in entry.names]
        words = [word.lower() for name in known for word in name.split()]
        ids = [entry.id for entries in names.lists.values() for entry in entries]
        asked = [
            {
                "text": " ".join(slipped(word, rng) for word in rng.choices([*words, "the", "in", "lights"], k=count)),
                "list": rng.choice(LISTS),
                "said": rng.sample(ids, rng.choice((0, 0, 1, 2))),
            }
            for count in (1, 2, 3, 4, 6, 9) * 150
        ]
        asked += [
            {"text": slipped(rng.choice(known).lower(), rng), "list": rng.choice(LISTS), "said": []} for _ in range(300)
        ]
        code = """
            const { Lexicon, readNames } = await import("./names.mjs");
            const { formsOf } = await import("./text.mjs");
            const lexicon = new Lexicon(readNames(asked.names), asked.lists);
            const answer = asked.cases.map(({ text, list, said }) => {
              const { entry, candidates } = lexicon.resolve(list, text, said);
              return [Array.from(lexicon.tensor(formsOf(text))), entry?.id ?? null, entry?.names ?? null, candidates];
            });
        """
        found = ask_node(code, {"names": names.to_bytes().decode(), "lists": LISTS, "cases": asked})
        lexicon = Lexicon(Names.from_bytes(names.to_bytes()), LISTS)
        resolved = 0
        for case, (tensor, entry_id, shown, candidates) in zip(asked, found, strict=True):
            expected = lexicon.resolve(case["list"], case["text"], case["said"])
            assert tensor == lexicon.tensor([word.form for word in split_words(case["text"])]).ravel().tolist(), case
            assert entry_id == (expected.entry.id if expected.entry else None), case
            assert shown == (list(expected.entry.names) if expected.entry else None), case
            assert tuple(candidates) == expected.candidates, case
            resolved += entry_id is not None
        assert resolved > 100


@pytest.mark.parametrize("lang", ["en", *LANGUAGES])
def test_slots_are_the_runtimes_wherever_spans_end(lang: str, rng: Random) -> None:
    numbers = [number_words(rng, lang) for _ in range(60)]
    around = ["-", "\u2212", ",", ".", "1/2", "half", "and a", *["and"] * 2, *value_words(rng, 12, lang).split()]
    if language := LANGUAGES.get(lang):
        around += [language.conjunction, *language.numerals.minus, *language.numerals.points, *language.numerals.parts]
    asked: list[dict[str, Any]] = []
    for _ in range(1000):
        said = [rng.choice(rng.choice((numbers, numbers, around))) for _ in range(6)]
        text = "".join(f"{word}{rng.choice(('', ' ', ' ', ' '))}" for word in said)
        words = split_words(text)
        cuts = sorted(rng.sample(range(len(words)), min(len(words), rng.choice((2, 2, 4)))))
        places = [(words[first].start, words[last - 1].end) for first, last in zip(cuts[::2], cuts[1::2], strict=False)]
        labels = rng.choice((["level"], ["heat"], ["hours"], ["hours", "minutes"], ["level", "down", "state"]))
        asked.append({"text": text, "spans": [(*place, rng.choice(labels), rng.random()) for place in places]})
    rules = RULES | {"level": Rule("percent", "level"), "down": Rule("percent", "step", times=-1.0)}
    code = """
        const { fillSlots } = await import("./slots.mjs");
        const { ValueReader } = await import("./values/reader.mjs");
        const reader = new ValueReader(asked.languages, JSON.parse(asked.raw));
        const answer = asked.cases.map(({ text, spans }) =>
          fillSlots(spans.map(([start, end, label, p]) => ({ start, end, label, p })), Array.from(text), null, reader)
            .map(({ name, label, raw, value, unit, start, end, p }) => [name, label, raw, value, unit, start, end, p]));
    """
    raw = rules_to_bytes(rules, []).decode()
    found = ask_node(code, {"languages": [lang], "raw": raw, "cases": asked})
    reader = ValueReader([lang], rules)
    wider = 0
    for case, slots in zip(asked, found, strict=True):
        spans = [DecodedSpan(*span) for span in case["spans"]]
        filled = fill_slots(spans, case["text"], None, reader)
        expected = [[s.name, s.label or s.name, s.raw, s.value, s.unit, s.start, s.end, s.p] for s in filled]
        assert not list(differences(slots, expected)), case
        wider += any(slot.end - slot.start > max(span.end - span.start for span in spans) for slot in filled)
    assert wider > 20


KITCHEN = {"id": "k", "names": ["Kitchen"]}
FAULTS: tuple[tuple[str, Any], ...] = (
    ("file", []),
    ("area", {}),
    ("area[0]", ["kitchen"]),
    ("area[1]", [KITCHEN, {"id": "b", "names": ["Bedroom"], "room": 1}]),
    ("area[0].id", [{"id": "", "names": ["Kitchen"]}]),
    ("area[0].names", [{"id": "k", "names": []}]),
    ("area[0].names", [{"id": "k", "names": ["?!"]}]),
    ("area[0].names", [{"id": "k", "names": ["x" * 101]}]),
    ("area[0].in", [KITCHEN | {"in": 3}]),
    ("area", [KITCHEN, KITCHEN]),
    ("10001 names", [{"id": str(i), "names": ["Kitchen"]} for i in range(10_001)]),
)


def test_a_names_file_is_refused_where_the_runtime_refuses_it() -> None:
    code = """
        const { readNames } = await import("./names.mjs");
        const answer = asked.map((text) => {
          try {
            readNames(text);
          } catch (error) {
            return error.message;
          }
          return null;
        });
    """
    texts = [json.dumps(value if place == "file" else {"area": value}) for place, value in FAULTS]
    for text, message, (place, _) in zip(texts, ask_node(code, texts), FAULTS, strict=True):
        with pytest.raises(NamesRefused):
            Names.from_bytes(text.encode())
        assert message is not None and place in message, text
