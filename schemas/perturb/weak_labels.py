"""Weak labels: a rule reads them off the text, so they cost nothing (Abu-Mostafa 1990; Caruana 1997 section 4).

An auxiliary head that learns one pushes the trunk to see what main heads need and few labels teach: that there is a
number, a time, a name. The rules know English as speech recognition writes it: lower case, no punctuation. They need
not be right always; a rule that errs now and then still teaches.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from trunkline_edge.understanding.text import normalise, split_words

WeakLabel = Literal["has_number", "has_time", "has_name", "length_bucket", "is_question"]

YES_NO = ("no", "yes")
BUCKETS = (3, 6, 10, 15)
"""Most words of each length bucket but the last, which has no end."""
WEAK_LABELS: Mapping[WeakLabel, tuple[str, ...]] = MappingProxyType(
    {
        "has_number": YES_NO,
        "has_time": YES_NO,
        "has_name": YES_NO,
        "length_bucket": (*(f"to_{most}" for most in BUCKETS), "longer"),
        "is_question": YES_NO,
    }
)
"""WeakLabel -> its labels."""
WORD_LABELS: Mapping[WeakLabel, tuple[str, ...]] = MappingProxyType(
    {"has_number": ("number",), "has_time": ("time",), "has_name": ("name",)}
)
"""Rules that also tell which words they mean -> the labels of these."""


def weak_label(rule: WeakLabel, text: str) -> str:
    """Return the label that the rule gives a text."""
    match rule:
        case "has_number":
            return YES_NO[has_number(text)]
        case "has_time":
            return YES_NO[has_time(text)]
        case "has_name":
            return YES_NO[has_name(text)]
        case "is_question":
            return YES_NO[is_question(text)]
        case "length_bucket":
            words = len(split_words(text))
            return next((f"to_{most}" for most in BUCKETS if words <= most), "longer")


def weak_spans(rule: WeakLabel, text: str) -> list[dict[str, int | str]]:
    """Return the spans, as rows have them, of the words for which the rule says yes; none where it says no.

    Raises `KeyError` for a rule that is not among `WORD_LABELS`.
    """
    (label,) = WORD_LABELS[rule]
    words = split_words(text)
    plain = _plain(text)
    # Where each word lies in the normal form, which may be longer or shorter than the text.
    places, end = [], 0
    for word in words:
        start = max(plain.find(_plain(word.form), end), end)
        end = start + len(word.form)
        places.append((start, end))
    if rule == "has_name":
        found = [match.span("word") for match in _NAME_CUE.finditer(plain) if not _NO_NAMES.fullmatch(match["word"])]
        capital = [match.span() for match in _capitalised(text)]
    else:
        found = [match.span() for match in (_NUMBER if rule == "has_number" else _TIME).finditer(plain)]
        capital = []
    meant = [
        any(start < b and a < end for start, end in found) or any(s < word.end and word.start < e for s, e in capital)
        for word, (a, b) in zip(words, places, strict=True)
    ]
    spans: list[dict[str, int | str]] = []
    for word, is_meant, was_meant in zip(words, meant, [False, *meant], strict=False):
        if is_meant and was_meant:
            spans[-1]["end"] = word.end
        elif is_meant:
            spans.append({"start": word.start, "end": word.end, "label": label})
    return spans


def has_number(text: str) -> bool:
    """Say whether there is a digit or a number word.

    "one" counts, but not right after "this", "the" and their like, where it stands for a thing. "second" does not, as
    it is mostly a unit of time; the other ordinals to the twelfth do.
    """
    return _NUMBER.search(_plain(text)) is not None


def has_time(text: str) -> bool:
    """Say whether there is a date, a time of day or a length of time.

    "may" and "march" are words of their own too: they count beside a number or after a preposition of time.
    """
    return _TIME.search(_plain(text)) is not None


def has_name(text: str) -> bool:
    """Say whether somebody or something is called by name.

    Where the text has capital and small letters, a capitalised word inside a sentence is a name, unless it belongs to
    the calendar or is "I". In lower case cues alone tell: what follows a title ("dr ross"), "called", "named", "name
    is", "by", or a verb of calling and writing ("call mom"), unless it is a pronoun, an article, a time or the like. So
    a name without a cue ("flights to boston") is missed: the head learns the cues.
    """
    if _capitalised(text):
        return True
    return any(not _NO_NAMES.fullmatch(match["word"]) for match in _NAME_CUE.finditer(_plain(text)))


def is_question(text: str) -> bool:
    """Say whether the text has the form of a question, also where it means a request ("can you turn it off").

    It ends with a question mark; or starts, after words of address, with a question word; or with a verb before its
    subject.
    """
    return _QUESTION.search(_plain(text)) is not None


def _capitalised(text: str) -> list[re.Match[str]]:
    """Return the words inside of a sentence that begin as names do, where the text has letters of both sizes."""
    if not (any(map(str.isupper, text)) and any(map(str.islower, text))):
        return []
    inner = (match for match in _INNER_WORD.finditer(text) if match[0][0].isupper())
    return [match for match in inner if not _NEVER_NAMES.fullmatch(match[0].lower())]


def _plain(text: str) -> str:
    return normalise(text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def _words(text: str) -> str:
    """Return a pattern of any of these words."""
    return "(?:" + "|".join(text.split()) + ")"


_ORDINALS = _words("first third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth")
_CARDINALS = _words(
    "zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundreds? thousands? millions? dozens? "
    "half"
)
_ONE = r"(?<!this )(?<!that )(?<!the )(?<!which )(?<!another )(?<!no )(?<!any )(?<!every )(?<!each )one"
_NUMBER = re.compile(rf"\d|\b(?:{_CARDINALS}|{_ORDINALS}|{_ONE})\b")

_DAYS = _words("monday tuesday wednesday thursday friday saturday sunday")
_MONTHS = _words("january february april june july august september october november december")
_WORDY_MONTHS = _words("may march")
_UNITS = _words("seconds? minutes? hours? days? weeks? weekends? months? years? decades? century")
_PARTS = _words(
    "today tomorrow tonight yesterday morning mornings afternoon afternoons evening evenings night nights noon midday "
    "midnight dawn dusk sunrise sunset lunchtime overnight"
)
_COUNT = rf"(?:\d+(?:st|nd|rd|th)?|{_CARDINALS}|{_ORDINALS}|one|second)"
_TIME = re.compile(
    rf"\b(?:{_DAYS}s?|{_MONTHS}|{_PARTS}|{_UNITS})\b"
    rf"|\b(?:in|on|since|until|till|by|of|this|next|last) {_WORDY_MONTHS}\b"
    rf"|\b{_WORDY_MONTHS} (?:the )?{_COUNT}\b|\b{_COUNT} (?:of )?{_WORDY_MONTHS}\b"
    rf"|\bo ?'? ?clock\b"
    rf"|\b(?:\d+|{_CARDINALS}|one) ?(?:[ap]m|[ap]\.? ?m\b)"
    rf"|\b\d\d?:\d\d\b|\b(?:quarter|half) (?:past|to)\b"
)

_NEVER_NAMES = re.compile(
    _words(
        "i monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
        "september october november december"
    )
)
_INNER_WORD = re.compile(r"(?<=[\w,;] )[^\W\d_]+")
_NAME_CUE = re.compile(
    r"\b(?:mr|mrs|ms|miss|mister|dr|doctor|professor|uncle|aunt|auntie|saint|called|named|name is|call|text|phone|email"
    r"|e-mail|message|by)\.? (?:the )?(?P<word>\w+)"
)
_NO_NAMES = re.compile(
    _words(
        "a an the this that these those my your his her its our their me you him it us them i he she we they who what "
        "when where which how and or but if not no for from to at on in of off out up with by about is are was be been "
        "today tomorrow tonight noon midnight morning evening monday tuesday wednesday thursday friday saturday sunday "
        "next last one two three four five six seven eight nine ten all every some any back now again later please "
        "everyone everybody someone anyone message messages text texts email emails call calls number phone"
    )
)

_ADDRESS = _words("hey hi hello ok okay so and well um uh please then but excuse me computer")
_ASKS = _words("who whom whose what when where why which how whats whos wheres hows whens")
_PRONOUN = _words("i you he she it we they there this that these those any anyone anybody anything someone everyone")
_SUBJECT = rf"(?:{_PRONOUN}|the|my|your|his|her|our|their|a|an|all)"
_QUESTION = re.compile(
    rf"\?$|^(?:{_ADDRESS} )*(?:{_ASKS}\b"
    rf"|(?:is|are|was|were|am|does|did|isn'?t|aren'?t|wasn'?t|doesn'?t|didn'?t) \w"
    rf"|(?:can|could|will|would|should|shall|may|might|has|had|can'?t|couldn'?t|won'?t) {_SUBJECT}\b"
    rf"|(?:do|have|don'?t|haven'?t) {_PRONOUN}\b)"
)
