"""The sentence templates of one language, compiled to a small tree that is fast to walk at random.

`hassil` parses the templates once; its tree is then rewritten into the five nodes below with every expansion rule
resolved, so that a walk needs neither look-ups nor type tests. A walk appends *pieces*: plain text, a `SlotText` (text
that yields a slot's value) or an `Open` slot, which only a vocabulary can fill (names of a home, wildcards).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from math import sqrt
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from schemas.recipes.wordings import ADDED, ADDED_VALUES
from trunkline_edge.understanding.values.number import whole
from trunkline_edge.understanding.values.table import Plain

if TYPE_CHECKING:  # hassil is heavy and only wanted by those who compile a language
    from hassil.expression import Expression, ListReference, Sentence
    from hassil.intents import IntentData, Intents, RangeSlotList, SlotList

_FIRST_IS_COMMONEST = 1.5
"""Exponent that leans a choice to the early alternatives: authors of templates write the commonest wording first."""

_COMBINATION_FLOOR = 3.0  # a combination of slots counts as if it had at least nine templates

_CLOSED = frozenset({"name", "area", "floor", "state"})
"""Slots whose values are what a home has, or what the language lists."""
_MOST_NUMBERS = 100_000  # of one range; the longest of the package has 6,501

_KEEP_ORDER = 0.6  # share of permutations left in the order their author wrote


class SlotText(NamedTuple):
    """Text which yields the value of the slot `label`."""

    text: str
    label: str
    value: Plain | None = None
    """What the text means; None where it is a name or a text of its own."""


@dataclass(frozen=True, slots=True)
class Open:
    """A slot whose values are not part of the language: names of a home (`name`, `area`, `floor`) or a wildcard."""

    list_name: str
    label: str
    is_wildcard: bool

    def walk(self, rng: Random, out: list[Piece]) -> None:
        out.append(self)


Piece = str | SlotText | Open


class Node(Protocol):
    """Part of a template: `walk` appends the pieces of one random wording to `out`."""

    def walk(self, rng: Random, out: list[Piece]) -> None: ...


@dataclass(frozen=True, slots=True)
class Text:
    """Literal words, with the spaces the template has around them."""

    text: str

    def walk(self, rng: Random, out: list[Piece]) -> None:
        out.append(self.text)


@dataclass(frozen=True, slots=True)
class Series:
    """All items, in order; or in any order when they are permutable."""

    items: tuple[Node, ...]
    permutable: bool = False

    def walk(self, rng: Random, out: list[Piece]) -> None:
        items = self.items
        if self.permutable and rng.random() > _KEEP_ORDER:
            items = tuple(rng.sample(items, len(items)))
        for item in items:
            item.walk(rng, out)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the items; none at all in half of the walks when optional."""

    items: tuple[Node, ...]
    optional: bool = False

    def walk(self, rng: Random, out: list[Piece]) -> None:
        if not self.optional or rng.random() < 0.5:
            self.items[int(len(self.items) * rng.random() ** _FIRST_IS_COMMONEST)].walk(rng, out)


@dataclass(frozen=True, slots=True)
class Closed:
    """A slot with its values in the language itself (colours, states); a value may have several wordings."""

    label: str
    values: tuple[tuple[Node, Plain], ...]

    def walk(self, rng: Random, out: list[Piece]) -> None:
        words: list[Piece] = []
        said, value = rng.choice(self.values)
        said.walk(rng, words)
        # a value says nothing but words; a slot inside a value is not in any language of the package
        text = "".join(word for word in words if isinstance(word, str))
        out.append(SlotText(" ".join(text.split()), self.label, value))


@dataclass(frozen=True, slots=True)
class Number:
    """A slot with a range of numbers, said as digits or as words.

    `usual` are the numbers people mostly say (round ones, room temperatures); they make up two thirds of the walks.
    """

    label: str
    usual: tuple[float, ...]
    every: tuple[float, ...]
    digits: bool
    words: Callable[[float], tuple[str, ...]] | None
    times: float = 1
    """Factor from the number said to the value: -1 where a volume goes down."""

    def walk(self, rng: Random, out: list[Piece]) -> None:
        number = rng.choice(self.usual if rng.random() < 0.67 else self.every)
        spellings = self.words(number) if self.words is not None and (not self.digits or rng.random() < 0.5) else ()
        text = rng.choice(spellings) if spellings else f"{number:g}"
        out.append(SlotText(text, self.label, whole(number * self.times)))


@dataclass(frozen=True, slots=True)
class Block:
    """Templates of one intent which share their fixed slots and their demands on the home."""

    intent: str
    sentences: tuple[Node, ...]
    domain: str | None
    """Domain fixed by the templates themselves, when they have one."""
    name_domains: tuple[str, ...]
    """Domains that the device called `name` may have; the most typical first."""
    unspoken: Mapping[str, str]
    """Slots that no words of these templates say."""
    weight: float
    """Share of the intent's sentences that should come from here, in no particular unit."""


