"""Values in German, French, Spanish and Dutch; what numbers are called is checked against num2words."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from trunkline_edge.understanding.decode import DecodedSpan
from trunkline_edge.understanding.text import split_words
from trunkline_edge.understanding.values.kinds import Kind, read_kind
from trunkline_edge.understanding.values.languages import LANGUAGES
from trunkline_edge.understanding.values.numerals import NUMERALS, fold
from trunkline_edge.understanding.values.reader import Rule, ValueReader
from trunkline_edge.understanding.values.units import agree_with_units

ALL = ("en", *LANGUAGES)
language = pytest.mark.parametrize("lang", LANGUAGES)


def read(kind: Kind, text: str, *languages: str, after: str = "") -> Any:
    found = read_kind(kind, text, languages, after)
    return found and found.value


@language
def test_every_number_to_a_thousand_and_many_beyond_are_read_in_words_and_in_digits(lang: str) -> None:
    for number in [*range(1_001), *range(1_001, 100_000, 487)]:
        said = num2words(number, lang=lang)
        assert read("number", said, lang) == number == read("number", str(number), lang)
        if number < 1_000:
            assert read("number", fold(said).replace("-", " "), lang) == number  # without accents and hyphens


@language
def test_decimals_are_read_in_words_and_with_either_mark(lang: str) -> None:
    for tenths in range(1, 1_000, 7):
        number = tenths / 10
        for text in (num2words(number, lang=lang), f"{number}", f"{number}".replace(".", ",")):
            assert read("number", text, lang) == number


@given(st.sampled_from(sorted(LANGUAGES)), st.integers(0, 99), st.integers(0, 99))
def test_decimals_of_two_digits_are_read(lang: str, count: int, part: int) -> None:
    number = float(f"{count}.{part:02}")
    assert read("number", num2words(number, lang=lang), lang) == number


@language
def test_all_spellings_of_a_number_are_that_number_and_no_other(lang: str) -> None:
    numerals = NUMERALS[lang]
    for number in range(1_000):
        for said in numerals.spellings(number):
            assert numerals.table[fold(said)] == number


def test_no_word_means_two_numbers_in_two_languages() -> None:
    for one, other in combinations(NUMERALS.values(), 2):
        assert not {said for said in one.table if other.table.get(said, one.table[said]) != one.table[said]}
    for number in range(0, 1_000, 9):
        for lang, said in [("en", num2words(number)), *((lang, num2words(number, lang=lang)) for lang in LANGUAGES)]:
            assert read("number", said, *ALL) == number, lang


CASES: list[tuple[str, Kind, str, Any]] = [
    ("de", "number", "zweieinhalb", 2.5),
    ("de", "number", "anderthalb", 1.5),
    ("de", "number", "ein drei viertel", 1.75),
    ("de", "number", "siebenundzwanzighundert", 2_700),
    ("de", "number", "20,5", 20.5),
    ("de", "number", "fuenfunddreissig", 35),
    ("de", "number", "vierundneunzg", 94),
    ("de", "number", "minus fünf", -5),
    ("de", "number", "zwanzig fünf", None),
    ("de", "number", "20 5", None),
    ("de", "number", "zwei drittel", 2 / 3),
    ("de", "number", "zwei drei viertel", 2.75),
    ("de", "number", "fünf viertel", None),
    ("de", "number", "1 1/2", 1.5),
    ("de", "number", "1.000.000", 1_000_000),
    ("de", "percent", "halb", 50),
    ("de", "percent", "die Hälfte", 50),
    ("de", "percent", "zwei viertel", 50),
    ("de", "percent", "zwanzig Prozent", 20),
    ("de", "percent", "maximal", 100),
    ("de", "temperature", "zwanzig Komma fünf Grad", 20.5),
    ("de", "temperature", "fünf Grad unter null", -5),
    ("de", "duration", "eine halbe Stunde", 1_800),
    ("de", "duration", "anderthalb Stunden", 5_400),
    ("de", "duration", "dreiviertelstunde", 2_700),
    ("de", "duration", "eine Dreiviertelstunde", 2_700),
    ("de", "duration", "1\u00bd Stunden", 5_400),
    ("de", "duration", "1:30 Stunden", None),
    ("de", "duration", "zwei Stunden und dreißig Minuten", 9_000),
    ("de", "duration", "dreißig Minuten und zwei Stunden", None),
    ("de", "ordinal", "3.", 3),
    ("de", "ordinal", "dritte", None),
    ("de", "datetime", "halb sieben", None),
    ("de", "number", "Punkt acht", None),
    ("de", "number", "Komma fünf", None),
    ("de", "number", "null Komma fünf", 0.5),
    ("fr", "number", "deux et demi", 2.5),
    ("fr", "number", "septante-deux", 72),
    ("fr", "number", "quatre vingts", 80),
    ("fr", "percent", "cinquante pour cent", 50),
    ("fr", "percent", "la moitié", 50),
    ("fr", "temperature", "cinq degrés sous zéro", -5),
    ("fr", "duration", "une heure et demie", 5_400),
    ("fr", "duration", "1h30", 5_400),
    ("fr", "percent", "deux tiers", 67),
    ("fr", "duration", "une demi-heure", 1_800),
    ("fr", "duration", "trois quarts d'heure", 2_700),
    ("es", "number", "treinta y una", 31),
    ("es", "number", "veintidos", 22),
    ("es", "number", "dos mil setecientas", 2_700),
    ("es", "percent", "veinte por ciento", 20),
    ("es", "percent", "la mitad", 50),
    ("es", "temperature", "cinco grados bajo cero", -5),
    ("es", "duration", "hora y media", 5_400),
    ("es", "duration", "tres cuartos de hora", 2_700),
    ("es", "duration", "trs cuartos de hora", 2_700),
    ("es", "duration", "dos horas con quince minutos", 8_100),
    ("es", "duration", "una hora con veinte minutos", 4_800),
    ("es", "duration", "con diez minutos", None),
    ("es", "percent", "con 50%", None),
    ("es", "temperature", "con 20 grados", None),
    ("es", "number", "veinte con cinco", 20.5),
    ("nl", "number", "tweeënhalf", 2.5),
    ("nl", "number", "zevenentwintighonderd", 2_700),
    ("nl", "percent", "twintig procent", 20),
    ("nl", "temperature", "vijf graden onder nul", -5),
    ("nl", "duration", "drie kwartier", 2_700),
    ("nl", "duration", "anderhalf uur", 5_400),
    ("nl", "duration", "één uur en vijftien minuten", 4_500),
]


@pytest.mark.parametrize(("lang", "kind", "text", "value"), CASES)
def test_a_value_is_read_as_people_say_it(lang: str, kind: Kind, text: str, value: Any) -> None:
    assert read(kind, text, lang) == value
    assert read(kind, text, *ALL) == value or value is None


ORDINAL_ENDS = {"de": ("", "n", "r", "s", "m"), "es": ("", "s"), "fr": ("", "s"), "nl": ("",)}


@pytest.mark.parametrize("kind", ["number", "percent", "temperature", "duration"])
@language
def test_no_ordinal_is_read_as_a_slip_of_a_number(lang: str, kind: Kind) -> None:
    said = [num2words(number, to="ordinal", lang=lang) for number in range(1, 101)]
    said += [f"{word[:-1]}a" for word in said if lang == "es"]
    numbers = {"segundo", "segundos", "cuarto"}  # units of time, and a quarter
    for word in sorted({f"{word}{end}" for word in said for end in ORDINAL_ENDS[lang]} - numbers):
        text = f"{word} {next(iter(LANGUAGES[lang].seconds))}" if kind == "duration" else word
        assert read(kind, text, lang) is None, text
        assert read(kind, text, *ALL) is None, text


def test_a_unit_may_follow_the_span() -> None:
    found = read_kind("temperature", "zwanzig", ("de",), " Grad Celsius bitte")
    assert found is not None and (found.value, found.unit) == (20, "°C")


def test_what_means_two_things_in_two_languages_is_not_read() -> None:
    assert read("number", "1.000", "de") == 1_000
    assert read("number", "2 700", "fr") == 2_700
    assert read("number", "1.000", "en") == 1
    assert read("number", "1.000", "en", "de") is None
    assert read("number", "once", "en", "es") == 11  # before it is mended to "one"


@given(
    st.sampled_from(["number", "percent", "temperature", "duration", "ordinal", "datetime"]),
    st.sampled_from([*((lang,) for lang in LANGUAGES), ALL]),
    st.text(max_size=512)
    | st.lists(st.sampled_from(["un", "ein", "mil", "y", "et", "halb", "9", ",", "-"])).map(" ".join),
)
def test_any_text_is_read_or_not_and_nothing_breaks(kind: Kind, languages: tuple[str, ...], text: str) -> None:
    read_kind(kind, text, languages)


@pytest.mark.parametrize(
    ("lang", "known", "said"),
    [
        ("de", "Rollladen", "die rollläden"),
        ("de", "fenster", "das Fenster"),
        ("fr", "volet", "les volets"),
        ("fr", "rideau", "mes rideaux"),
        ("es", "persiana", "las persianas"),
        ("es", "portón", "los portones"),
        ("nl", "gordijn", "de gordijnen"),
        ("nl", "rolluik", "het roluik"),
    ],
)
def test_articles_plurals_and_slips_of_list_values_are_forgiven(lang: str, known: str, said: str) -> None:
    rules = {"what": Rule("list", "what", words={known: "meant"})}
    for languages in ((lang,), ALL):
        (reading,) = ValueReader(languages, rules).read("what", said)
        assert reading.value is not None and reading.value.value == "meant"


@pytest.mark.parametrize(
    ("lang", "text", "number", "label"),
    [
        ("de", "timer auf zwanzig Minuten", "zwanzig", "minutes"),
        ("de", "timer auf eine halbe Stunde", "eine halbe", "hours"),
        ("fr", "minuteur d'une heure et demie", "demie", "hours"),
        ("es", "temporizador de media hora", "media", "hours"),
        ("nl", "timer van anderhalf uur", "anderhalf", "seconds"),
        ("nl", "timer van zes uur", "zes", "hours"),
    ],
)
def test_a_number_is_of_the_unit_that_stands_beside_it(lang: str, text: str, number: str, label: str) -> None:
    start = text.index(number)
    spans = [DecodedSpan(start, start + len(number), "seconds", 0.9)]
    for languages in ((lang,), ALL):
        (span,) = agree_with_units(spans, text, ("hours", "minutes", "seconds"), languages)
        assert span.label == label


def test_half_an_hour_is_thirty_minutes_whatever_unit_the_net_takes_it_for() -> None:
    rules = {"hours": Rule("number", "hours", rest="minutes"), "minutes": Rule("number", "minutes", rest="seconds")}
    for lang, text, said in (("de", "eine halbe Stunde", "eine halbe"), ("es", "una hora y media", "media")):
        reader, start = ValueReader((lang,), rules), text.index(said)
        (span,) = reader.agreeing([DecodedSpan(start, start + len(said), "minutes", 0.9)], text)
        (reading,) = reader.read(span.label, said, text[span.end :])
        assert (reading.slot, reading.value and reading.value.value) == ("minutes", 30)


@given(st.text(max_size=80))
def test_words_are_folded_once(text: str) -> None:
    for word in split_words(text):
        assert fold(fold(word.form)) == fold(word.form)
