"""What it gives and costs to know names by their sound: `python -m bench.sounds ROWS...`.

Homes of names that the home recipe makes. Gives: names written by their sound that are found. Costs: texts that are not
for a home in which some name is found all the same, of rows such as `../shared/data/clinc150.jsonl`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from bench.product import home_rows, home_spec
from schemas.data.dataset import Dataset
from schemas.spec.product import Spec
from trunkline_edge.understanding.edits import MIN_LETTERS
from trunkline_edge.understanding.names import Entry, Lexicon, Names
from trunkline_edge.understanding.text import split_words

SIZES = (30, 300, 1_000)
HOMES = 3
"""Of each size."""
TEXTS = 4_000
WRITTEN_BY_SOUND = """studio/stewdio library/liberry garage/garidge balcony/balkonie philips/fillips sonos/sonnoes
ceiling/sealing ceiling/seeling hallway/holeway chandelier/shandeleer lounge/lownj patio/pattyo veranda/verrander
curtain/kertin curtain/curten window/windoe vacuum/vackyoom roomba/rumba laundry/lawndry basement/baysment
cellar/seller stairs/stares mirror/mirrer humidifier/humidifyer aquarium/akwarium christmas/krismas christmas/crismas
heater/heetur playroom/plaeroom guest/guessed pantry/pantree utility/utilitee stephanie/stefanie kathryn/katherine
sophie/sofie zachary/zackery geoffrey/jeffrey thomas/tomas kitchen/kitchin nursery/nurserie thermostat/thurmostat
cabinet/kabbinet conservatory/consurvatory corridor/coridoor office/offiss fireplace/fyreplace"""
"""Written by hand before the rules for them were."""


class Deaf(Lexicon):
    """Knows names as they are written and with one slip, and by no sound."""

    def _ways_of(self, form: str, least: int = MIN_LETTERS) -> tuple[tuple[str, int], ...]:
        if form in self._speller:
            return ((form, 0),)
        return tuple((near, 1) for near in self._speller.near(form, least))


def names_in(dataset: Dataset, spec: Spec) -> list[str]:
    """Return the names in the rows."""
    found = {
        text[span["start"] : span["end"]]
        for split in dataset.counts
        for frame in dataset.batches(split)
        for text, labels in frame.select("text", "labels").iter_rows()
        for span in labels["slots"] or ()
        if span["label"] in spec.names
    }
    return sorted(found)


def home(names: list[str]) -> Names:
    return Names({"entity": tuple(Entry(str(number), (name,)) for number, name in enumerate(names))})


def main(paths: list[str]) -> None:
    spec = home_spec()
    with TemporaryDirectory() as folder:
        names = names_in(home_rows(spec, Path(folder)), spec)
    texts = [json.loads(line)["text"] for path in paths for line in Path(path).read_bytes().splitlines()]
    heard = [[word.form for word in split_words(text)] for text in Random(0).sample(texts, min(TEXTS, len(texts)))]
    pairs = [pair.split("/") for pair in WRITTEN_BY_SOUND.split()]
    for kind in (Deaf, Lexicon):
        right = sum(kind(home([name]), ["entity"]).resolve("entity", said).entry is not None for name, said in pairs)
        print(f"{'without' if kind is Deaf else 'with'} sounds: {right} of {len(pairs)} names found", end="")
        for size in SIZES:
            rng = Random(size)
            found = 0
            for _ in range(HOMES):
                lexicon = kind(home(rng.sample(names, size)), ["entity"])
                found += sum(any(True for _ in lexicon.matches(forms)) for forms in heard)
            print(f"; {size:,} names: {100 * found / len(heard) / HOMES:.2f} % of texts", end="")
        print()


if __name__ == "__main__":
    main(sys.argv[1:])
