"""Commands that are not to be carried out, or not in whole: "don't turn on the lamp", "all lights off but the lamp".

A home that cannot tell them from the command in them does what it was told not to do. English; the words that forbid
are divided: valid and test rows have others than train rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from schemas.perturb.word_list import entries
from schemas.recipes.compounds import Said, moved
from schemas.recipes.names import Split
from trunkline_edge.understanding.text import split_words

FORBIDDEN: Mapping[bool, tuple[str, ...]] = {
    True: entries("""
        don't, dont, do not, please don't, please do not, never, don't ever, never ever, no don't, stop don't
        you must not, you should not, you can't, i don't want you to, i do not want you to, i didn't say, i did not say
        i didn't tell you to, i never said, i don't want to, no need to, there is no need to, you don't need to
        nobody asked you to, it's not time to, whatever you do don't, make sure you don't, make sure not to
    """),
    False: entries("""
        you shouldn't, don't you dare, don't just, i never asked you to, i wouldn't, better not, be careful not to
        please never, you do not have to, under no circumstances, it is not necessary to, i told you not to
    """),
}
"""Is it for train -> what is said before a command that is not meant."""
SPARED: Mapping[bool, tuple[str, ...]] = {
    True: entries("except, except for, but not, but not in, apart from, other than, all but"),
    False: entries("excluding, with the exception of, leaving out, but leave out"),
}
"""... and between a command and what it is not to touch."""
_VERBS = frozenset(
    entries("""
        turn, switch, set, put, change, adjust, dim, brighten, make, open, close, shut, lock, unlock, start, stop, pause
        resume, play, skip, raise, lower, increase, decrease, add, remove, cancel, clean, vacuum, mute, unmute, run
    """)
)
_SPARED_SHARE = 0.3


def forbidden(said: Said, another: Callable[[str], str], split: Split, rng: Random) -> Said | None:
    """Forbid a command, or some of it; None where it does not begin with what is to be done.

    What it names stays named, so that slots are the same words as in commands. `another` draws a further thing for a
    slot.
    """
    text, spans = said
    if split_words(text)[0].form not in _VERBS:
        return None
    begins = text[0].lower() + text[1:]
    if rng.random() < _SPARED_SHARE:
        slot = rng.choice(("name", "area"))
        spared = another(slot)
        article = "" if "'s" in spared else "the "
        made = f"{begins.rstrip('.!')} {rng.choice(SPARED[split == 'train'])} {article}{spared}"
        return made, [*spans, (len(made) - len(spared), len(made), slot, None)]
    before = f"{rng.choice(FORBIDDEN[split == 'train'])} "
    return before + begins, moved(spans, len(before))
