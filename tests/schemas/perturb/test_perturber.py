from __future__ import annotations

from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.perturb import KINDS, Kind, Perturber, Span, kinds_of
from schemas.perturb.outside import OUTSIDE
from schemas.perturb.speech import SPEECH
from schemas.perturb.wordings import Part
from trunkline_edge.understanding.text import split_words

SENTENCES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("turn off the light in the guest room", ("guest room",)),
    ("dim the kitchen lights to thirty five percent", ("kitchen", "thirty five")),
    ("set the bedroom lamp to 40%", ("bedroom", "lamp", "40")),
    ("What's the weather for Hamburg?", ("Hamburg",)),
    ("add two bottles of milk to my list", ("two bottles of milk",)),
    ("flights from boston to new york at 7pm", ("boston", "new york", "7pm")),
    ("on", ()),
    ("é", ("é",)),
)
WORDS = sorted(
    {word.form for text, _ in SENTENCES for word in split_words(text)} | {"of", "lights", "four", "to", "too"}
)
PARTS: tuple[Part, ...] = ("train", "held_out")
PERTURBERS = {part: Perturber(part, WORDS) for part in PARTS}


def labelled(text: str, pieces: tuple[str, ...]) -> list[Span]:
    return [Span(text.index(piece), text.index(piece) + len(piece), piece) for piece in pieces]


sentences = st.sampled_from(SENTENCES)
any_text = st.text(max_size=30).map(lambda text: (text, ()))
cases = st.tuples(
    st.sampled_from(PARTS), st.sampled_from(KINDS), st.one_of(sentences, any_text), st.integers(0, 10_000)
)


@settings(max_examples=400)
@given(cases)
def test_a_perturbed_text_is_another_one_and_its_spans_lie_in_it(
    case: tuple[Part, Kind, tuple[str, tuple[str, ...]], int],
) -> None:
    part, kind, (text, pieces), seed = case
    spans = labelled(text, pieces)
    result = PERTURBERS[part].perturb(kind, text, spans, Random(seed))
    if result is None:
        return
    assert result.text != text
    assert result.kind == kind
    assert [span.label for span in result.spans] == [span.label for span in spans]
    end = 0
    for span in result.spans:
        assert end <= span.start < span.end <= len(result.text)
        end = span.end
    if kind == "filler":  # only ever outside of names
        assert [result.text[s.start : s.end] for s in result.spans] == list(pieces)
    if kind not in ("number", "filler", "casing"):  # one place
        assert sum(result.text[s.start : s.end] != s.label for s in result.spans) <= 1


@given(cases)
def test_the_same_seed_gives_the_same_answer(case: tuple[Part, Kind, tuple[str, tuple[str, ...]], int]) -> None:
    part, kind, (text, pieces), seed = case
    spans = labelled(text, pieces)
    answers = [Perturber(part, WORDS).perturb(kind, text, spans, Random(seed)) for _ in range(2)]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_changes_some_sentence_in_both_parts(kind: Kind) -> None:
    for perturber in PERTURBERS.values():
        made = [perturber.perturb(kind, text, (), Random(seed)) for text, _ in SENTENCES for seed in range(10)]
        assert any(made)


@pytest.mark.parametrize("kind", ["typo", "mishearing", "substitution", "function_word", "boundary"])
def test_what_is_measured_was_never_trained_on(kind: Kind) -> None:
    for text, _ in SENTENCES:
        made = {
            part: {result.text for seed in range(300) if (result := perturber.perturb(kind, text, (), Random(seed)))}
            for part, perturber in PERTURBERS.items()
        }
        assert not made["train"] & made["held_out"]


@pytest.mark.parametrize(
    ("text", "word"),
    [("is the fan on", "is"), ("turn the volume up to ten", "to"), ("stop the iron in 5 minutes", "in")],
)
def test_a_small_word_that_decides_the_meaning_is_never_swallowed(text: str, word: str) -> None:
    made = [
        each.perturb("function_word", text, (), Random(seed)) for each in PERTURBERS.values() for seed in range(200)
    ]
    assert any(made)
    assert all(word in result.text.split() for result in made if result)


@pytest.mark.parametrize("lang", SPEECH)
@pytest.mark.parametrize("table", ["fillers", "openers", "asks", "closers", "marks"])
def test_wordings_of_training_and_measurement_have_nothing_in_common(table: str, lang: str) -> None:
    train, held_out = (getattr(SPEECH[lang].part(part), table) for part in PARTS)
    assert train and held_out
    assert not set(train) & set(held_out)
    assert all(said == said.lower() == " ".join(said.split()) for said in (*train, *held_out))


