"""Vocabularies of made-up homes, divided so that a test home has no name of a training home.

Which split a name belongs to is a property of the name itself (`split_of`), not of a seed or an option: whole names
never repeat over the splits, in any data set this recipe ever makes. Everyday single names ("kitchen", "tv") are all
in train, because no product may be ignorant of them; composed names are divided by hash; names with a *rare word* (a
first name or an invented word) are divided by that word, so that such words in test were never seen in train.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, product
from math import prod
from random import Random
from typing import Literal
from zlib import crc32

from schemas.recipes import words
from schemas.recipes.languages import VOCABULARIES

Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = ("train", "valid", "test")
NAMED_DOMAINS = frozenset({*words.KINDS, "person", "weather", "todo"})
"""Domains whose names can be told from those of the others; a text about any other domain could not be understood."""

_VALID_PERCENT, _TEST_PERCENT = 12, 20  # of the names, whatever the share of rows
_PATTERN_CAP = 3_000  # names kept of one pattern: beyond that they only cost memory
_OWN_SHARE = 2.0
"""Of the names of another language's homes that are in that language, against those that are English or invented."""


def split_of(name: str) -> Split:
    """Tell the one split in which `name` (or any other text) may occur; letter case does not matter."""
    folded = name.casefold()
    if folded in _everyday():
        return "train"
    rare = next((word for word in folded.replace("'s", "").split() if word in _rare_words()), None)
    bucket = crc32((rare or folded).encode()) % 100
    return "test" if bucket < _TEST_PERCENT else "valid" if bucket < _TEST_PERCENT + _VALID_PERCENT else "train"


def proper(name: str) -> str:
    """Write the first names, towns and invented words of `name` with a capital, as in "Lena's lamp"."""
    return " ".join(
        word.capitalize() if word.removesuffix("'s") in _rare_words() or word in words.PLACES else word
        for word in name.split()
    )


@dataclass(frozen=True, slots=True)
class Pool:
    """Names of one kind in one split, grouped by the pattern that made them."""

    patterns: tuple[tuple[str, ...], ...]
    cumulative_weights: tuple[float, ...]

    def draw(self, rng: Random) -> str:
        """Return a name: the pattern by weight, then any of its names."""
        return rng.choice(rng.choices(self.patterns, cum_weights=self.cumulative_weights)[0])


@lru_cache(maxsize=1024)
def pool(kind: str, split: Split, language: str = "en") -> Pool:
    """Return the names of `kind` in `split`, of homes where a language is spoken.

    `kind` is a list of the templates (`area`, `floor`, `shopping_list_item`, ...), `nickname`, or the domain of a
    device. Unknown kinds get the names of switches, which go with any verb.
    """
    filled = [(weight, names) for weight, names in _divided(kind, language)[split] if names]
    return Pool(tuple(names for _, names in filled), tuple(accumulate(weight for weight, _ in filled)))


@lru_cache(maxsize=256)
def _divided(kind: str, language: str) -> dict[Split, list[tuple[float, tuple[str, ...]]]]:
    divided: dict[Split, list[tuple[float, tuple[str, ...]]]] = {split: [] for split in SPLITS}
    for weight, names in [*_patterns(kind), *_own(kind, language)]:
        by_split: dict[Split, dict[str, None]] = {split: {} for split in SPLITS}
        for name in names:
            by_split["train" if name in _everyday_in(language) else split_of(name)][name] = None
        for split in SPLITS:
            divided[split].append((weight, tuple(by_split[split])))
    return divided


def _patterns(kind: str) -> list[tuple[float, Iterable[str]]]:
    """Patterns of a kind with their weights; each name of a pattern is equally likely."""
    made = _PATTERNS.get(kind)
    return made() if made is not None else _devices(kind if kind in words.KINDS else "switch")


def _own(kind: str, language: str) -> list[tuple[float, Iterable[str]]]:
    """Patterns of a kind in a language of its own; what all things of a kind are called is no name of one."""
    vocabulary = VOCABULARIES.get(language)
    things = vocabulary.things.get(kind, ()) if vocabulary else ()
    if not vocabulary or not things:
        return []
    share_of_all = _OWN_SHARE * sum(weight for weight, _ in _patterns(kind))
    patterns: list[tuple[float, Iterable[str]]] = [(0.4, things if kind != "cover" else ())]
    if kind != "shopping_list_item":
        patterns += [
            (0.3, _join(things, vocabulary.tails)),
            (0.1, _join(things, (f"{vocabulary.of.strip()} {owner}" for owner in words.OWNERS))),
            (0.1, _join(things, words.NUMBERED[:7])),
            (0.1, _join(things, invented())),
        ]
    return [(share_of_all * share, names) for share, names in patterns]


