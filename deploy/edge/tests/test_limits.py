"""No text stops a device: what is too long is refused at once, what is accepted is answered in bounded time."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deploy.edge.tests.tiny_bundle import FEATURIZER, Recipe
from trunkline_edge.errors import InputRefused
from trunkline_edge.understanding.commands import _CONJUNCTIONS, MAX_WORDS, _cuts, pieces
from trunkline_edge.understanding.result import Result
from trunkline_edge.understanding.session import Runtime, open_folder
from trunkline_edge.understanding.text import MAX_CHARACTERS, MAX_MARKS, MAX_RAW_CHARACTERS

ANSWER_MS = 50.0
"""Of any accepted text, on a bundle as large as the smart home's; the bundle of these tests is far smaller."""

# What `pieces` promises, in one expression; it backtracks, so only short texts may come here.
CONJUNCTIONS = re.compile(r"[\s,]+(?:and|then)(?:[\s,]+(?:and|then|also))*[\s,]+", re.IGNORECASE)

UNITS = (
    " ", "\t", "\u2003", "and ", "and then ", " and on", "on and off ", ",", "?", "x", "7a", "lamp ", "\u0301\u0316",
    "a\u0301\u0316", "\u200d", "\u200b", "👩\u200d", "👍🏽", "🙂", "灯", "ﷺ", "\uff9e\u0316", "İ", "क\u094d", "\u202e",
    "\x1b[2J", "\x9b", "\x00", "\u2028", "\u1100\u1161\u11a8", "\U0001d15e", "\u0344",
)  # fmt: skip


@pytest.fixture(scope="module")
def parting(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    """A runtime that parts commands, which is the most that it can be made to do."""
    folder = tmp_path_factory.mktemp("parting")
    Recipe(manifest={"splits_commands": True}).write(folder)
    return open_folder(folder)


def took_ms(runtime: Runtime, text: str) -> tuple[Result | None, float]:
    """Answer a text, None if it is refused, and tell the shortest of three CPU times: a busy machine is slow too."""
    times = []
    for _ in range(3):
        begun = time.process_time()
        try:
            result: Result | None = runtime.parse(text)
        except InputRefused:
            result = None
        times.append((time.process_time() - begun) * 1e3)
        if times[-1] <= ANSWER_MS:
            break
    return result, min(times)


@pytest.mark.parametrize(
    "text",
    [
        "turn on the lamp" + " " * 60_000 + "now",
        "a" + "\u0301\u0316" * 60_000,
        "and " * 60_000,
        "\u200d" * 60_000,
        "x" * 10_000_000,
        "\ud800" * 1_000_000,
    ],
    ids=["spaces", "marks", "and", "joiners", "letters", "surrogates"],
)
def test_a_text_of_endless_length_is_refused_at_once(parting: Runtime, text: str) -> None:
    result, ms = took_ms(parting, text)
    assert result is None
    assert ms < ANSWER_MS


def test_spaces_count_toward_the_raw_length_alone(parting: Runtime) -> None:
    room = MAX_RAW_CHARACTERS - len("lampon")
    assert not parting.parse("lamp" + " " * room + "on").rejected
    with pytest.raises(InputRefused, match=f"text of {MAX_RAW_CHARACTERS + 1} characters"):
        parting.parse("lamp" + " " * (room + 1) + "on")


def test_more_marks_than_any_script_puts_on_a_character_are_refused(parting: Runtime) -> None:
    assert parting.parse("la" + "\u0301" * MAX_MARKS + "mp on").intents
    with pytest.raises(InputRefused, match=f"{MAX_MARKS + 1} combining marks in a row; at most {MAX_MARKS} are read"):
        parting.parse("la" + "\u0301" * (MAX_MARKS + 1) + "mp on")


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.sampled_from(UNITS), min_size=1, max_size=4).map("".join),
    st.integers(0, 2 * MAX_RAW_CHARACTERS),
    st.sampled_from(UNITS),
)
@example(" and on", MAX_CHARACTERS, "?")
def test_any_text_is_refused_or_answered_in_bounded_time_with_spans_that_cut_it(
    parting: Runtime, unit: str, length: int, end: str
) -> None:
    text = (unit * (length // len(unit) + 1))[:length] + end
    result, ms = took_ms(parting, text)
    assert ms <= ANSWER_MS
    if result is None:
        return
    assert result.text == text
    for intent in result.intents:
        for slot in intent.slots:
            assert text[slot.start : slot.end] == slot.raw
    assert len(result.to_line().splitlines()) == 1


@settings(deadline=None, max_examples=500)
@given(
    st.lists(
        st.sampled_from(
            ["and", "AND", "then", "also", "al\u017fo", "andy", "\uff41\uff4e\uff44", "and\u0301", " ", ",", " , ",
             "\u2028", "x", "\x1f", "\u200b", "lamp"]
        ),
        max_size=24,
    ).map("".join)
)  # fmt: skip
@example(" and ")
@example("lamp on and also")
@example("on and then, also fan , then and rain and ")
def test_commands_are_cut_where_the_pattern_of_conjunctions_matches(text: str) -> None:
    assert _cuts(text, _CONJUNCTIONS["en"]) == [match.span() for match in CONJUNCTIONS.finditer(text)]


def test_an_utterance_of_more_words_than_commands_have_is_one_piece() -> None:
    commands = "lamp on and fan off"
    longest = commands + "?" * (MAX_WORDS - 5)
    assert len(pieces(longest, "en")) == 2
    assert len(pieces(longest + "?", "en")) == 1


def test_a_word_of_endless_length_in_nfkc_is_read_in_no_time(parting: Runtime) -> None:
    reads = []
    for _ in range(3):
        parting.featurizer.features.cache_clear()
        begun = time.process_time()
        assert parting.featurizer.read("\ufdfa" * MAX_CHARACTERS).ids.shape == (1, FEATURIZER.max_features)
        reads.append((time.process_time() - begun) * 1e3)
    assert min(reads) < 5
