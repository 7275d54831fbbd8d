"""Recipe `home-assistant`: labelled utterances of a smart home, sampled from the sentence templates of Home Assistant.

Each row is one random walk over a template: intent and domain come from the template, the spans from its slots, and
the names from made-up homes (`names`). Train, valid and test rows speak of different homes: no area, floor, device or
free text occurs in two of them. Names are English or invented in every language; the templates, numbers, colours and
states are the language's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from math import sqrt
from random import Random
from typing import Any, NamedTuple, Self, TypeVar

from pydantic import Field, model_validator

from schemas.recipes.about import about
from schemas.recipes.compounds import LISTED, Placed, Said, join, may_begin, share, share_unnamed
from schemas.recipes.corrections import corrected
from schemas.recipes.forbidden import forbidden
from schemas.recipes.languages import VOCABULARIES
from schemas.recipes.names import NAMED_DOMAINS, SPLITS, Split, pool, proper, split_of
from schemas.recipes.outside import outside_text
from schemas.recipes.templates import Block, Language, Open, Piece, SlotText, compile_language
from schemas.spec.base import Section
from trunkline_edge.understanding.result import OUT_OF_SCOPE, SEVERAL, UNSPOKEN_HEAD, unspoken_label
from trunkline_edge.understanding.text import is_character_boundary, normalise, split_words

SOURCE, CORRECTED = "home-assistant", "home-assistant-corrected"
"""Of commands as people mean to say them, and of those that correct themselves."""

_WEIGHT_FLOOR = 3.0  # an intent counts as if it had at least nine templates, so that rare ones get their rows
_TRIES = 150  # walks without a new text after which an intent is taken to be exhausted in a split
_NICKNAME_SHARE = 0.1  # of the device names where nicknames are allowed
_PET_SHARE = 0.4  # ... of vacuum cleaners, which most homes call by a name
_WRITTEN_SHARE = 0.25  # with capitals and full stops; the others are lower case throughout, as most recognisers write
_POLITE_SHARE = 0.15
_BARE_SHARE, _ABOUT_SHARE = 0.07, 0.08  # of what is outside
_FORBIDDEN_SHARE, _SWITCHED_SHARE = 0.3, 0.3  # ... commands that are not to be carried out, and of these on and off
_SHARED_SHARE, _THIRD_SHARE = 0.4, 0.25  # of what is tried for several commands: one command of them, and three
_LISTED_SHARE = 0.6  # of three commands: "A, B and C", and not "A and B and C"
_UNLINKED_SHARE = 0.15  # of two: "A, B"
_UNNAMED_SHARE = 0.1  # ... one command of two things that have no name
_SWITCHES = ("HassTurnOn", "HassTurnOff")
_COVERS = ("curtain", "curtains", "blinds", "blind", "shutters", "awning", "garage door", "gate", "shades", "windows")
_KIND_SAID = "domain"
"""Slot of the German "Schloss" for locks: as in all other templates, the kind of things is no slot that words fill."""
_NOT_JOINED = frozenset({"HassNevermind", "HassRespond"})
_BARE_KINDS = ("light", "media_player", "cover", "fan", "switch")
_ABOUT_KINDS = (*_BARE_KINDS, "lock", "vacuum", "nickname")

_SPOKEN = ("en", *VOCABULARIES)
"""Languages with words of their own, beside the templates: for talk, for several commands, for corrections."""

_T = TypeVar("_T")

_DOMAINS = {
    "HassBroadcast": "broadcast",
    "HassClimate": "climate",
    "HassFan": "fan",
    "HassGetCurrent": "clock",
    "HassGetWeather": "weather",
    "HassLawnMower": "lawn_mower",
    "HassLight": "light",
    "HassList": "todo",
    "HassMedia": "media_player",
    "HassSetVolume": "media_player",
    "HassShoppingList": "shopping_list",
    "HassVacuum": "vacuum",
}
"""Domain by the beginning of the intent's name, where neither the template nor the device tells it."""

_NICKNAMED_DOMAINS = frozenset({"light", "media_player", "cover", "lock", "vacuum"})
_NICKNAMED = ("HassTurn", "HassGetState", "HassMedia", "HassSetVolume", "HassVacuum")
"""Intents (by beginning) whose wording needs no kind of device: "turn on big bertha", but "set big bertha to 30" may be
a light, a fan, a blind or a heater. Only the most typical domain of a template has nicknames, so that the domain
stays a function of the text."""

