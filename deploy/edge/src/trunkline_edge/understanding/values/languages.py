"""Numbers in German, French, Spanish and Dutch words, made digits, which the readers of all kinds understand.

Whole numbers below a million, decimals ("zwanzig komma fünf"), and the words that stand with numbers: percent, degrees,
minus. Spaces, hyphens and accents do not count: "ein und zwanzig" is "einundzwanzig".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

LONGEST = 24
"""Words and hyphens of a number: "neuf cent quatre-vingt-dix-neuf mille neuf cent quatre-vingt-dix-neuf" has 19."""


@dataclass(frozen=True, slots=True)
class _Language:
    small: tuple[str, ...]
    """0 to 19, several spellings divided by "/"."""
    tens: Mapping[int, str]
    """20 to 90; of French 70 and 90 those of Belgium and Switzerland."""
    link: str
    """Between tens and ones; it may be left out, but where the ones come first."""
    hundred: Mapping[int, str]
    thousand: str
    minus: str
    point: str
    others: Mapping[tuple[str, ...], str]
    """Words beside numbers, as English readers know them."""
    ones_first: bool = False
    stems: Mapping[int, str] | None = None
    """Tens as ones are tied to them: "veinti"."""
    by_twenty: tuple[int, ...] = ()
    """Tens to which 10 to 19 are added: 60 and 80 in French."""


def _small(table: str) -> tuple[str, ...]:
    return tuple(table.split())


def _tens(table: str) -> dict[int, str]:
    return dict(zip(range(20, 100, 10), table.split(), strict=True))


def _hundreds(digits: str, word: str, one: str) -> dict[int, str]:
    """Return 200 to 900 as each digit and each end written together; `one` is 100."""
    return {100: one} | {
        100 * n: "/".join(f"{digit}{each}" for digit in said.split("/") for each in word.split("/"))
        for n, said in enumerate(digits.split(), start=2)
    }


_LANGUAGES: Mapping[str, _Language] = {
    "de": _Language(
        small=_small(
            "null eins/ein/eine/einen/einem/einer/eines zwei/zwo drei vier fünf/fuenf sechs sieben acht neun zehn elf "
            "zwölf/zwoelf dreizehn vierzehn fünfzehn/fuenfzehn sechzehn siebzehn achtzehn neunzehn"
        ),
        tens=_tens("zwanzig dreißig vierzig fünfzig/fuenfzig sechzig siebzig achtzig neunzig"),
        link="und",
        ones_first=True,
        hundred=_hundreds("zwei/zwo drei vier fünf/fuenf sechs sieben acht neun", "hundert", "hundert/einhundert"),
        thousand="tausend",
        minus="minus",
        point="komma",
        others={("prozent",): "%", ("grad",): "degrees"},
    ),
    "nl": _Language(
        small=_small(
            "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien "
            "zeventien achttien negentien"
        ),
        tens=_tens("twintig dertig veertig vijftig zestig zeventig tachtig negentig"),
        link="en",
        ones_first=True,
        hundred=_hundreds("twee drie vier vijf zes zeven acht negen", "honderd", "honderd/eenhonderd"),
        thousand="duizend",
        minus="min",
        point="komma",
        others={("procent",): "%", ("graden",): "degrees", ("graad",): "degrees"},
    ),
    "fr": _Language(
        small=_small(
            "zéro un/une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize "
            "dixsept dixhuit dixneuf"
        ),
        tens=_tens(
            "vingt trente quarante cinquante soixante septante quatrevingt/quatrevingts/huitante/octante nonante"
        ),
        link="et",
        by_twenty=(60, 80),
        hundred=_hundreds("deux trois quatre cinq six sept huit neuf", "cent/cents", "cent"),
        thousand="mille",
        minus="moins",
        point="virgule",
        others={("pour", "cent"): "%", ("pourcent",): "%", ("degré",): "degrees", ("degrés",): "degrees"},
    ),
    "es": _Language(
        small=_small(
            "cero uno/un/una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
            "dieciséis/diezyseis diecisiete/diezysiete dieciocho/diezyocho diecinueve/diezynueve"
        ),
        tens=_tens("veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa"),
        link="y",
        stems={20: "veinti"},
        hundred=_hundreds(
            "doscient trescient cuatrocient quinient seiscient setecient ochocient novecient", "os/as", "cien/ciento"
        ),
        thousand="mil",
        minus="menos",
        point="coma",
        others={("por", "ciento"): "%", ("grado",): "degrees", ("grados",): "degrees"},
    ),
}


def in_digits(words: Sequence[str], lang: str) -> list[str]:
    """Return words (`split_words`' forms) with numbers in digits, and what stands beside them as it is in English.

    In a language that is not here they stay as they are.
    """
    code = lang.split("-")[0]
    own = _LANGUAGES.get(code)
    if own is None:
        return list(words)
    made: list[str] = []
    at = 0
    while at < len(words):
        beside = next((each for each in own.others if tuple(words[at : at + len(each)]) == each), None)
        if beside is not None:
            made.append(own.others[beside])
            at += len(beside)
            continue
        last, number = next(_numbers(words, at, code), (at + 1, None))
        made.append(words[at] if number is None else str(number))
        at = last
    if len(made) > 1 and made[0] == own.minus:
        made[0] = "-"
    return _decimal(made, own.point)


def _numbers(words: Sequence[str], first: int, code: str) -> Iterator[tuple[int, int]]:
    """Yield the numbers that begin at a word, the longest first: where they end, and what they are."""
    for last in range(min(first + LONGEST, len(words)), first, -1):
        if "-" not in (words[first], words[last - 1]):
            number = _whole(_folded("".join(word for word in words[first:last] if word != "-")), code)
            if number is not None:
                yield last, number


def _decimal(words: list[str], point: str) -> list[str]:
    """Return "20 komma 5" as "20.5" is cut into words."""
    if point not in words[1:-1]:
        return words
    at = words.index(point, 1)
    end = next((i for i in range(at + 1, len(words)) if not words[i].isdigit()), len(words))
    return [*words[:at], ".", "".join(words[at + 1 : end]), *words[end:]] if end > at + 1 else words


def _whole(said: str, code: str) -> int | None:
    """Read a number below a million that is written as one folded word."""
    own = _LANGUAGES[code]
    number = _below_thousand(said, code)
    if number is not None:
        return number
    before, thousand, rest = said.partition(own.thousand)
    count = _below_thousand(before, code) if before else 1
    added = _below_thousand(rest.removeprefix(own.link), code) if rest else 0
    if not thousand or not count or added is None or (rest and not added):
        return None
    return 1_000 * count + added


def _below_thousand(said: str, code: str) -> int | None:
    found = _below_hundred(code).get(said)
    if found is not None:
        return found
    own = _LANGUAGES[code]
    for hundred, spellings in own.hundred.items():
        for word in map(_folded, spellings.split("/")):
            rest = said.removeprefix(word)
            if rest == said:
                continue
            added = (
                0
                if not rest
                else _below_hundred(code).get(rest) or _below_hundred(code).get(rest.removeprefix(own.link))
            )
            if added is not None:
                return hundred + added
    return None


@cache
def _below_hundred(code: str) -> Mapping[str, int]:
    """Folded spelling -> number, 0 to 99."""
    own = _LANGUAGES[code]
    found = {_folded(word): n for n, said in enumerate(own.small) for word in said.split("/")}
    for ten, said in own.tens.items():
        for word in said.split("/"):
            found[_folded(word)] = ten
            found |= {
                _folded(each): ten + n
                for n in range(1, 20 if ten in own.by_twenty else 10)
                for one in own.small[n].split("/")
                for each in ([one + own.link + word] if own.ones_first else [word + one, word + own.link + one])
            }
    for ten, stem in (own.stems or {}).items():
        found |= {_folded(stem + one): ten + n for n in range(1, 10) for one in own.small[n].split("/")}
    return found


def _folded(word: str) -> str:
    """Return a word in lower case without accents; "ß" is "ss"."""
    parts = unicodedata.normalize("NFD", word.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))
