"""Perturbed copies of utterances: as they are typed, misheard, padded and joined in real homes.

Everything is a pure function of text, spans and the random generator. Each vocabulary has two parts that never meet, so
that what is measured was never trained on: wordings by table, and single edits (a typo, a confusion, a split) by the
hash of what they change into what.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from types import MappingProxyType
from typing import Literal, get_args
from zlib import crc32

from schemas.perturb.edits import Edit, Perturbed, Span, apply_edits, keeps_spans
from schemas.perturb.numbers import LONGEST, number_words, numbers_by_words, spell
from schemas.perturb.sounds import confusions_of
from schemas.perturb.speech import SPEECH
from schemas.perturb.wordings import Part
from trunkline_edge.understanding.text import Word, split_words
from trunkline_edge.understanding.values.numerals import NUMERALS

Kind = Literal["typo", "mishearing", "substitution", "function_word", "boundary", "number", "filler", "casing"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ENGLISH_KINDS = frozenset({"mishearing", "substitution", "number"})
"""Kinds that know how English sounds and counts."""
SPOKEN_KINDS = frozenset({"function_word", "filler"})
"""Kinds for languages of `SPEECH`; the others are for any language in Latin letters."""

_TRIES = 24
"""Draws before a text counts as one that the kind cannot change; half of the draws fall into the other part."""
_GERUND = 0.2  # of what is said before a verb that has one
_COMMA = 0.25
_MIN_TYPO, _MIN_SPLIT = 3, 5  # letters
_MARKS = frozenset(".,?!;'")
_WHOLE_NUMBER = re.compile(r"0|[1-9][0-9]{0,3}")
_KEYBOARD = (
    "q:wa w:qes e:wrd r:etf t:ryg y:tuh u:yij i:uok o:ipl p:ol a:qsz s:adw d:sfe f:dgr g:fht h:gjy j:hku k:jli l:kop "
    "z:xa x:zcs c:xvd v:cbf b:vng n:bmh m:nj"
)
_NEIGHBOURS: Mapping[str, str] = MappingProxyType(dict(pair.split(":") for pair in _KEYBOARD.split()))
"""Key -> the keys beside it on a QWERTY keyboard."""

Draw = tuple[str | None, list[Edit]] | None
"""What a change is called when it is told to which part it belongs (None: its table is parted already), and its edits;
or None, where the draw was in vain."""


def part_of(change: str) -> Part:
    """Return the one part that may make this change, e.g. "lamp>lmap"."""
    return "held_out" if crc32(change.encode()) % 2 else "train"


def kinds_of(lang: str) -> tuple[Kind, ...]:
    """Return the kinds that fit a language (BCP 47)."""
    code = lang.split("-")[0]
    unfit = (ENGLISH_KINDS if code != "en" else frozenset()) | (SPOKEN_KINDS if code not in SPEECH else frozenset())
    return tuple(kind for kind in KINDS if kind not in unfit)


class Perturber:
    """Makes copies with one part of each vocabulary of a language; of the kinds, those of `kinds_of` fit it."""

    def __init__(self, part: Part, words: Iterable[str], lang: str = "en") -> None:
        """`words` are those that a recogniser knows: confusions are among them."""
        self.part = part
        code = lang.split("-")[0]
        # A language without tables has marks at least, which all have in common.
        self.speech = SPEECH.get(code, SPEECH["en"])
        self.wordings = self.speech.part(part)
        self.numbers = NUMERALS[code].table if code in NUMERALS else number_words()
        self.confusions = confusions_of(words) if code == "en" else {}
        self.confusable = sorted(self.confusions)
        self._draws: Mapping[Kind, Callable[[str, Sequence[Word], Sequence[Span], Random], Draw]] = {
            "typo": _typo,
            "mishearing": self._mishearing,
            "substitution": self._substitution,
            "function_word": self._function_word,
            "boundary": _boundary,
            "number": _number,
            "filler": self._filler,
            "casing": self._casing,
        }

    def perturb(self, kind: Kind, text: str, spans: Sequence[Span], rng: Random) -> Perturbed | None:
        """Change a text in one place (kind casing: as a whole); None when no place was found."""
        words = split_words(text)
        for _ in range(_TRIES if words else 0):
            draw = self._draws[kind](text, words, spans, rng)
            if draw is None:
                continue
            change, edits = draw
            is_mine = change is None or part_of(change) == self.part
            if is_mine and edits and all(keeps_spans(edit, spans) for edit in edits):
                return apply_edits(text, spans, edits, kind)
        return None

    def join(self, first: tuple[str, Sequence[Span]], second: tuple[str, Sequence[Span]], rng: Random) -> Perturbed:
        """Say two utterances as one."""
        between = f" {rng.choice(self.wordings.conjunctions)} "
        end = max([len(first[0].rstrip(" .?!")), *(span.end for span in first[1])])
        shift = end + len(between)
        moved = [Span(start + shift, end + shift, label) for start, end, label in second[1]]
        return Perturbed(first[0][:end] + between + second[0], (*first[1], *moved), "joined")

    def _mishearing(self, text: str, words: Sequence[Word], spans: Sequence[Span], rng: Random) -> Draw:
        word = rng.choice(words)
        if word.form not in self.confusions:
            return None
        heard = rng.choice(self.confusions[word.form])
        return f"{word.form}>{heard}", [Edit(word.start, word.end, heard)]

    def _substitution(self, text: str, words: Sequence[Word], spans: Sequence[Span], rng: Random) -> Draw:
        """Mishear a word as one that no rule of sounds foresees; names, which resemble nothing, stay out of it."""
        word = rng.choice(words)
        if word.form not in self.confusions:
            return None
        heard = rng.choice(self.confusable)
        return (f"{word.form}>{heard}", [Edit(word.start, word.end, heard)]) if heard != word.form else None

    def _filler(self, text: str, words: Sequence[Word], spans: Sequence[Span], rng: Random) -> Draw:
        place = rng.choice(("start", "between", "end", "around"))
        if place == "start":
            return None, [self._begun(words, rng)]
        if place == "end":
            return None, [self._closed(words, rng)]
        if place == "around":
            return None, [self._begun(words, rng), self._closed(words, rng)]
        gap = _gap(text, words, rng)
        if gap is None or any(span.start < gap[1].start and gap[0].end < span.end for span in spans):
            return None  # nobody says a filler inside of a name, and no label would be right there
        return None, [Edit(gap[0].end, gap[0].end, f" {rng.choice(self.wordings.fillers)}")]

    def _begun(self, words: Sequence[Word], rng: Random) -> Edit:
        """Say something before it."""
        is_command = words[0].form not in self.speech.question_words
        if words[0].form in self.speech.gerunds and rng.random() < _GERUND:
            verb = f"{rng.choice(self.wordings.gerund_asks)} {self.speech.gerunds[words[0].form]}"
            return Edit(words[0].start, words[0].end, verb)
        openers, asks = self.wordings.openers, self.wordings.asks if is_command else ()
        said = rng.choice((*openers, *asks))
        comma = "," if said in openers and rng.random() < _COMMA else ""
        return Edit(words[0].start, words[0].start, f"{said}{comma} ")

    def _closed(self, words: Sequence[Word], rng: Random) -> Edit:
        """Say something after it."""
        last = next((word for word in reversed(words) if word.form.isalnum()), words[-1])
        comma = "," if rng.random() < _COMMA else ""
        return Edit(last.end, last.end, f"{comma} {rng.choice(self.wordings.closers)}")

    def _function_word(self, text: str, words: Sequence[Word], spans: Sequence[Span], rng: Random) -> Draw:
        """Swallow a small word, or say it twice."""
        i = rng.randrange(len(words))
        word = words[i]
        if word.form not in self.speech.function_words or len(words) < 3:
            return None
        is_last = i + 1 == len(words)
        change = f"{word.form} {words[i - 1 if is_last else i + 1].form}>"
        if rng.random() < 0.5:
            return f"{change}{word.form}", [Edit(word.end, word.end, f" {text[word.start : word.end]}")]
        if self._decides(i, words):
            return None
        start, end = (words[i - 1].end, word.end) if is_last else (word.start, words[i + 1].start)
        return change, [Edit(start, end, "")]

    def _decides(self, i: int, words: Sequence[Word]) -> bool:
        """Say whether a small word tells one meaning from another: without it the row's labels would be wrong.

        "Is the fan on" would be the command "the fan on".
        """
        if i == 0:
            return words[0].form in self.speech.question_words
        after = words[i + 1].form if i + 1 < len(words) else ""
        return words[i].form in self.speech.before_numbers and (after[:1].isdigit() or after in self.numbers)

    def _casing(self, text: str, words: Sequence[Word], spans: Sequence[Span], rng: Random) -> Draw:
        """Write as recognisers with and without punctuation do, or as somebody in a hurry."""
        style = rng.choice(("mark", "bare", "upper", "title", "sentence"))
        if style == "mark":
            end = words[-1].end
            return (None, [Edit(end, end, rng.choice(self.wordings.marks))]) if words[-1].form.isalnum() else None
        if style == "bare":
            marks = [word for word in words if word.form in _MARKS and not text[word.end : word.end + 1].isdigit()]
            return None, [Edit(mark.start, mark.end, "") for mark in marks]
        if style == "upper":
            places = [i for i, letter in enumerate(text) if letter.islower()]
        else:
            places = [word.start for word in words[: 1 if style == "sentence" else None]]
        # Some letters become two in upper case; they stay as they are.
        changed = [(i, text[i].upper()) for i in places if len(text[i].upper()) == 1 and text[i] != text[i].upper()]
        return None, [Edit(i, i + 1, letter) for i, letter in changed]


def _typo(text: str, words: Sequence[Word], spans: Sequence[Span], rng: Random) -> Draw:
    """One slip of a finger: the key beside, a pair swapped, a letter lost or doubled."""
    word = rng.choice(words)
    typed = text[word.start : word.end]
    if len(typed) < _MIN_TYPO or not typed.isalpha():
        return None
    i = rng.randrange(len(typed))
    slip = rng.choice(("beside", "swapped", "lost", "doubled"))
    if slip == "beside":
        wrong = typed[:i] + rng.choice(_NEIGHBOURS.get(typed[i].lower(), typed[i])) + typed[i + 1 :]
    elif slip == "swapped":
        wrong = typed[:i] + typed[i : i + 2][::-1] + typed[i + 2 :]
    elif slip == "lost":
        wrong = typed[:i] + typed[i + 1 :]
    else:
        wrong = typed[: i + 1] + typed[i:]
    return (f"{typed}>{wrong}", [Edit(word.start, word.end, wrong)]) if wrong != typed else None


def _boundary(text: str, words: Sequence[Word], spans: Sequence[Span], rng: Random) -> Draw:
    """Write two words as one, or one as two."""
    if rng.random() < 0.5:
        gap = _gap(text, words, rng)
        if gap is None:
            return None
        left, right = gap
        if any(left.end in span[:2] or right.start in span[:2] for span in spans):
            return None  # a label that begins or ends inside of a word could not be answered
        return f"{left.form} {right.form}>", [Edit(left.end, right.start, "")]
    word = rng.choice(words)
    if len(word.form) < _MIN_SPLIT or not text[word.start : word.end].isalpha():
        return None
    i = rng.randrange(2, word.end - word.start - 1)
    return f"{word.form}>{i}", [Edit(word.start + i, word.start + i, " ")]


def _number(text: str, words: Sequence[Word], spans: Sequence[Span], rng: Random) -> Draw:
    """Digits for words or words for digits."""
    first = rng.randrange(len(words))
    word = words[first]
    if first > 0 and words[first - 1].form in number_words():
        return None  # in the middle of a number
    for last in range(min(first + LONGEST, len(words)) - 1, first - 1, -1):
        digits = numbers_by_words().get(" ".join(each.form for each in words[first : last + 1]))
        if digits:
            return digits, [Edit(word.start, words[last].end, digits)]
    if not _WHOLE_NUMBER.fullmatch(word.form) or text[word.start - 1 : word.start].strip():
        return None
    after = text[word.end : word.end + 2]
    if after[:1] == "%":
        return word.form, [Edit(word.start, word.end, spell(int(word.form))), Edit(word.end, word.end + 1, " percent")]
    if after[:1] not in ("", " ", ".", ",", "?") or after[1:].isdigit():
        return None
    return word.form, [Edit(word.start, word.end, spell(int(word.form)))]


def _gap(text: str, words: Sequence[Word], rng: Random) -> tuple[Word, Word] | None:
    """Draw two neighbours; None unless they are words of letters with one space between."""
    if len(words) < 2:
        return None
    i = rng.randrange(len(words) - 1)
    left, right = words[i], words[i + 1]
    is_gap = text[left.end : right.start] == " " and left.form.isalpha() and right.form.isalpha()
    return (left, right) if is_gap else None
