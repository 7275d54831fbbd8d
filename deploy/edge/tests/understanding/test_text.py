from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trunkline_edge.understanding.text import is_character_boundary, normalise, split_words

FAMILY = "👨\u200d👩\u200d👧"
ANY_TEXT = st.text(max_size=40) | st.text(
    st.sampled_from(
        "aZ é\u0301\u0308\u030cİßΣ7٣?\u200d\u200c\u00a0\u2028\ufe0f👩👍\U0001f3fdक\u094dษาั家の한\u1100\u1161½ﬁ℃"
    ),
    max_size=12,
)


def forms(text: str) -> list[str]:
    return [word.form for word in split_words(text)]


def pieces(text: str) -> list[str]:
    return [text[word.start : word.end] for word in split_words(text)]


@settings(max_examples=250)
@given(ANY_TEXT)
@example(f"{FAMILY}{FAMILY}")
@example("a\u200d b")
@example("\u0301a")
def test_words_lie_in_the_text_in_order_and_never_overlap(text: str) -> None:
    end = 0
    for word in split_words(text):
        assert end <= word.start < word.end <= len(text)
        assert word.form
        end = word.end


@settings(max_examples=250)
@given(ANY_TEXT)
@example(f"{FAMILY}x")
@example("a\u200d b")
def test_words_begin_and_end_at_whole_characters(text: str) -> None:
    for word in split_words(text):
        assert is_character_boundary(text, word.start)
        assert is_character_boundary(text, word.end)


@settings(max_examples=250)
@given(ANY_TEXT)
def test_only_spaces_control_characters_and_marks_after_them_belong_to_no_word(text: str) -> None:
    inside = {i for word in split_words(text) for i in range(word.start, word.end)}
    for i, character in enumerate(text):
        if i in inside:
            continue
        is_joining = not is_character_boundary(text, i) or unicodedata.category(character)[0] == "M"
        is_space = unicodedata.category(character)[0] in "ZC"
        assert is_space or (is_joining and (i == 0 or i - 1 not in inside)) or i == 0


@settings(max_examples=250)
@given(st.text(st.characters(max_codepoint=127), max_size=40))
def test_ascii_text_is_cut_as_all_other_text_is(text: str) -> None:
    # The "é" sends the whole text down the general path; what is before it must not notice.
    assert split_words(text) == split_words(f"{text} é")[:-1]


@settings(max_examples=250)
@given(ANY_TEXT)
@example("J\u030c")
@example("ΑΣ\u0301Σ")
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@settings(max_examples=150)
@given(ANY_TEXT)
def test_composed_and_decomposed_text_have_one_normal_form(text: str) -> None:
    assert normalise(unicodedata.normalize("NFD", text)) == normalise(unicodedata.normalize("NFC", text))


def test_normal_form_has_single_spaces_lower_case_and_no_outer_space() -> None:
    assert normalise("  Turn\t ON \u00a0 the\nLÄMP ") == "turn on the lämp"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \t\n\u200b\u00a0\x00", []),
        ("Set 7pm, 20.5C!", ["set", "7", "pm", ",", "20", ".", "5", "c", "!"]),
        ("don't", ["don", "'", "t"]),
        ("\uff2c\uff25\uff24 ﬁx ½", ["led", "fix", "1\u20442"]),
        ("٣٤ غرفة", ["٣٤", "غرفة"]),
        ("Straße", ["straße"]),
        ("한국어 켜", ["한국어", "켜"]),
    ],
)
def test_text_is_cut_into_letters_digits_and_symbols(text: str, expected: list[str]) -> None:
    assert forms(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e\u0301te\u0301 1", ["e\u0301te\u0301", "1"]),
        ("रसोई की बत्ती", ["रसोई", "की", "बत्ती"]),
        ("क्\u200dष", ["क्\u200dष"]),
        ("ที่บ้าน", ["ที่", "บ้", "า", "น"]),
        ("电灯on", ["电", "灯", "on"]),
        ("かぎ\u3099", ["か", "ぎ\u3099"]),
        ("👍🏽👍", ["👍🏽", "👍"]),
        ("❤\ufe0f!", ["❤\ufe0f", "!"]),
        ("1\ufe0f\u20e3", ["1\ufe0f\u20e3"]),
        (f"on{FAMILY}!", ["on", FAMILY, "!"]),
    ],
    ids=["decomposed", "hindi", "joiner", "thai", "chinese", "dakuten", "skin tone", "variation", "keycap", "family"],
)
def test_marks_stay_with_their_character_and_unspaced_scripts_are_cut_by_character(
    text: str, expected: list[str]
) -> None:
    assert pieces(text) == expected


def test_composed_and_decomposed_letters_have_one_form() -> None:
    assert forms("e\u0301te\u0301") == forms("été") == ["été"]


@pytest.mark.parametrize(("offset", "expected"), [(-1, False), (0, True), (1, False), (2, True), (3, True), (4, False)])
def test_a_cut_outside_the_text_or_before_a_mark_is_no_boundary(offset: int, expected: bool) -> None:
    assert is_character_boundary("e\u0301a", offset) is expected


def test_a_joined_emoji_has_no_boundary_inside() -> None:
    assert [is_character_boundary(f"a{FAMILY}b", i) for i in range(8)] == [True, True, *[False] * 4, True, True]