@pytest.mark.parametrize("lang", SPEECH)
def test_words_of_a_language_are_in_the_form_in_which_they_are_compared(lang: str) -> None:
    speech = SPEECH[lang]
    assert speech.before_numbers <= speech.function_words
    for word in (*speech.function_words, *speech.question_words, *speech.gerunds):
        assert [each.form for each in split_words(word)] == [word] or lang == "en", word


def test_utterances_from_outside_have_nothing_in_common() -> None:
    halves = [{text for texts in OUTSIDE[part].values() for text in texts} for part in PARTS]
    assert all(not one & other for one, other in combinations(halves, 2))
    assert OUTSIDE["train"].keys() == OUTSIDE["held_out"].keys()


def test_mishearings_are_words_of_the_vocabulary() -> None:
    for perturber in PERTURBERS.values():
        for seed in range(100):
            result = perturber.perturb("mishearing", SENTENCES[0][0], (), Random(seed))
            if result is not None:
                assert set(result.text.split()) <= set(WORDS)


def test_a_substitution_hears_words_that_no_rule_foresees() -> None:
    before = SENTENCES[0][0].split()
    for perturber in PERTURBERS.values():
        heard = set()
        for seed in range(200):
            result = perturber.perturb("substitution", SENTENCES[0][0], (), Random(seed))
            if result is not None:
                heard.update(pair for pair in zip(before, result.text.split(), strict=True) if pair[0] != pair[1])
        assert {word for pair in heard for word in pair} <= perturber.confusions.keys()
        assert any(word not in perturber.confusions[old] for old, word in heard)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("to thirty five percent", "to 35 percent"),
        ("to 40%", "to forty percent"),
        ("one hundred five", "105"),
        ("at 30, please", "at thirty, please"),
        ("7pm", None),
        ("at 2.5", None),
        ("flight 007", None),
        ("no number", None),
    ],
)
def test_numbers_change_between_digits_and_words_as_wholes(text: str, changed: str | None) -> None:
    made = {
        result.text
        for perturber in PERTURBERS.values()
        for seed in range(100)
        if (result := perturber.perturb("number", text, (), Random(seed)))
    }
    assert made == ({changed} if changed else set())


def test_two_commands_are_joined_with_their_spans() -> None:
    first, second = "turn on the lamp.", "close the blind"
    spans = ([Span(12, 16, "lamp")], [Span(10, 15, "blind")])
    joined = PERTURBERS["train"].join((first, spans[0]), (second, spans[1]), Random(1))
    assert joined.text in ("turn on the lamp and close the blind", "turn on the lamp and then close the blind")
    assert [joined.text[s.start : s.end] for s in joined.spans] == ["lamp", "blind"]


def test_a_language_has_the_kinds_whose_words_it_has() -> None:
    assert kinds_of("en-GB") == KINDS
    assert set(kinds_of("de-AT")) == {"typo", "boundary", "casing", "filler", "function_word"}
    assert set(kinds_of("it")) == {"typo", "boundary", "casing"}


@pytest.mark.parametrize(
    ("lang", "text", "kept"),
    [
        ("de", "ist der lüfter im bad an", "ist"),
        ("de", "das licht in zehn minuten an", "in"),
        ("fr", "est ce que la lampe brûle", "est"),
        ("es", "apaga la luz en 10 minutos", "en"),
        ("nl", "is de lamp in de keuken aan", "is"),
    ],
)
def test_a_small_word_that_decides_is_kept_in_other_languages_too(lang: str, text: str, kept: str) -> None:
    made = [
        Perturber(part, WORDS, lang).perturb("function_word", text, (), Random(seed))
        for part in PARTS
        for seed in range(200)
    ]
    found = {result.text for result in made if result is not None}
    assert found and all(said.split().count(kept) >= text.split().count(kept) for said in found)
    assert any(len(said) < len(text) for said in found)


@pytest.mark.parametrize("lang", SPEECH)
def test_each_language_hesitates_and_asks_in_its_own_words(lang: str) -> None:
    perturber = Perturber("train", WORDS, lang)
    own = set(perturber.wordings.words())
    for seed in range(200):
        result = perturber.perturb("filler", "xx yy", (), Random(seed))
        assert result is not None
        added = {word.form for word in split_words(result.text)} - {"xx", "yy", ","}
        assert added and added <= own
