"""Why a bundle answers an utterance as it does: whose it was, what heads were torn between, which names were known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from trunkline_edge.bundle.manifest import PIECES, HeadEntry
from trunkline_edge.understanding.decode import best_tags, tag_name, tag_p
from trunkline_edge.understanding.featurizer import UNKNOWN_ID, Encoding, Featurizer
from trunkline_edge.understanding.result import Ranked, Result
from trunkline_edge.understanding.routing import Claim
from trunkline_edge.understanding.session import INTENT_HEAD, Heard, Runtime

TORN = 0.1
"""Of a word's tag: how likely another one must be to be told of."""


@dataclass(frozen=True)
class WordTags:
    """What a tag head makes of one word."""

    start: int
    end: int
    tag: str
    """"O", "B-area", "I-area": the one that was taken."""
    p: float
    """Among all legal sequences of tags."""
    other: str
    """The likeliest of all others."""
    other_p: float


@dataclass(frozen=True)
class KnownName:
    """A name of this device that stands in the words; the net was told of it."""

    start: int
    end: int
    list: str
    id: str
    name: str
    """The thing's first name."""
    slips: int
    """Words that are not written as in the name."""


@dataclass(frozen=True)
class StrangeWord:
    """A word that the net does not know."""

    start: int
    end: int
    read_as: str | None
    """The known word that is one slip away; None: it is read by its letters."""


@dataclass(frozen=True)
class Explanation:
    """An answer with what led to it. The utterance is read as one command; parts of several are read alone."""

    result: Result
    """With the ranking of each class head. Of an utterance of several commands, the answer to all of them."""
    sure: float | None
    """What the threshold judges: the intent's probability, or all claims of the answer; None without a word."""
    threshold: float | None
    """An answer less sure than this is turned down; None without an intent head."""
    tags: Mapping[str, tuple[WordTags, ...]]
    """Tag head -> each word that was read."""
    names: tuple[KnownName, ...]
    strange: tuple[StrangeWord, ...]
    """Empty where words are put together from pieces: then none is strange."""
    commands: tuple[Explanation, ...] = ()
    """Of several commands each one, with places in its own words."""
    claims: tuple[Claim, ...] = ()
    """Of every skill beside the bundle, whether it takes the utterance for its own or not; the most certain first."""

    @property
    def intents(self) -> tuple[Ranked, ...]:
        """The likeliest intent and the one after it, of the utterance as one command."""
        return self.result.ranking.get(INTENT_HEAD, ())[:2]

    def to_json(self) -> dict[str, Any]:
        """Plain values; the ranking is cut to two labels a head."""
        answer = self.result.to_json(timing=True)
        ranking = {head: ranked[:2] for head, ranked in answer.pop("ranking", {}).items()}
        return {
            "answer": answer,
            "best_two": ranking,
            "sure": None if self.sure is None else round(self.sure, 4),
            "threshold": self.threshold,
            "tags": {head: [asdict(word) for word in words] for head, words in self.tags.items()},
            "names": [asdict(name) for name in self.names],
            "strange": [asdict(word) for word in self.strange],
            **({"commands": [each.to_json() for each in self.commands]} if self.commands else {}),
            **({"skills": [_claim(each) for each in self.claims]} if self.claims else {}),
        }


def explain(runtime: Runtime, text: str) -> Explanation:
    """Answer an utterance and say why; raises as `Runtime.parse` does."""
    result = runtime.parse(text, ranking=True)
    heard = runtime.hear(text)
    skills = runtime.claims(heard)
    claims = tuple(sorted((made.claim for made in skills.values()), key=lambda claim: -claim.evidence))
    if result.skill is not None:
        made = skills[result.skill]
        return replace(_explained(made.skill.runtime, made.read(), result), claims=claims)
    parted = runtime.commands(runtime.answer(heard)) if len(result.intents) > 1 else []
    alone = (runtime.hear(command.part.text) for command in parted)
    return replace(
        _explained(runtime, heard, result),
        commands=tuple(_explained(runtime, each, runtime.answer(each, ranking=True)) for each in alone),
        claims=claims,
    )


def answering(runtime: Runtime, result: Result) -> Runtime:
    """Return whose heads gave an answer: a skill's, or the bundle's own."""
    return next((skill.runtime for skill in runtime.skills if skill.name == result.skill), runtime)


def _claim(claim: Claim) -> dict[str, Any]:
    return {"skill": claim.skill, "p": round(claim.p, 4), "threshold": claim.threshold}


def _explained(runtime: Runtime, heard: Heard, result: Result) -> Explanation:
    """Say why an utterance is answered as it is, as one command."""
    heads, encoding, tensors = runtime.manifest.heads, heard.encoding, heard.tensors
    logits = runtime.logits(tensors)[1] if tensors else {}
    tagged = [head for head in heads if head.kind == "tag" and logits]
    words = encoding.words
    # One name may be found twice, as "living room" and as "livingroom".
    matches = dict.fromkeys(heard.matches)
    return Explanation(
        result=result,
        sure=runtime.sure(heard) if tensors else None,
        threshold=next((head.threshold for head in heads if head.name == INTENT_HEAD and head.kind == "class"), None),
        tags={head.name: _tags(head, logits[head.name], encoding) for head in tagged},
        names=tuple(
            KnownName(
                words[match.first].start,
                words[match.last].end,
                match.list_name,
                match.entry.id,
                match.entry.names[0],
                match.slips,
            )
            for match in matches
        ),
        strange=_strange(runtime.featurizer, encoding),
    )


def _strange(featurizer: Featurizer, encoding: Encoding) -> tuple[StrangeWord, ...]:
    if featurizer.config.kind == PIECES:
        return ()
    said = (word for word in encoding.words if word.form.isalnum())  # no marks
    unknown = [word for word in said if featurizer.word_id(word.form) == UNKNOWN_ID]
    read = ((word, featurizer.meant(word.form)) for word in unknown)
    return tuple(StrangeWord(word.start, word.end, None if form == word.form else form) for word, form in read)


def why(runtime: Runtime, text: str, head: str) -> str:
    """Say in short what a head was torn between, and which words it does not know."""
    found = explain(runtime, text)
    torn = [f"{each.label} {each.p:.2f}" for each in found.result.ranking.get(head, ())[:2]]
    torn += [
        f'"{found.result.text[word.start : word.end]}" {word.tag} {word.p:.2f}, else {word.other} {word.other_p:.2f}'
        for word in found.tags.get(head, ())
        if word.other_p > TORN
    ]
    strange = [text[word.start : word.end].casefold() for word in found.strange]
    torn += [f"not in its vocabulary: {', '.join(strange)}"] if strange else []
    return "; ".join(torn)


def _tags(head: HeadEntry, logits: np.ndarray[Any, Any], encoding: Encoding) -> tuple[WordTags, ...]:
    scaled = logits / head.temperature
    path, p = best_tags(scaled), tag_p(scaled)
    others = p.copy()
    others[np.arange(len(path)), path] = -1
    second = others.argmax(axis=1)
    return tuple(
        WordTags(
            word.start,
            word.end,
            tag_name(path[i], head.labels),
            round(float(p[i, path[i]]), 4),
            tag_name(int(second[i]), head.labels),
            round(float(p[i, second[i]]), 4),
        )
        for i, word in enumerate(encoding.words)
    )