@lru_cache(maxsize=16)
def _everyday_in(language: str) -> frozenset[str]:
    tables = VOCABULARIES[language].things.values() if language in VOCABULARIES else ()
    return frozenset(name for table in tables for name in table[: (len(table) + 1) // 2])


def _join(*parts: Iterable[str]) -> Iterator[str]:
    """All combinations of the parts; when they are very many, a sample of them, always the same."""
    tables = [tuple(part) for part in parts]
    combinations: Iterable[tuple[str, ...]] = product(*tables)
    if prod(map(len, tables)) > _PATTERN_CAP:
        rng = Random(_PATTERN_CAP)
        combinations = (tuple(map(rng.choice, tables)) for _ in range(_PATTERN_CAP))
    for combination in combinations:
        name = " ".join(filter(None, combination))
        if len(set(name.split())) == len(name.split()):  # "small small lamp" is no name
            yield name


@lru_cache(maxsize=1)
def invented() -> tuple[str, ...]:
    """Return pronounceable words that mean nothing, as brands, towns and bands have them."""
    rng = Random(7)
    heads = _syllables("b br c d dr f fl g gr h j k kl l m n p pr qu r s st t tr v w z zh")
    middles = _syllables("a e i o u ai ea oo y")
    tails = _syllables(
        "lo na rix ver mo ta dan lia quo sen tor vy bel zu kor nee pha rin sta wick dorf ska ley gan xo mir"
    )
    made = {
        rng.choice(heads) + rng.choice(middles) + rng.choice(tails) + rng.choice(["", "", rng.choice(tails)])
        for _ in range(2_400)
    }
    return tuple(sorted(made - _ordinary_words()))


def _syllables(table: str) -> list[str]:
    return table.split()


@lru_cache(maxsize=1)
def _ordinary_words() -> frozenset[str]:
    tables = [table for table in vars(words).values() if isinstance(table, tuple)] + list(words.KINDS.values())
    return frozenset(word for table in tables for name in table for word in name.split())


@lru_cache(maxsize=1)
def _rare_words() -> frozenset[str]:
    return frozenset(invented()) | frozenset(words.OWNERS)


@lru_cache(maxsize=1)
def _everyday() -> frozenset[str]:
    kinds = [kind for table in words.KINDS.values() for kind in table]
    staples = (*words.GOODS[:12], *words.GENRES[:8], *words.TIMED[:8], *words.ZONES[:6], *words.TODO_LISTS[:6])
    return frozenset((*words.ROOMS, *words.FLOORS, *kinds, *staples))


def _owned(things: Iterable[str]) -> Iterator[str]:
    return _join((f"{owner}'s" for owner in words.OWNERS), things)


def _areas() -> list[tuple[float, Iterable[str]]]:
    return [
        (40, words.ROOMS),
        (14, words.RARE_ROOMS),
        (28, _join(words.ROOM_MODIFIERS, (*words.ROOMS, *words.RARE_ROOMS))),
        (12, _owned((*words.ROOM_HEADS, "bedroom", "office", "bathroom", "study"))),
        (10, _join(invented(), words.ROOM_HEADS)),
        (4, invented()),
    ]


def _floors() -> list[tuple[float, Iterable[str]]]:
    return [
        (40, words.FLOORS),
        (40, _join(words.FLOOR_MODIFIERS, words.FLOOR_HEADS)),
        (10, _owned(words.FLOOR_HEADS[:4])),
        (10, _join(invented(), words.FLOOR_HEADS[:5])),
    ]


def _devices(domain: str) -> list[tuple[float, Iterable[str]]]:
    kinds = words.KINDS[domain]
    # "kitchen lamp" is the area kitchen and its lamps in the templates; a device's name says more than that
    particular = tuple(kind for kind in kinds if " " in kind)
    # a lone word of these groups ("turn off the lamp") means all of them, not the device of that name
    whole = tuple(kind for kind in kinds if kind not in ("lamp", "light", *_COVER_CLASSES))
    return [
        *([(45, _join(words.MEASURED, words.MEASURES))] if domain == "sensor" else []),
        (8, _join(kinds, words.NUMBERED)),
        (22, whole),
        (34, _join(words.KIND_MODIFIERS, kinds)),
        (12, _owned(kinds)),
        (12, _join(invented(), particular)),
        (8, _join(words.ROOMS, particular)),
        (12, _join(words.KIND_MODIFIERS, words.KIND_MODIFIERS, kinds)),
    ]


def _scenes() -> list[tuple[float, Iterable[str]]]:
    return [
        (25, words.KINDS["scene"]),
        (50, _join(words.SCENE_MODIFIERS, words.SCENE_HEADS)),
        (15, _owned(words.SCENE_HEADS)),
        (10, _join(invented(), words.SCENE_HEADS)),
    ]


def _scripts() -> list[tuple[float, Iterable[str]]]:
    return [
        (25, words.KINDS["script"]),
        (50, _join((*words.SCENE_MODIFIERS, *words.TIMED), words.SCRIPT_HEADS)),
        (15, _owned(words.SCRIPT_HEADS)),
        (10, _join(invented(), words.SCRIPT_HEADS)),
    ]


def _people() -> list[tuple[float, Iterable[str]]]:
    return [(80, words.OWNERS), (20, invented())]


def _nicknames() -> list[tuple[float, Iterable[str]]]:
    return [(60, words.NICKNAMES), (40, invented())]


def _places() -> list[tuple[float, Iterable[str]]]:
    return [(60, words.PLACES), (20, _join((*words.PLACES, *invented()), words.PLACE_SUFFIXES)), (20, invented())]


def _zones() -> list[tuple[float, Iterable[str]]]:
    return [
        (25, words.ZONES[:3]),
        (50, words.ZONES),
        (40, _owned(words.ZONE_HEADS)),
        (10, _join(invented(), words.PLACE_SUFFIXES[:3])),
    ]


def _todo_lists() -> list[tuple[float, Iterable[str]]]:
    return [
        (40, words.TODO_LISTS),
        (25, _owned(words.TODO_LISTS)),
        (35, _join(words.SCENE_MODIFIERS, words.TODO_LISTS)),
    ]


def _goods() -> list[tuple[float, Iterable[str]]]:
    return [
        (40, words.GOODS),
        (25, _join(words.GOODS_MODIFIERS, words.GOODS)),
        (25, _join(words.QUANTITIES, words.GOODS)),
        (10, _join(invented(), words.GOODS)),
        (8, _join(words.GOODS, ["and"], words.GOODS)),
    ]


def _errands() -> list[tuple[float, Iterable[str]]]:
    return [
        (45, _join(words.CHORES, words.THINGS)),
        (25, _join(words.VERBS, words.OWNERS)),
        (30, _join(words.QUANTITIES, words.GOODS)),
    ]


def _music() -> list[tuple[float, Iterable[str]]]:
    titles = tuple(_join(words.TITLE_ADJECTIVES, words.TITLE_NOUNS))
    return [
        (10, words.GENRES),
        (15, _join(words.GENRE_MODIFIERS, words.GENRES)),
        (25, titles),
        (10, _join(["the"], titles)),
        (15, _join(words.TITLE_NOUNS, words.TITLE_TAILS)),
        (10, _join(["the"], invented())),
        (15, _join(titles, ["by"], invented())),
        (6, _join(words.TITLE_ORDERS, ["the", "your", "my", "in", "me"], words.TITLE_NOUNS)),
        (6, _join(words.TITLE_NUMBERS, ["", *words.TITLE_NOUNS])),
        (4, _join(words.TITLE_ADJECTIVES, ["and"], words.TITLE_ADJECTIVES)),
    ]


def _messages() -> list[tuple[float, Iterable[str]]]:
    return [
        (50, _join(words.ARRIVALS, words.ARRIVAL_STATES)),
        (35, _join(words.OWNERS, words.ASKS)),
        (15, _join(words.ASKS, ["everyone", "kids", "right now", "and hurry", "before it gets dark"])),
    ]


def _timers() -> list[tuple[float, Iterable[str]]]:
    return [
        (35, words.TIMED),
        (30, _join(words.TIMED_MODIFIERS, words.TIMED)),
        (25, _owned(words.TIMED)),
        (10, invented()),
    ]


def _commands() -> list[tuple[float, Iterable[str]]]:
    kinds = [
        kind
        for domain in ("light", "switch", "fan", "media_player", "cover", "climate")
        for kind in words.KINDS[domain]
    ]
    return [
        (40, _join(words.ORDERS, ["the"], kinds)),
        (40, _join(words.ORDERS, ["the"], words.ROOMS, ["lights", "blinds", "fan", "tv", "heater", "music"])),
        (20, _join(words.ORDERS, (f"{owner}'s" for owner in words.OWNERS), kinds)),
    ]


_COVER_CLASSES = ("blind", "curtain", "shutter", "awning", "garage door", "gate", "shade")
_PATTERNS = {
    "area": _areas,
    "floor": _floors,
    "nickname": _nicknames,
    "scene": _scenes,
    "script": _scripts,
    "person": _people,
    "weather": _places,
    "todo": _todo_lists,
    "zone": _zones,
    "shopping_list_item": _goods,
    "todo_list_item": _errands,
    "search_query": _music,
    "message": _messages,
    "timer_name": _timers,
    "timer_command": _commands,
}
