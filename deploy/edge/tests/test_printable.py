from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trunkline_edge.printable import printable
from trunkline_edge.understanding.session import Runtime

LINE_ENDS = "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@settings(deadline=None, max_examples=300)
@given(st.text(st.characters() | st.sampled_from(LINE_ENDS + BIDI + "\x1b\x9b\x7f\ud800\udcff"), max_size=30))
@example("\x1b]0;owned\x07\x9b2J")
def test_what_is_printed_holds_no_character_that_steers_a_terminal(text: str) -> None:
    printed = printable(text)
    assert all(unicodedata.category(character) not in ("Cc", "Cs") or character in "\t\n" for character in printed)
    assert not set(printed) & set(LINE_ENDS + BIDI)
    printed.encode()
    value = json.dumps(text, ensure_ascii=False)
    assert json.loads(printable(value)) == text
    assert len(printable(value).splitlines()) == 1


@pytest.mark.parametrize("text", ["Wärme 灯 🙂 👨\u200d👩\u200d👧 قل", "two\tcells\nand lines", "क्\u200dष", "a\ufe0f"])
def test_ordinary_text_is_printed_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("character", LINE_ENDS + BIDI + "\n\x00\x1b\x7f\x9b", ids=lambda each: f"U+{ord(each):04X}")
def test_an_answer_is_one_line_for_every_reader_and_steers_no_terminal(runtime: Runtime, character: str) -> None:
    result = runtime.parse(f"lamp{character}on")
    line = result.to_line()
    assert len(line.splitlines()) == 1
    assert character not in line
    assert json.loads(line) == result.to_json()