_UNSAID = re.compile(
    r"\b(\w+) \1\b|\b(?:the|my|our) (?:(?:the|my|our)\b|(?!children)\w+'s\b)|(?:hundred|thousand)k", re.IGNORECASE
)
"""Parts that do not go together: "all the my lights", "the lena's lamp", "two thousandkelvin"."""
_POLITE_STARTS = ("please", "can you", "could you", "would you")
_POLITE_ENDS = ("please", "for me")
_QUESTION = re.compile(r"(?:what|how|is|are|where|who|which|do|can|could|would)\b", re.IGNORECASE)


class HomeAssistantOptions(Section):
    """Options of the recipe `home-assistant`."""

    ADDED = ("languages",)

    language: str = Field(default="en", description="language code of home-assistant-intents, such as en, de or pt-BR")
    languages: tuple[str, ...] = Field(default=(), description="several of them, instead of the one")
    rows: int = Field(
        default=24_000, ge=1, description="rows of a language over all splits; fewer when it has no more texts"
    )
    seed: int = Field(default=0, description="rows of equal options are equal, rows of another seed differ")
    valid_share: float = Field(default=0.08, ge=0, lt=1, description="share of the rows in valid")
    test_share: float = Field(default=0.12, ge=0, lt=1, description="share of the rows in test")
    outside_share: float = Field(
        default=0,
        ge=0,
        le=0.5,
        description=f"share of each split that no home should answer, labelled `{OUT_OF_SCOPE}`",
    )
    several_share: float = Field(
        default=0, ge=0, le=0.4, description=f"share of each split with several commands, labelled `{SEVERAL}`"
    )

    corrected_share: float = Field(
        default=0, ge=0, le=0.4, description="share of each split with commands that correct themselves: `on, no, off`"
    )

    @model_validator(mode="after")
    def _leave_rows_to_train(self) -> Self:
        if self.valid_share + self.test_share >= 1:
            raise ValueError(
                f"`valid_share` + `test_share` is {self.valid_share + self.test_share:g}, must be below 1: "
                "the rest is for train"
            )
        spoken = self.languages or (self.language,)
        if len(set(spoken)) < len(spoken):
            raise ValueError(f"`languages` has one twice: {', '.join(spoken)}")
        silent = sorted(set(spoken) - {*_SPOKEN})
        if self.outside_share and len(silent) == len(spoken):
            raise ValueError(
                f"`outside_share` has words in {', '.join(_SPOKEN)}; found {', '.join(silent)}: set it to 0"
            )
        if silent and (self.several_share or self.corrected_share):
            raise ValueError(
                f"`several_share` and `corrected_share` have words in {', '.join(_SPOKEN)}; "
                f"found {', '.join(silent)}: set them to 0"
            )
        return self


class _Sentence(NamedTuple):
    text: str
    spans: tuple[Placed, ...]
    """Start and end (exclusive) in characters of `text`, the slot, and its value where the words are not that."""
    domain: str | None
    """None of what is no single command."""
    unspoken: Mapping[str, str]
    """Slots that no words say."""


def home_assistant_rows(options: HomeAssistantOptions) -> Iterator[dict[str, Any]]:
    """Yield the rows, split by split: train, valid, test; intents mixed within a split.

    Spans are in characters of `text`, end exclusive, sorted, neither empty nor overlapping. No two rows have the same
    text, letter case and punctuation aside. Fewer than `options.rows` rows come only when every intent is exhausted.

    Raises:
        ValueError: the language is not in home-assistant-intents; the message names the nearest ones.
    """
    seen: set[str] = set()
    for code in options.languages or (options.language,):
        yield from _rows_in(code, options, seen)