@dataclass(frozen=True, slots=True)
class Language:
    """All that a walk needs of one language."""

    code: str
    blocks: Mapping[str, tuple[Block, ...]]
    """Blocks by intent, intents in alphabetical order."""
    skip_words: tuple[str, ...]
    """Words that may stand around a sentence without changing its meaning."""


def load_intents(language: str) -> dict[str, Any]:
    """Read the sentence templates of `language` from the package `home-assistant-intents`, with our `wordings` added.

    The result is what `hassil.Intents.from_dict` takes.

    Raises:
        ValueError: the package has no such language; the message names the nearest ones.
    """
    from home_assistant_intents import get_intents, get_languages

    known = sorted(get_languages())
    data = get_intents(language) if language in known else None
    if data is None:
        by_fold = {code.casefold(): code for code in known}
        near = [
            by_fold[code] for code in get_close_matches(language.casefold().replace("_", "-"), by_fold, n=3, cutoff=0.5)
        ]
        hint = f"did you mean {', '.join(near)}?" if near else f"known are {', '.join(known)}"
        raise ValueError(f"`language` {language!r} is not in home-assistant-intents: {hint}")
    for intent, blocks in ADDED.get(language, {}).items():
        data["intents"][intent]["data"].extend(blocks)
    for name, values in ADDED_VALUES.get(language, {}).items():
        data["lists"].setdefault(name, {"values": []})["values"].extend(values)
    return data


@lru_cache(maxsize=4)
def compile_language(language: str) -> Language:
    """Parse and compile the templates of `language` (about half a second for English, kept for the next call).

    Blocks that only repeat another block for a narrower choice of devices are left out: "turn off the {name} lamp"
    beside "turn off the {name}" would label the same words in two ways ("bedside" and "bedside lamp").

    Raises:
        ValueError: see `load_intents`.
    """
    from hassil.intents import Intents

    intents = Intents.from_dict(load_intents(language))
    blocks: dict[str, tuple[Block, ...]] = {}
    for intent in sorted(intents.intents):
        data = intents.intents[intent].data
        kept = [block for block in data if block.sentence_texts and not _is_narrow_twin(block, data)]
        if kept:
            blocks[intent] = tuple(_compile_block(intent, block, _weight(block, kept), intents) for block in kept)
    return Language(language, blocks, tuple(intents.skip_words))


def _weight(block: IntentData, blocks: list[IntentData]) -> float:
    """Weigh a combination of slots by the square root of its templates, then divide that among its blocks.

    Home Assistant writes out "are all lights on" for each domain, place and question word, so that a plain count
    would leave next to nothing for "how is the boiler".
    """
    alike = sum(len(other.sentence_texts) for other in blocks if other.metadata == block.metadata)
    return max(_COMBINATION_FLOOR, sqrt(alike)) * len(block.sentence_texts) / alike


def _compile_block(intent: str, block: IntentData, weight: float, intents: Intents) -> Block:
    compiler = TemplateCompiler(
        rules={**intents.expansion_rules, **block.expansion_rules},
        lists={**intents.slot_lists, **block.slot_lists},
        language=intents.language,
    )
    domain = block.slots.get("domain")
    return Block(
        intent=intent,
        sentences=tuple(compiler.node(sentence.expression) for sentence in block.sentences),
        domain=domain if isinstance(domain, str) else None,
        name_domains=_required_domains(block),
        unspoken={slot: str(value) for slot, value in sorted(block.slots.items())},
        weight=weight,
    )


def _required_domains(block: IntentData) -> tuple[str, ...]:
    required = block.requires_context.get("domain", ())
    if isinstance(required, Mapping):
        required = required.get("value") or ()
    return (required,) if isinstance(required, str) else tuple(required)


def _is_narrow_twin(block: IntentData, blocks: list[IntentData]) -> bool:
    mine = set(_required_domains(block))
    return bool(mine) and any(
        mine < set(_required_domains(other)) and other.metadata == block.metadata for other in blocks
    )


