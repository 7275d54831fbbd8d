"""Kinds of values in German, French, Spanish and Dutch: number, percent, temperature, duration.

Ordinals are read in digits ("3.", "3e", "3º"); times of day are not read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from trunkline_edge.understanding.edits import FEWEST_LETTERS, Speller
from trunkline_edge.understanding.values.duration import length_of
from trunkline_edge.understanding.values.number import Number, is_fraction
from trunkline_edge.understanding.values.numerals import NUMERALS, Numerals, fold, read_numeral, words_of


@dataclass(frozen=True)
class Language:
    """The words around numbers of one language, folded (`numerals.fold`)."""

    numerals: Numerals
    percent: tuple[tuple[str, ...], ...]
    """Ways to say "percent"."""
    most: Collection[str]
    """What means a hundred percent."""
    degrees: Collection[str]
    below_zero: tuple[str, ...]
    """What follows a temperature that is negative."""
    seconds: Mapping[str, int]
    """Unit of time -> seconds."""
    split: Mapping[str, tuple[str, ...]]
    """A part and a unit in one word: "viertelstunde"."""
    conjunction: str
    between: Collection[str]
    """What may stand between a part and its unit: "un quart d'heure"."""
    ordinal_ends: Collection[str]
    """What may follow the digits of an ordinal."""
    ordinals: Collection[str]
    """In words, which are not read: numbers of another meaning, and parts with their names ("tres octavos")."""
    articles: Collection[str]
    plurals: tuple[tuple[str, str], ...]
    """Endings that a word loses or changes in the singular, roughly; the first that fits counts."""
    linking: Collection[str] = ()
    """Between parts of a length of time, beside the conjunction: "dos horas con quince minutos"."""

    @cached_property
    def speller(self) -> Speller:
        """Every word of a value."""
        words = {*self.numerals.words, *self.degrees, *self.seconds, *self.split, *self.most}
        return Speller({*words, *(word for words in self.percent for word in words)}, FEWEST_LETTERS)

    def mended(self, word: str) -> str:
        """Set right a misspelt word; one that could be two of them stays as it is."""
        near = [] if word in self.speller else self.speller.near(word)
        return near[0] if len(near) == 1 else word

    def is_unread(self, word: str) -> bool:
        """Say whether a word is a number that is not read: "vierte" is no slip of "viertel"."""
        said = fold(word)
        return said in self.ordinals or said in _UNREAD

    def tells(self, word: str) -> bool:
        """Say whether a value would be another one without a word; articles count nothing beside a number."""
        said = fold(word)
        numerals = self.numerals
        is_number = said in numerals.table or (said in numerals.words and said not in numerals.points)
        return (is_number and said not in self.articles) or said in self.below_zero or self.is_unread(said)

    def bare(self, words: Sequence[str]) -> list[str]:
        """Return words without leading articles, each in the singular."""
        start = 0
        while start < len(words) - 1 and words[start] in self.articles:
            start += 1
        return [self._singular(word) for word in words[start:]]

    def _singular(self, word: str) -> str:
        """Return a plural without its ending, roughly: both sides of a comparison are cut alike."""
        word = fold(word)
        for ending, instead in self.plurals:
            if word.endswith(ending) and len(word) > len(ending) + 3:
                return word.removesuffix(ending) + instead
        return word


DEGREES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("c", "°c", "celsius", "centigrade"), "°C"),
        **dict.fromkeys(("f", "°f", "fahrenheit"), "°F"),
        **dict.fromkeys(("k", "kelvin"), "K"),
    }
)
"""What names a unit of temperature in all languages."""
_UNREAD = frozenset(
    words_of(
        "million millionen millions millon millones miljoen milliarde milliarden milliard milliards miljard "
        "funftel fuenftel sechstel achtel zehntel komma virgule coma"
    )
)
"""Greater numbers and smaller parts than are read, and a decimal comma: what stands beside one is not the value."""
Found = tuple[Number, str | None]
"""A value and its unit."""


def read_in(
    language: Language, kind: str, words: Sequence[str], after: Sequence[str], mends: Collection[str]
) -> Found | None:
    """Read words (`split_words`' forms) as one value of a kind, `after` them those that follow; None: it is none.

    `mends` has the words that may be misspelt: they are set right where it is none as it stands.
    """
    read = _READERS.get(kind)
    if read is None:
        return None
    said, follows = [fold(word) for word in words], [fold(word) for word in after]
    found = read(said, follows, language)
    if found is not None or not mends:
        return found
    mended = [language.mended(form) if word in mends else form for word, form in zip(words, said, strict=True)]
    return read(mended, follows, language)


def _number(words: Sequence[str], after: Sequence[str], language: Language) -> Found | None:
    found = read_numeral(words, language.numerals)
    return None if found is None else (found, None)


def _percent(words: Sequence[str], after: Sequence[str], language: Language) -> Found | None:
    """A share in words is one of a hundred: "la mitad" is 50."""
    sign = next((sign for sign in (("%",), *language.percent) if tuple(words[-len(sign) :]) == sign), ())
    if not sign and len(words) == 1 and words[0] in language.most:
        return 100, "%"
    found = read_numeral(words[: len(words) - len(sign)], language.numerals)
    if found is None:
        return None
    is_share = is_fraction(words) or not any(word.isdigit() or word in language.numerals.points for word in words)
    return round(found * 100) if is_share and not sign and 0 < found < 1 else found, "%"


def _temperature(words: Sequence[str], after: Sequence[str], language: Language) -> Found | None:
    """The number as said, in the unit as said, which may follow it; a device knows which one is meant where none is."""
    words, unit, sign = list(words), None, 1
    if tuple(words[-2:]) == language.below_zero:
        words, sign = words[:-2], -1
    if words and words[-1] in DEGREES:
        unit = DEGREES[words.pop()]
    if words and words[-1] in language.degrees:
        words.pop()
    elif unit is None:
        rest = after[1:] if after and after[0] in language.degrees else after
        unit = DEGREES.get(rest[0]) if rest else None
    found = read_numeral(words, language.numerals)
    return None if found is None or (sign < 0 and found < 0) else (sign * found, unit)


def _duration(words: Sequence[str], after: Sequence[str], language: Language) -> Found | None:
    """Seconds."""

    def number(said: Sequence[str]) -> Number | None:
        return read_numeral(said, language.numerals)

    def count(said: Sequence[str], is_first: bool) -> Number | None:
        if not is_first and said and said[0] in (language.conjunction, ",", *language.linking):
            said = said[1:]
        while len(said) > 1 and said[-1] in language.between:
            said = said[:-1]
        found = number(said) if said else 1 if is_first else None  # "hora y media" begins with one
        return found if found is not None and found >= 0 else None

    said = [part for word in words for part in language.split.get(word, (word,))]
    found = length_of(said, language.seconds, count, number, language.conjunction)
    return None if found is None else (found, "s")


def _ordinal(words: Sequence[str], after: Sequence[str], language: Language) -> Found | None:
    """Digits, and what marks them: "3.", "3e"."""
    is_marked = len(words) == 2 and words[1] in language.ordinal_ends
    found = read_numeral(words[:1], language.numerals) if words[0].isdigit() and (is_marked or len(words) == 1) else 0
    return (found, None) if isinstance(found, int) and found > 0 else None


_READERS: Mapping[str, Callable[[Sequence[str], Sequence[str], Language], Found | None]] = MappingProxyType(
    {
        "number": _number,
        "percent": _percent,
        "temperature": _temperature,
        "duration": _duration,
        "ordinal": _ordinal,
    }
)


def _seconds(table: Mapping[int, str]) -> dict[str, int]:
    return {unit: seconds for seconds, units in table.items() for unit in units.split()}


def _ending(stems: str, ends: str) -> frozenset[str]:
    """Return each stem with each ending."""
    return frozenset(f"{stem}{end}" for stem in words_of(stems) for end in words_of(ends))


LANGUAGES: Mapping[str, Language] = {
    "de": Language(
        NUMERALS["de"],
        percent=(("prozent",),),
        most=frozenset({"voll", "ganz", "max", "maximal", "maximum", "maximale"}),
        degrees=frozenset({"°", "o", "grad"}),
        below_zero=("unter", "null"),
        seconds=_seconds(
            {
                1: "sekunde sekunden sek s",
                60: "minute minuten min m",
                3_600: "stunde stunden std h",
                86_400: "tag tage tagen",
                604_800: "woche wochen",
            }
        ),
        split={
            "viertelstunde": ("viertel", "stunde"),
            "dreiviertelstunde": ("drei", "viertel", "stunde"),
            "halbstunde": ("halb", "stunde"),
        },
        conjunction="und",
        between=("-",),
        ordinal_ends=(".", "te", "ten", "ter", "tes"),
        ordinals=_ending(
            "erst zweit dritt viert funft fuenft sechst siebt siebent acht neunt zehnt elft zwolft zwoelft",
            "e en er es em",
        ),
        articles=frozenset(
            words_of("der die das den dem des ein eine einen einem einer mein meine meinen meiner unser")
        ),
        plurals=(("innen", "in"), ("en", ""), ("er", ""), ("es", ""), ("e", ""), ("n", ""), ("s", "")),
    ),
    "fr": Language(
        NUMERALS["fr"],
        percent=(("pour", "cent"), ("pourcent",), ("pourcents",)),
        most=frozenset({"max", "maximum", "maximal", "maximale"}),
        degrees=frozenset({"°", "o", "degre", "degres"}),
        below_zero=("sous", "zero"),
        seconds=_seconds(
            {
                1: "seconde secondes sec s",
                60: "minute minutes min m",
                3_600: "heure heures h",
                86_400: "jour jours",
                604_800: "semaine semaines",
            }
        ),
        split={},
        conjunction="et",
        between=("d", "'", "\u2019", "de", "-"),
        ordinal_ends=("e", "eme", "er", "ere"),
        ordinals=_ending("premi", "er ere ers eres")
        | _ending(
            "un deux trois quatr cinqu six sept huit neuv dix onz douz treiz quatorz quinz seiz vingt trent quarant "
            "cinquant soixant cent mill",
            "ieme iemes",
        ),
        articles=frozenset(words_of("le la les l un une des du de d mon ma mes notre nos ' \u2019")),
        plurals=(("eaux", "eau"), ("aux", "al"), ("ees", ""), ("es", ""), ("ee", ""), ("s", ""), ("x", ""), ("e", "")),
    ),
    "es": Language(
        NUMERALS["es"],
        percent=(("por", "ciento"), ("porciento",)),
        most=frozenset({"max", "maximo", "maxima", "maximum"}),
        degrees=frozenset({"°", "o", "grado", "grados"}),
        below_zero=("bajo", "cero"),
        seconds=_seconds(
            {
                1: "segundo segundos seg s",
                60: "minuto minutos min m",
                3_600: "hora horas h",
                86_400: "dia dias",
                604_800: "semana semanas",
            }
        ),
        split={},
        conjunction="y",
        between=("de", "-"),
        ordinal_ends=("o", "a", "er", "."),
        # "Segundo" is a unit of time.
        ordinals=_ending("primer tercer cuart quint sext septim octav noven decim", "o a os as")
        | {"primer", "tercer", "segunda", "segundas"},
        articles=frozenset(words_of("el la los las un una unos unas mi mis nuestro nuestra lo al")),
        plurals=(("ones", "on"), ("as", ""), ("os", ""), ("es", ""), ("s", ""), ("a", ""), ("o", ""), ("e", "")),
        linking=("con",),
    ),
    "nl": Language(
        NUMERALS["nl"],
        percent=(("procent",), ("percent",)),
        most=frozenset({"vol", "max", "maximaal", "maximum", "maximale"}),
        degrees=frozenset({"°", "o", "graad", "graden"}),
        below_zero=("onder", "nul"),
        seconds=_seconds(
            {
                1: "seconde seconden sec s",
                60: "minuut minuten min m",
                900: "kwartier",
                3_600: "uur uren u h",
                86_400: "dag dagen",
                604_800: "week weken",
            }
        ),
        split={"halfuur": ("half", "uur")},
        conjunction="en",
        between=("-",),
        ordinal_ends=("e", "de", "ste"),
        ordinals=frozenset(
            words_of("eerste tweede derde vierde vijfde zesde zevende achtste negende tiende elfde twaalfde")
        ),
        articles=frozenset(words_of("de het een mijn onze ons 't")),
        plurals=(("en", ""), ("s", ""), ("e", "")),
    ),
}
"""By language. English has its own rooms: `number`, `duration`, `clock`, `kinds`."""
