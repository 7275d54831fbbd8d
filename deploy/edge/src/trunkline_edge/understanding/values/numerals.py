"""Numbers as Germans, the French, Spaniards and the Dutch say and write them: "einundzwanzig", "20,5", "vingt et un".

Every whole number below a thousand stands in a table in all its spellings, without spaces, hyphens and accents, so that
"vingt-et-un", "ein und zwanzig" and "veintidos" are found like the forms of a dictionary. What is greater, decimal or a
part is put together from these.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from trunkline_edge.understanding.values.number import DASHES, Number, fractions_apart, thousands, whole

_MOST = 999
"""Greatest number in a table."""
_MAX_DIGITS = 15  # beyond that a float no longer holds every whole number
_APART = frozenset({"-", "\u2010", "\u2011"})
"""Between words of one number."""
_LIGATURES = str.maketrans({"ß": "ss", "œ": "oe"})


@dataclass(frozen=True)
class Numerals:
    """How one language says numbers."""

    spellings: Callable[[int], Iterator[str]]
    """Yields all spellings of a number from 0 to 999, without spaces."""
    thousand: str
    hundred: str | None
    """Of "siebenundzwanzighundert", where a language counts so."""
    points: tuple[str, ...]
    """Between a whole number and its decimals."""
    minus: tuple[str, ...]
    parts: Mapping[str, float]
    """What is less than one, or one and a half, without spaces."""
    joints: tuple[str, ...]
    """Between a whole number and a part, as "zwei-ein-halb" has "ein"."""
    direct: tuple[str, ...] = ()
    """Parts that follow a whole number without one: "zwei drei viertel"."""

    @cached_property
    def table(self) -> Mapping[str, int]:
        """Folded spelling -> number."""
        return {form: n for n in range(_MOST, -1, -1) for said in self.spellings(n) for form in _forms(said)}

    @cached_property
    def words(self) -> frozenset[str]:
        """Folded words that a slip may have hit: those of small numbers, of parts, and the great ones."""
        small = {form for form, n in self.table.items() if n <= 100 or n % 100 == 0}
        return frozenset({*small, *self.parts, *self.points, *self.minus, self.thousand})


def words_of(table: str) -> tuple[str, ...]:
    """Return the words of a line."""
    return tuple(table.split())


def fold(word: str) -> str:
    """Return a word without accents: "fünf" is "funf", "dreißig" "dreissig"."""
    spread = unicodedata.normalize("NFKD", word.translate(_LIGATURES))
    return "".join(character for character in spread if not unicodedata.combining(character))


def read_numeral(words: Sequence[str], numerals: Numerals) -> Number | None:
    """Read folded words that are one number and nothing else."""
    words = fractions_apart(words)
    if words and words[0] in (*numerals.minus, *DASHES):
        number = read_numeral(words[1:], numerals)
        return None if number is None or number < 0 else whole(-number)
    if not words:
        return None
    written = _written(words)
    if written is not None:
        return written
    said = [word for i, word in enumerate(words) if word not in _APART or i in (0, len(words) - 1)]
    for read in (_part, _decimal, _cardinal):
        number = read(said, numerals)
        if number is not None:
            return whole(number)
    return None


def _forms(said: str) -> Iterator[str]:
    """Yield a spelling folded, and as it is written without umlauts: "fuenf"."""
    yield fold(said)
    if "ü" in said or "ö" in said:
        yield fold(said.replace("ü", "ue").replace("ö", "oe"))


def _written(words: Sequence[str]) -> Number | None:
    """Read digits: "20", "20,5", "20.5"; a full stop or a space before three digits parts thousands, "2.700"."""
    if len(words) == 1:
        return _digits(words[0])
    if len(words) == 4 and words[2] == "/" and (count := _digits(words[0])):
        part = _written(words[1:])
        return None if part is None or not 0 < part < 1 else count + part
    if len(words) > 3:
        return thousands(words, ".")
    first, *between, last = words
    if _digits(first) is None or _digits(last) is None or len(first + last) > _MAX_DIGITS:
        return None
    groups = len(last) == 3 and len(first) <= 3 and not first.startswith("0")
    if groups and between in ([], ["."]):
        return int(first + last)
    if between in ([","], ["."]):
        return whole(float(f"{first}.{last}"))
    if between == ["/"] and int(last):
        return whole(int(first) / int(last))
    return None


def _digits(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) <= _MAX_DIGITS else None


def _part(words: Sequence[str], numerals: Numerals) -> Number | None:
    """Read "halb", "drei viertel", "zweieinhalb", "deux et demi"."""
    said = "".join(words)
    if said in numerals.parts:
        return numerals.parts[said]
    for part, value in numerals.parts.items():
        if not said.endswith(part) or not 0 < value < 1:
            continue
        for joint in (*numerals.joints, *([""] if part in numerals.direct else [])):
            count = said.removesuffix(part)
            if count.endswith(joint):
                number = _whole(count.removesuffix(joint), numerals)
                if number:
                    return number + value
    return None


def _decimal(words: Sequence[str], numerals: Numerals) -> float | None:
    """Read "zwanzig komma fünf", "vingt virgule vingt-cinq", "null komma null fünf".

    A point word with nothing before it is another word: "con veinte", "Punkt acht".
    """
    at = next((i for i, word in enumerate(words) if word in numerals.points), 0)
    if not at:
        return None
    count, after = _cardinal(words[:at], numerals), words[at + 1 :]
    if count is None or not after:
        return None
    single = [_whole(word, numerals) for word in after]
    if all(digit is not None and digit < 10 for digit in single):
        text = "".join(map(str, single))
    else:
        together = _cardinal(after, numerals)
        text = "" if together is None else str(together)
    return float(f"{count}.{text}") if text and len(text) + len(str(count)) <= _MAX_DIGITS else None


def _cardinal(words: Sequence[str], numerals: Numerals) -> int | None:
    """Read a whole number below a million: "zweitausendsiebenhundert", "deux mille sept cents", "5 mil"."""
    # Digits are parted from what is around them: "20" and "5" are not 205.
    said = "".join(f"|{word}|" if word.isdigit() else word for word in words)
    found = _whole(said, numerals)
    if found is not None:
        return found
    for scale, least, most, word in (
        (1_000, 1, _MOST, numerals.thousand),
        (100, 11, 99, numerals.hundred),
    ):
        if word is None or word not in said:
            continue
        before, _, after = said.partition(word)
        count = _whole(before, numerals) if before else 1
        rest = _whole(after, numerals) if after else 0
        if count is not None and rest is not None and least <= count <= most and rest < scale and (rest or not after):
            return count * scale + rest
    return None


def _whole(said: str, numerals: Numerals) -> int | None:
    """Read a number of the table, or digits."""
    return numerals.table.get(said, _digits(said.strip("|")) if said.count("|") in (0, 2) else None)


_GERMAN = words_of(
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
    "siebzehn achtzehn neunzehn"
)
_GERMAN_TENS = words_of("zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig")
_GERMAN_ONES = ("eins", "ein", "eine", "einen", "einem", "einer", "eines")


def _german(n: int) -> Iterator[str]:
    if n >= 100:
        hundreds, rest = divmod(n, 100)
        counts = ["", "ein"] if hundreds == 1 else list(_german(hundreds))
        for count, end in product(counts, _german(rest) if rest else [""]):
            yield f"{count}hundert{end}"
            if rest:
                yield f"{count}hundertund{end}"
    elif n < 20:
        yield from _GERMAN_ONES if n == 1 else ("zwei", "zwo") if n == 2 else (_GERMAN[n],)
    else:
        tens, ones = divmod(n, 10)
        ahead = "" if not ones else ("ein" if ones == 1 else _GERMAN[ones]) + "und"
        yield ahead + _GERMAN_TENS[tens - 2]


_DUTCH = words_of(
    "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien "
    "zeventien achttien negentien"
)
_DUTCH_TENS = words_of("twintig dertig veertig vijftig zestig zeventig tachtig negentig")


def _dutch(n: int) -> Iterator[str]:
    if n >= 100:
        hundreds, rest = divmod(n, 100)
        for count, end in product(["", "een"] if hundreds == 1 else _dutch(hundreds), _dutch(rest) if rest else [""]):
            yield f"{count}honderd{end}"
            if rest:
                yield f"{count}honderden{end}"
    elif n < 20:
        yield _DUTCH[n]
    else:
        tens, ones = divmod(n, 10)
        yield (f"{_DUTCH[ones]}en" if ones else "") + _DUTCH_TENS[tens - 2]


_FRENCH = words_of(
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dixsept "
    "dixhuit dixneuf"
)
_FRENCH_TENS = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante", 80: "quatrevingt"}
_SWISS_TENS = {70: ("septante",), 80: ("huitante", "octante"), 90: ("nonante",)}


def _french(n: int) -> Iterator[str]:
    if n >= 100:
        hundreds, rest = divmod(n, 100)
        for count, end in product([""] if hundreds == 1 else _french(hundreds), _french(rest) if rest else ["", "s"]):
            yield f"{count}cent{end}"
            if rest and hundreds > 1:
                yield f"{count}cents{end}"
    elif n < 20:
        yield from ("un", "une") if n == 1 else (_FRENCH[n],)
    else:
        ones = n % 10
        for swiss in _SWISS_TENS.get(n - ones, ()):
            for end in _french(ones) if ones else [""]:
                yield swiss + ("et" if ones == 1 else "") + end
        base = n - ones - (10 if n - ones in (70, 90) else 0)
        tens = _FRENCH_TENS[base]
        for end in _french(n - base) if n > base else ["", *(["s"] if base == 80 else [])]:
            yield tens + end
            if n - base in (1, 11):
                yield f"{tens}et{end}"
            if base == 80 and n > base:
                yield f"{tens}s{end}"


_SPANISH = words_of(
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
    "diecisiete dieciocho diecinueve"
)
_SPANISH_TENS = words_of("veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa")
_SPANISH_HUNDREDS = words_of("ciento doscient trescient cuatrocient quinient seiscient setecient ochocient novecient")


def _spanish(n: int) -> Iterator[str]:
    if n >= 100:
        hundreds, rest = divmod(n, 100)
        stems = [_SPANISH_HUNDREDS[hundreds - 1]]
        names = [f"{stem}{end}" for stem in stems for end in ("os", "as")] if hundreds > 1 else ["ciento", "cien"]
        for name, end in product(names, _spanish(rest) if rest else [""]):
            yield name + end
    elif n < 20:
        yield from ("uno", "un", "una") if n == 1 else (_SPANISH[n],)
        if n > 15:
            yield f"diezy{_SPANISH[n - 10]}"
    else:
        tens, ones = divmod(n, 10)
        name = _SPANISH_TENS[tens - 2]
        if not ones:
            yield name
        for end in _spanish(ones) if ones else ():
            yield f"{name}y{end}"
            yield f"{name}{end}"
            if tens == 2:
                yield f"veinti{end}"


NUMERALS: Mapping[str, Numerals] = {
    "de": Numerals(
        _german,
        thousand="tausend",
        hundred="hundert",
        points=("komma", "punkt"),
        minus=("minus",),
        parts={
            **{f"{one}halb{end}": 1 / 2 for one in ("", *_GERMAN_ONES[1:]) for end in ("", "e", "en", "er", "es")},
            **{f"{one}{half}": 1 / 2 for one in ("", "die") for half in ("halfte", "haelfte")},
            **{f"{three}viertel": 3 / 4 for three in ("drei", "einedrei")},
            "zweiviertel": 1 / 2,
            "zweidrittel": 2 / 3,
            **{f"{one}viertel": 1 / 4 for one in ("", "ein", "eine", "einem")},
            **{f"{one}drittel": 1 / 3 for one in ("", "ein", "einem")},
            **{f"anderthalb{end}": 3 / 2 for end in ("", "e", "en")},
        },
        joints=("undein", "undeine", "ein", "und"),
        direct=("dreiviertel",),
    ),
    "nl": Numerals(
        _dutch,
        thousand="duizend",
        hundred="honderd",
        points=("komma", "punt"),
        minus=("min", "minus"),
        parts={
            **{f"{one}{half}": 1 / 2 for one in ("", "een") for half in ("half", "halve")},
            **{f"{one}helft": 1 / 2 for one in ("", "de")},
            "driekwart": 3 / 4,
            "tweederde": 2 / 3,
            **{f"{one}kwart": 1 / 4 for one in ("", "een")},
            **{f"{one}derde": 1 / 3 for one in ("een",)},
            **{f"ander{half}": 3 / 2 for half in ("half", "halve")},
        },
        joints=("eneen", "en"),
    ),
    "fr": Numerals(
        _french,
        thousand="mille",
        hundred=None,
        points=("virgule", "point"),
        minus=("moins",),
        parts={
            **{f"{one}{half}": 1 / 2 for one in ("", "un", "une") for half in ("demi", "demie", "moitie")},
            "lamoitie": 1 / 2,
            "troisquarts": 3 / 4,
            "troisquart": 3 / 4,
            **{f"{one}quart": 1 / 4 for one in ("", "un", "le")},
            **{f"{one}tiers": 1 / 3 for one in ("", "un")},
            "deuxtiers": 2 / 3,
        },
        joints=("etun", "et"),
    ),
    "es": Numerals(
        _spanish,
        thousand="mil",
        hundred=None,
        points=("coma", "punto", "con"),
        minus=("menos",),
        parts={
            **{f"{one}{half}": 1 / 2 for one in ("", "un", "una") for half in ("medio", "media", "mitad")},
            "lamitad": 1 / 2,
            "trescuartos": 3 / 4,
            **{f"{one}cuarto": 1 / 4 for one in ("", "un")},
            **{f"{one}tercio": 1 / 3 for one in ("", "un")},
            "dostercios": 2 / 3,
        },
        joints=("yun", "y"),
    ),
}
"""By language; English is `number`."""
