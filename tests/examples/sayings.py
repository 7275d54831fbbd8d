"""Homes that nobody has, and what people might say in them: made anew from a seed."""

from __future__ import annotations

from random import Random

from schemas.perturb.edits import Span
from schemas.perturb.perturber import KINDS, Perturber
from schemas.recipes.home_assistant import HomeAssistantOptions, home_assistant_rows
from schemas.recipes.names import pool
from trunkline_edge.understanding.names import Entry, Names
from trunkline_edge.understanding.text import split_words

DOMAINS = ("light", "light", "fan", "cover", "switch", "vacuum", "media_player", "climate", "lock", "lawn_mower")
LISTS = {"name": "entity", "area": "area", "floor": "floor"}
"""Slot -> list of names, as specs/home.yaml has it."""
CORRECTIONS = (" no wait ", ", sorry, ", " and then ", ", ", " and ")


def home(rng: Random) -> Names:
    """Make up a home: two floors, seven rooms, thirty things, some of one name."""
    floors = [Entry(f"floor_{i}", (pool("floor", "test").draw(rng).title(),)) for i in range(2)]
    areas = [Entry("kitchen", ("Kitchen", "the galley"), floors[0].id)]
    for i in range(6):
        within = rng.choice([*(floor.id for floor in floors), None])
        areas.append(Entry(f"area_{i}", (pool("area", "test").draw(rng).title(),), within))
    things = []
    for i in range(30):
        domain = rng.choice(DOMAINS)
        names = [pool(domain, rng.choice(("train", "test"))).draw(rng).title() for _ in range(rng.randint(1, 2))]
        if rng.random() < 0.3:  # as many homes call things
            names.insert(0, f"{rng.choice(areas).names[0]} {rng.choice(('Light', 'Lamp', 'Fan', 'Blinds'))}")
        if rng.random() < 0.2:  # and as every room does
            names.insert(0, rng.choice(("Lamp", "Fan", "Speaker")))
        within = rng.choice([*(area.id for area in areas), None])
        things.append(Entry(f"{domain}.thing_{i}", tuple(dict.fromkeys(names)), within))
    return Names({"floor": tuple(floors), "area": tuple(areas), "entity": tuple(things)})


def sayings(count: int, names: Names, rng: Random) -> list[str]:
    """Return sentences, most of them changed: another name, slips, hesitations, two in one breath, a piece lost."""
    options = HomeAssistantOptions(
        rows=max(count, 300),
        seed=rng.randrange(10**6),
        outside_share=0.05,
        several_share=0.2,
        corrected_share=0.05,
    )
    rows = list(home_assistant_rows(options))
    words = sorted({word.form for row in rows for word in split_words(row["text"])})
    perturber = Perturber("held_out", words)
    said = [_changed(row, names, perturber, rng) for row in rng.sample(rows, count)]
    for at in rng.sample(range(count), count // 6):
        said[at] += rng.choice(CORRECTIONS) + rng.choice(said)
    for at in rng.sample(range(count), count // 12):
        words = said[at].split()
        del words[rng.randrange(len(words))]
        said[at] = " ".join(words) or "?"
    return [text[:400] for text in said]


def _changed(row: dict, names: Names, perturber: Perturber, rng: Random) -> str:
    text, spans = row["text"], sorted((row["labels"].get("slots") or []), key=lambda span: -span["start"])
    for span in spans:
        list_name = LISTS.get(span["label"])
        if list_name and rng.random() < 0.8:
            name = rng.choice(rng.choice(names.lists[list_name]).names)
            text = text[: span["start"]] + rng.choice((name, name.lower())) + text[span["end"] :]
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
        no_spans: tuple[Span, ...] = ()
        changed = perturber.perturb(rng.choice(KINDS), text, no_spans, rng)
        text = changed.text if changed else text
    return text
