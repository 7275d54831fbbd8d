"""docs/languages.md says of each language what the code knows of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from schemas.perturb import KINDS, kinds_of
from schemas.recipes.forbidden import FORBIDDING
from schemas.recipes.home_assistant import HomeAssistantOptions
from schemas.recipes.languages import VOCABULARIES
from schemas.recipes.templates import compile_language
from trunkline_edge.understanding.commands import pieces
from trunkline_edge.understanding.values.kinds import Kind, read_kind
from trunkline_edge.understanding.values.reader import Rule, ValueReader

PAGE = Path(__file__).parent.parent / "docs" / "languages.md"
SPOKEN = ("en", "de", "fr", "es", "nl")
SAID: Mapping[str, tuple[Kind, str, str, str, str, str]] = {
    "number words": ("number", "twenty one", "einundzwanzig", "vingt et un", "veintiuno", "eenentwintig"),
    "decimals in words": (
        "number", "twenty point five", "zwanzig Komma fünf", "vingt virgule cinq", "veinte coma cinco",
        "twintig komma vijf",
    ),
    "a number and a half": ("number", "two and a half", "zweieinhalb", "deux et demi", "dos y medio", "tweeënhalf"),
    "percent": ("percent", "ten percent", "zehn Prozent", "dix pour cent", "diez por ciento", "tien procent"),
    "half as percent": ("percent", "half", "halb", "la moitié", "la mitad", "half"),
    "temperature": ("temperature", "ten degrees", "zehn Grad", "dix degrés", "diez grados", "tien graden"),
    "length of time": (
        "duration", "an hour and a half", "anderthalb Stunden", "une heure et demie", "hora y media", "anderhalf uur",
    ),
    "ordinal in digits": ("ordinal", "2nd", "2.", "2e", "2o", "2e"),
    "ordinal in words": ("ordinal", "third", "dritte", "troisième", "tercero", "derde"),
    "time of day": ("datetime", "half past six", "halb sieben", "six heures dix", "las seis y media", "half zeven"),
    "a slip in a number word": ("number", "thrity", "dreisig", "ternte", "trienta", "dretig"),
}  # fmt: skip
LISTED = {"en": "blind", "de": "Jalousie", "fr": "volet", "es": "persiana", "nl": "rolluik"}
FORGIVEN = {"en": "the blinds", "de": "die Jalousien", "fr": "les volets", "es": "las persianas", "nl": "de rolluiken"}
JOINED = {
    "en": "lamp off and fan on", "de": "lampe aus und lüfter an", "fr": "allume la lampe et ferme le volet",
    "es": "apaga la luz y abre el toldo", "nl": "lamp uit en ventilator aan",
}  # fmt: skip


def table() -> list[str]:
    """Return the table as the page must have it."""
    rows: dict[str, Callable[[str], str]] = {
        "intents with templates": lambda lang: str(len(compile_language(lang).blocks)),
        "of those of English it lacks": lambda lang: (
            ", ".join(sorted(compile_language("en").blocks.keys() - compile_language(lang).blocks.keys())) or "none"
        ),
        **{what: lambda lang, said=said: _yes(_reads(lang, *said)) for what, said in SAID.items()},  # type: ignore[misc]
        "article and plural of a list's value": lambda lang: _yes(_forgives(lang)),
        "names of its own in made-up homes": lambda lang: str(
            sum(map(len, VOCABULARIES[lang].things.values())) if lang in VOCABULARIES else "all"
        ),
        "several commands, trained and parted": lambda lang: _yes(_allows(lang, "several_share") and _parts(lang)),
        "commands that correct themselves": lambda lang: _yes(_allows(lang, "corrected_share")),
        "what is for nobody": lambda lang: _yes(_allows(lang, "outside_share")),
        "commands that are forbidden": lambda lang: _yes(lang in FORBIDDING),
        "kinds of slips and fillers in training": lambda lang: f"{len(kinds_of(lang))} of {len(KINDS)}",
    }
    return [
        f"| | {' | '.join(SPOKEN)} |",
        f"| --- |{' --- |' * len(SPOKEN)}",
        *(f"| {what} | {' | '.join(map(cell, SPOKEN))} |" for what, cell in rows.items()),
    ]


def _yes(has: bool) -> str:
    return "yes" if has else "no"


def _reads(lang: str, kind: Kind, *said: str) -> bool:
    return read_kind(kind, said[SPOKEN.index(lang)], (lang,)) is not None


def _forgives(lang: str) -> bool:
    (reading,) = ValueReader((lang,), {"it": Rule("list", "it", words={LISTED[lang]: "x"})}).read("it", FORGIVEN[lang])
    return reading.value is not None


def _allows(lang: str, share: str) -> bool:
    try:
        HomeAssistantOptions.model_validate({"language": lang, share: 0.1})
    except ValueError:
        return False
    return True


def _parts(lang: str) -> bool:
    return len(pieces(JOINED[lang], lang)) == 2


def test_the_page_says_what_the_code_knows_of_each_language() -> None:
    wanted = "\n".join(table())
    assert wanted in PAGE.read_text(), f"docs/languages.md needs this table:\n{wanted}"


@pytest.mark.parametrize("what", SAID)
def test_english_has_all_that_any_language_has(what: str) -> None:
    assert _reads("en", *SAID[what])