class TemplateCompiler:
    """Rewrites hassil's tree, with the rules and lists that hold in one block."""

    def __init__(self, rules: Mapping[str, Sentence], lists: Mapping[str, SlotList], language: str) -> None:
        self._rules = rules
        self._lists = lists
        self._language = language
        self._rule_nodes: dict[str, Node] = {}

    @staticmethod
    def of(data: Mapping[str, Any]) -> TemplateCompiler:
        """Return a compiler with the rules and lists of `data`, which is what `hassil.Intents.from_dict` takes.

        Raises:
            ValueError: they are not as hassil writes them.
        """
        from hassil.intents import Intents
        from hassil.parser import ParseError

        try:
            intents = Intents.from_dict(dict(data))
            return TemplateCompiler(intents.expansion_rules, intents.slot_lists, intents.language)
        except (ParseError, KeyError, TypeError, AttributeError, AssertionError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from None

    def template(self, sentence: str, block: Mapping[str, Any]) -> Node:
        """Compile a sentence of a block, whose own `lists` and `expansion_rules` come before those of all.

        Raises:
            ValueError: it is no template, or a rule is missing or expands to itself.
        """
        from hassil.parse_expression import parse_sentence
        from hassil.parser import ParseError

        compiler = self
        own = {key: block[key] for key in ("lists", "expansion_rules") if block.get(key)}
        if own:
            mine = TemplateCompiler.of({"language": self._language, "intents": {}, **own})
            rules, lists = {**self._rules, **mine._rules}, {**self._lists, **mine._lists}
            compiler = TemplateCompiler(rules, lists, self._language)
        try:
            return compiler.node(parse_sentence(sentence).expression)
        except KeyError as error:
            raise ValueError(f"no expansion rule is called {error}") from None
        except RecursionError:
            raise ValueError("an expansion rule expands to itself") from None
        except (ParseError, TypeError, AttributeError, AssertionError) as error:
            raise ValueError(str(error) or type(error).__name__) from None

    def node(self, expression: Expression) -> Node:
        from hassil import expression as hx

        if isinstance(expression, hx.TextChunk):
            return Text(expression.text)
        if isinstance(expression, hx.ListReference):
            return self._slot(expression)
        if isinstance(expression, hx.RuleReference):
            if expression.rule_name not in self._rule_nodes:
                self._rule_nodes[expression.rule_name] = self.node(self._rules[expression.rule_name].expression)
            return self._rule_nodes[expression.rule_name]
        assert isinstance(expression, hx.Group), f"unknown template part {expression!r}"
        if isinstance(expression, hx.Alternative):
            # hassil writes "[a|b]" as the alternatives a, b and an empty text at the end
            items = expression.items[:-1] if expression.is_optional else expression.items
            return Choice(tuple(map(self.node, items)), expression.is_optional)
        items_made = tuple(map(self.node, expression.items))
        if len(items_made) == 1:
            return items_made[0]
        return Series(items_made, permutable=isinstance(expression, hx.Permutation))

    def _slot(self, reference: ListReference) -> Node:
        from hassil import intents as hi

        slots = self._lists.get(reference.list_name)
        inline_range = reference.get_inline_range()
        if slots is None and inline_range is not None:
            slots = hi.RangeSlotList(reference.list_name, *inline_range)
        if isinstance(slots, hi.TextSlotList):
            # French blinds are "blind or shade": of several values the first
            values = tuple(
                (self.node(value.text_in), value.value_out[0] if isinstance(value.value_out, list) else value.value_out)
                for value in slots.values
            )
            if not values:
                raise ValueError(f"the list `{reference.list_name}` has no value")
            return Closed(reference.slot_name, values)
        if isinstance(slots, hi.RangeSlotList):
            # `volume_step_down` fills `volume_step`, but is a label of its own: in "20" nothing says up or down.
            has_role = reference.list_name.startswith(f"{reference.slot_name}_")
            label = reference.list_name if has_role else reference.slot_name
            return _number(label, slots, self._language)
        # A timer's name fills `name`, but no home knows it: a wildcard that fills the slot of a list is its own label.
        is_free = slots is not None and reference.slot_name in _CLOSED
        label = reference.list_name if is_free else reference.slot_name
        return Open(reference.list_name, label, is_wildcard=slots is not None)


def _number(label: str, numbers: RangeSlotList, language: str) -> Number:
    if (numbers.stop - numbers.start) / numbers.step > _MOST_NUMBERS:
        raise ValueError(f"the range {numbers.start} to {numbers.stop} has more than {_MOST_NUMBERS:,} numbers")
    every = tuple(numbers.get_numbers())
    if numbers.type == "temperature":
        usual = tuple(n for n in every if 16 <= n <= 26 or (60 <= n <= 78 and n == int(n)))
    else:
        step = 5 if every[-1] <= 100 else 500
        usual = tuple(n for n in every if n % step == 0 or n in (1, 2, 3))
    words_language = numbers.words_language or language
    words = (lambda number: _spellings(words_language, number)) if numbers.words else None
    return Number(label, usual or every, every, numbers.digits, words, numbers.multiplier or 1)


@lru_cache(maxsize=16_384)
def _spellings(language: str, number: float) -> tuple[str, ...]:
    """Wordings of `number` that hassil accepts, sorted; none when the language has no number words."""
    from hassil.numbers import get_rbnf_engine

    try:
        wordings = set(get_rbnf_engine(language).format_number(number).text_by_ruleset.values())
    except ValueError:
        return ()
    # speech-to-text writes "twenty-one" and "twenty one"; hassil reads both
    return tuple(sorted(wordings | {wording.replace("-", " ") for wording in wordings}))
