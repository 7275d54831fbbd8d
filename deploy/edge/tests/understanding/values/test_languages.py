"""Number words of four languages, over their whole range; spelled here by rules of its own, as people write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline_edge.understanding.values.kinds import Kind, Value, read_kind

GERMAN = (
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn "
    "achtzehn neunzehn",
    "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
)
DUTCH = (
    "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien "
    "achttien negentien",
    "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
)
FRENCH = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit "
    "dix-neuf",
    "vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt",
)
SPANISH = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve",
    "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
)


def german(n: int) -> str:
    ones, tens = GERMAN[0].split(), GERMAN[1].split()
    if n < 20:
        return ones[n]
    if n < 100:
        one = ones[n % 10].removesuffix("s") if n % 10 == 1 else ones[n % 10]
        return f"{one}und{tens[n // 10 - 2]}" if n % 10 else tens[n // 10 - 2]
    hundred = "hundert" if n < 200 else f"{ones[n // 100]}hundert"
    return hundred + (german(n % 100) if n % 100 else "")


def dutch(n: int) -> str:
    ones, tens = DUTCH[0].split(), DUTCH[1].split()
    if n < 20:
        return ones[n]
    if n < 100:
        one = ones[n % 10]
        link = "ën" if one.endswith("e") else "en"
        return f"{one}{link}{tens[n // 10 - 2]}" if n % 10 else tens[n // 10 - 2]
    hundred = "honderd" if n < 200 else f"{ones[n // 100]}honderd"
    return hundred + (dutch(n % 100) if n % 100 else "")


def french(n: int) -> str:
    ones, tens = FRENCH[0].split(), FRENCH[1].split()
    if n < 20:
        return ones[n]
    if n < 100:
        base = n // 20 * 20 if n >= 60 else n // 10 * 10
        ten = tens[base // 10 - 2]
        if n == base:
            return f"{ten}s" if n == 80 else ten
        return f"{ten} et {ones[n - base]}" if n - base in (1, 11) and base < 80 else f"{ten}-{ones[n - base]}"
    hundred = "cent" if n < 200 else f"{ones[n // 100]} cent" + ("" if n % 100 else "s")
    return f"{hundred} {french(n % 100)}" if n % 100 else hundred


def spanish(n: int) -> str:
    ones, tens = SPANISH[0].split(), SPANISH[1].split()
    if n < 20:
        return ones[n]
    if n < 30:
        return f"veinti{ones[n - 20]}" if n > 20 else "veinte"
    if n < 100:
        return tens[n // 10 - 2] + (f" y {ones[n % 10]}" if n % 10 else "")
    if n == 100:
        return "cien"
    odd = {1: "ciento", 5: "quinientos", 7: "setecientos", 9: "novecientos"}
    hundred = odd.get(n // 100, f"{ones[n // 100]}cientos")
    return f"{hundred} {spanish(n % 100)}" if n % 100 else hundred


SPELLED: dict[str, Callable[[int], str]] = {"de": german, "nl": dutch, "fr": french, "es": spanish}
THOUSAND = {"de": "tausend", "nl": "duizend", "fr": "mille", "es": "mil"}
POINT = {"de": "komma", "nl": "komma", "fr": "virgule", "es": "coma"}
MINUS = {"de": "minus", "nl": "min", "fr": "moins", "es": "menos"}

languages = pytest.mark.parametrize("lang", SPELLED)


def read(kind: Kind, text: str, lang: str) -> Any:
    found = read_kind(kind, text, lang)
    return found and found.value


@languages
def test_every_number_below_a_thousand_is_read_in_words_and_in_digits(lang: str) -> None:
    for number in range(1_000):
        assert read("number", SPELLED[lang](number), lang) == number == read("number", str(number), lang)


@languages
@given(number=st.integers(1_000, 999_999), letters=st.sampled_from([str.lower, str.upper, str.title]))
def test_thousands_are_read_too_however_they_are_cased(lang: str, number: int, letters: Callable[[str], str]) -> None:
    count, rest = divmod(number, 1_000)
    said = "" if count == 1 else SPELLED[lang](count)
    text = f"{said} {THOUSAND[lang]} {SPELLED[lang](rest) if rest else ''}"
    assert read("number", letters(text), lang) == number
    assert read("number", text.replace("-", " "), lang) == number


@languages
@given(number=st.integers(0, 999), tenth=st.integers(1, 9))
def test_decimals_and_numbers_below_zero_are_read(lang: str, number: int, tenth: int) -> None:
    said = f"{SPELLED[lang](number)} {POINT[lang]} {SPELLED[lang](tenth)}"
    assert read("number", said, lang) == float(f"{number}.{tenth}")
    assert read("temperature", f"{MINUS[lang]} {said}", lang) == -float(f"{number}.{tenth}")


@pytest.mark.parametrize(
    ("lang", "kind", "text", "value"),
    [
        ("de", "percent", "fünfzig Prozent", Value(50, "%")),
        ("fr", "percent", "cent pour cent", Value(100, "%")),
        ("es", "percent", "cien por ciento", Value(100, "%")),
        ("nl", "percent", "vijfentwintig procent", Value(25, "%")),
        ("de", "temperature", "ein und zwanzig Grad Celsius", Value(21, "°C")),
        ("fr", "temperature", "dix-neuf degrés", Value(19)),
        ("es", "temperature", "veintidós grados", Value(22)),
        ("de", "number", "FUENF", Value(5)),
        ("fr-BE", "number", "nonante-neuf", Value(99)),
    ],
)
def test_what_stands_with_numbers_is_known(lang: str, kind: Kind, text: str, value: Value) -> None:
    assert read_kind(kind, text, lang) == value


@pytest.mark.parametrize(
    ("lang", "text"),
    [("de", "zwei fünf"), ("de", "küche"), ("es", "por ciento"), ("nl", "en"), ("fr", "et un"), ("sv", "tjugo")],
)
def test_what_is_no_number_is_none(lang: str, text: str) -> None:
    assert read_kind("number", text, lang) is None


@languages
@given(text=st.text(max_size=40))
def test_any_text_is_read_or_left_alone(lang: str, text: str) -> None:
    found = read("number", text, lang)
    assert found is None or isinstance(found, int | float)