def _rows_in(code: str, options: HomeAssistantOptions, seen: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of one language; their texts are added to `seen`."""
    language = compile_language(code)
    outside_share = options.outside_share if code in _SPOKEN else 0
    n_valid, n_test = round(options.rows * options.valid_share), round(options.rows * options.test_share)
    wanted: dict[Split, int] = {"train": options.rows - n_valid - n_test, "valid": n_valid, "test": n_test}
    for split in SPLITS:
        rng = Random(f"{options.seed}/{language.code}/{split}")
        n_outside, n_several, n_corrected = (
            round(wanted[split] * share) for share in (outside_share, options.several_share, options.corrected_share)
        )
        n_others = n_outside + n_several + n_corrected
        made = [
            *_sample(language, split, wanted[split] - n_others, seen, rng),
            *_others(lambda: _outside(language, split, rng), n_outside, seen),  # noqa: B023
            *_others(lambda: _several(language, split, rng), n_several, seen),  # noqa: B023
        ]
        rows = [(SOURCE, *each) for each in made]
        rows += [(CORRECTED, *each) for each in _others(lambda: _corrected(language, split, rng), n_corrected, seen)]  # noqa: B023
        if n_others:
            rng.shuffle(rows)
        for number, (source, intent, sentence) in enumerate(rows, start=1):
            yield {
                "id": f"ha-{language.code}-{split}-{number:06}",
                "text": sentence.text,
                "split": split,
                "lang": language.code,
                "source": source,
                "labels": {
                    "intent": intent,
                    "domain": sentence.domain,
                    UNSPOKEN_HEAD: None if sentence.domain is None else unspoken_label(sentence.unspoken),
                    "slots": [
                        {"start": start, "end": end, "label": label} | ({} if value is None else {"value": value})
                        for start, end, label, value in sentence.spans
                    ],
                },
            }


def _sample(
    language: Language, split: Split, wanted: int, seen: set[str], rng: Random
) -> Iterator[tuple[str, _Sentence]]:
    """Yield up to `wanted` new sentences of `split`; their texts are added to `seen`."""
    intents = list(language.blocks)
    made = 0
    while made < wanted and intents:
        weights = list(accumulate(_weight(language.blocks[intent]) for intent in intents))
        exhausted = None
        while made < wanted and exhausted is None:
            intent = rng.choices(intents, cum_weights=weights)[0]
            sentence = _new_sentence(language, language.blocks[intent], split, seen, rng)
            if sentence is None:
                exhausted = intent
            else:
                made += 1
                yield intent, sentence
        if exhausted is not None:
            intents.remove(exhausted)


def _others(
    draw: Callable[[], tuple[str, _Sentence] | None], wanted: int, seen: set[str]
) -> Iterator[tuple[str, _Sentence]]:
    """Yield up to `wanted` new sentences of a kind that is drawn as a whole; their texts are added to `seen`."""
    for _ in range(wanted):
        for _ in range(_TRIES):
            drawn = draw()
            if drawn and (said := _said(drawn[1].text)) not in seen:
                seen.add(said)
                yield drawn
                break


def _outside(language: Language, split: Split, rng: Random) -> tuple[str, _Sentence] | None:
    """Draw what no home should answer; None where the draw was in vain.

    Some of it is but the name of a thing, as the second half of a command is, some talk about one, some a command that
    is forbidden.
    """
    kind = rng.random()
    if kind < _FORBIDDEN_SHARE:
        _, command = _any_command(language, split, rng, _SWITCHES if rng.random() < _SWITCHED_SHARE else ())
        made = forbidden(
            (command.text, command.spans),
            lambda slot: _another(slot, command, language.code, split, rng),
            language.code,
            split,
            rng,
        )
        return (OUT_OF_SCOPE, _Sentence(made[0], tuple(made[1]), None, {})) if made else None
    if kind < _FORBIDDEN_SHARE + _ABOUT_SHARE:
        thing = rng.choice((*_ABOUT_KINDS, "area"))
        name = pool(thing, split, language.code).draw(rng).lower()
        text, spans = about("area" if thing == "area" else "name", name, language.code, split, rng)
        return OUT_OF_SCOPE, _Sentence(text, spans, None, {})
    if kind < _FORBIDDEN_SHARE + _ABOUT_SHARE + _BARE_SHARE:
        own = VOCABULARIES.get(language.code)
        determiner = rng.choice(("", *(own.before_any_word() if own else ("the ", "my "))))
        text = determiner + pool(rng.choice((*_BARE_KINDS, "area")), split, language.code).draw(rng).lower()
    else:
        text = outside_text(language.code, split, rng)
    return OUT_OF_SCOPE, _Sentence(_punctuate(text, rng) if rng.random() < _WRITTEN_SHARE else text, (), None, {})


def _several(language: Language, split: Split, rng: Random) -> tuple[str, _Sentence] | None:
    """Draw several commands in one breath; None where the draw was in vain."""
    (_, first), (_, second), (_, third) = (_any_command(language, split, rng) for _ in range(3))
    kind = rng.random()
    things = 3 if rng.random() < _THIRD_SHARE else 2
    said: Said | None = None
    if kind < _UNNAMED_SHARE and language.code == "en":
        _, switched = _any_command(language, split, rng, _SWITCHES)
        said = share_unnamed((switched.text, switched.spans), rng, things)
    elif kind < _UNNAMED_SHARE + _SHARED_SHARE:
        said = share(
            (first.text, first.spans),
            lambda slot: _another(slot, first, language.code, split, rng),
            language.code,
            rng,
            things,
        )
    elif may_begin(first.spans):
        is_list = things > 2 and may_begin(second.spans)
        between = rng.choice(LISTED) if rng.random() < (_LISTED_SHARE if is_list else _UNLINKED_SHARE) else ""
        said = join((first.text, first.spans), (second.text, second.spans), language.code, rng, between)
        if is_list:
            said = join(said, (third.text, third.spans), language.code, rng)
    return (SEVERAL, _Sentence(said[0], tuple(said[1]), None, {})) if said else None


def _corrected(language: Language, split: Split, rng: Random) -> tuple[str, _Sentence] | None:
    """Draw a command that corrects itself; None where the draw was in vain."""
    (intent, meant), (_, other) = (_any_command(language, split, rng) for _ in range(2))
    made = corrected(
        (meant.text, meant.spans),
        (other.text, other.spans),
        lambda slot: _another(slot, meant, language.code, split, rng),
        language.code,
        split,
        rng,
    )
    return (intent, meant._replace(text=made[0], spans=tuple(made[1]))) if made else None


def _another(slot: str, command: _Sentence, language: str, split: Split, rng: Random) -> str:
    """Draw a further thing for a slot of a command; none where the language has no words for it."""
    if slot == "device_class":
        return rng.choice(_COVERS) if language == "en" else ""
    return pool(command.domain or "" if slot == "name" else slot, split, language).draw(rng).lower()


def _any_command(language: Language, split: Split, rng: Random, intents: Sequence[str] = ()) -> tuple[str, _Sentence]:
    """Draw an intent, of these or of all, and a sentence of it."""
    choice = intents or [each for each in language.blocks if each not in _NOT_JOINED]
    while True:
        intent = rng.choice(choice)
        blocks = language.blocks[intent]
        sentence = _walk(language, rng.choices(blocks, [block.weight for block in blocks])[0], split, rng)
        if sentence is not None:
            return intent, sentence


def _weight(blocks: tuple[Block, ...]) -> float:
    """Weight of an intent: the square root of its templates, so that a rich intent does not drown a rare one."""
    return max(_WEIGHT_FLOOR, sqrt(sum(len(block.sentences) for block in blocks)))


def _new_sentence(
    language: Language, blocks: tuple[Block, ...], split: Split, seen: set[str], rng: Random
) -> _Sentence | None:
    """Walk until a sentence is found that may be in `split` and is not in `seen`; None when the tries run out."""
    block_weights = list(accumulate(block.weight for block in blocks))
    for _ in range(_TRIES):
        block = rng.choices(blocks, cum_weights=block_weights)[0]
        sentence = _walk(language, block, split, rng)
        if sentence is None:
            continue
        said = _said(sentence.text)
        if said not in seen:
            seen.add(said)
            return sentence
    return None


def _walk(language: Language, block: Block, split: Split, rng: Random) -> _Sentence | None:
    """Say one sentence of `block`; None when this walk cannot be read in one way only or belongs to another split."""
    pieces: list[Piece] = []
    _early(block.sentences, rng).walk(rng, pieces)
    slots = [piece for piece in pieces if isinstance(piece, Open)]
    if len(slots) > 1 and _touches(pieces):
        return None
    if pieces and rng.random() < _POLITE_SHARE:
        pieces = _polite(pieces, block.intent, language, rng)

    domain = block.domain or _intent_domain(block.intent)
    if block.name_domains and any(slot.list_name == "name" for slot in slots):
        domain = _early([known for known in block.name_domains if known in NAMED_DOMAINS] or block.name_domains, rng)
    is_spoken = rng.random() > _WRITTEN_SHARE
    unspoken = block.unspoken
    for said in [piece for piece in pieces if isinstance(piece, SlotText) and piece.label == _KIND_SAID]:
        domain, unspoken = str(said.value), {**unspoken, _KIND_SAID: str(said.value)}
    pieces = [piece.text if isinstance(piece, SlotText) and piece.label == _KIND_SAID else piece for piece in pieces]
    filled = [
        _fill(piece, block, domain, language.code, split, is_spoken, rng) if isinstance(piece, Open) else piece
        for piece in pieces
    ]
    text, spans = assemble(filled, is_spoken)
    if not text or _UNSAID.search(text):
        return None
    if not text.isascii() and any(
        not is_character_boundary(text, offset) for start, end, *_ in spans for offset in (start, end)
    ):
        return None  # an ending of the language's own that grows into an English name
    whole = _whole_words(text, spans)
    if whole is None:
        return None
    if not slots and split_of(_said(text)) != split:
        return None  # without names of its own a text belongs to one split as a whole
    return _Sentence(text if is_spoken else _punctuate(text, rng), whole, domain, unspoken)


def _whole_words(text: str, spans: Sequence[Placed]) -> tuple[Placed, ...] | None:
    """Widen spans to whole words, as nets label words: templates glue endings to names ("des kellers", "serretimer").

    None where two spans would have the same word.
    """
    words = split_words(text)
    whole = []
    for start, end, label, value in spans:
        own = [word for word in words if word.start < end and start < word.end]
        whole.append((own[0].start, own[-1].end, label, value))
    return tuple(whole) if all(one[1] <= other[0] for one, other in pairwise(whole)) else None


def _early(items: Sequence[_T], rng: Random) -> _T:
    """Choose an item, the first ones rather: authors of templates begin with the commonest."""
    return items[int(len(items) * rng.random() ** 1.5)]


def _intent_domain(intent: str) -> str:
    if "Timer" in intent:
        return "timer"
    return next((domain for beginning, domain in _DOMAINS.items() if intent.startswith(beginning)), "general")


def _touches(pieces: list[Piece]) -> bool:
    """True if nothing stands between two open slots: no reader can split "kitchen floor lamp" into area and device."""
    after_open = False
    for piece in pieces:
        if isinstance(piece, Open):
            if after_open:
                return True
            after_open = True
        elif not isinstance(piece, str) or piece.strip():
            after_open = False
    return False


def _polite(pieces: list[Piece], intent: str, language: Language, rng: Random) -> list[Piece]:
    """Put words around the sentence that the language skips; not next to a wildcard, which would swallow them."""
    first, last = pieces[0], pieces[-1]
    own = VOCABULARIES.get(language.code)
    before, after = (own.polite_starts, own.polite_ends) if own else (_POLITE_STARTS, _POLITE_ENDS)
    if not isinstance(first, Open) and rng.random() < 0.6:
        asks = ("Get" in intent or "Status" in intent) and not str(first).startswith("tell me")
        fitting = before[:1] if asks else before  # nobody says "could you is the tv on"
        starts = [words for words in fitting if words in language.skip_words]
        return [f"{rng.choice(starts)} ", *pieces] if starts else pieces
    ends = [words for words in after if words in language.skip_words]
    return [*pieces, f" {rng.choice(ends)}"] if ends and not isinstance(last, Open) else pieces


def _fill(slot: Open, block: Block, domain: str, language: str, split: Split, is_spoken: bool, rng: Random) -> SlotText:
    kind = slot.list_name
    if kind == "name":
        is_typical = domain in block.name_domains[:1]
        nicknamed = is_typical and domain in _NICKNAMED_DOMAINS and block.intent.startswith(_NICKNAMED)
        kind = (
            "nickname"
            if nicknamed and rng.random() < (_PET_SHARE if domain == "vacuum" else _NICKNAME_SHARE)
            else domain
        )
    name = pool(kind, split, language).draw(rng)
    return SlotText(name if is_spoken else proper(name), slot.label)


def assemble(pieces: list[str | SlotText], is_spoken: bool) -> tuple[str, tuple[Placed, ...]]:
    """Join the pieces with single spaces; return the text and the place of each span in it."""
    text = ""
    spans = []
    for piece in pieces:
        words = piece if isinstance(piece, str) else piece.text.strip()
        if is_spoken:
            words = words.lower()
        if text.endswith("' "):  # templates write "l' {area}", people "l'entrée"; hassil reads both
            text = text[:-1]
        if not text or text[-1] == " ":
            words = words.lstrip()
        if isinstance(piece, SlotText) and words:
            spans.append((len(text), len(text) + len(words), piece.label, piece.value))
        text += words
    return text.rstrip(), tuple(spans)


def _punctuate(text: str, rng: Random) -> str:
    """Write the sentence as recognisers with punctuation do; half of them without the full stop."""
    end = "" if rng.random() < 0.5 else "?" if _QUESTION.match(text) else "."
    return text[0].upper() + text[1:] + end if len(text[0].upper()) == 1 else text + end


def _said(text: str) -> str:
    """Fold away what cannot be heard, so that "Lights on." is "lights on"."""
    return normalise(text.rstrip(".?"))
