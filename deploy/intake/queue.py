"""What a person should label next: what devices rejected or were unsure of, most frequent first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from deploy.intake.store import Reported
from schemas.spec.product import Spec
from trunkline_edge.understanding.result import Result

UNSURE = 0.7
"""Probability of an intent below which a person should look."""
LENGTH = 200
"""Utterances; more than one sitting's work would only go stale."""


@dataclass(frozen=True)
class ToLabel:
    """One utterance for a person."""

    text: str
    lang: str
    why: str
    times: int
    guess: str | None


def to_label(heard: Iterable[Reported], labelled: Collection[bytes]) -> list[ToLabel]:
    """Return the hard utterances that have no label yet, each text once.

    labelled: keys of the texts that have one.
    """
    times, first = Counter[bytes](), dict[bytes, ToLabel]()
    for each in heard:
        if each.key in labelled:
            continue
        result = Result.from_json(json.loads(each.result))
        guess = result.intents[0] if result.intents else None
        if not result.rejected and guess is not None and guess.p >= UNSURE:
            continue
        why = f"rejected: {result.reason}" if result.rejected else f"unsure: {guess.p:.0%}" if guess else "no intent"
        times[each.key] += 1
        first.setdefault(each.key, ToLabel(result.text, result.lang, why, 0, guess.name if guess else None))
    return [
        ToLabel(found.text, found.lang, found.why, count, found.guess)
        for key, count in times.most_common(LENGTH)
        if (found := first[key])
    ]


def queue_lines(spec: Spec, waiting: Iterable[ToLabel]) -> str:
    """Return the file that a person fills: rows with empty labels. Filled in, it is taken in like any file of rows."""
    empty = {name: None for name, head in spec.labelled_heads.items() if head.follows is None}
    return "".join(
        json.dumps(
            {
                "text": each.text,
                "lang": each.lang,
                "labels": empty,
                "guess": each.guess,
                "why": each.why,
                "times": each.times,
            },
            ensure_ascii=False,
        )
        + "\n"
        for each in waiting
    )
