"""A team's year, week by week, on a fake calendar: `python -m tests.flows.year HOME`.

Data drops come from a generator with a seed; flows, store, nets, registry and the Prefect server are real. Whatever
week it is killed in, the next call goes on there, as a worker that was started again would. It writes a diary, a line
a week, for the test to read.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from deploy.intake.take import text_key
from schemas.data.coerce import assign_split
from schemas.spec.product import ValidateSpec

HERE = Path(__file__).parent
SEED = 2026
WEEKS = 52
BEGIN = datetime(2027, 1, 4, tzinfo=UTC)
COSY, POISON, DEATH, POLITE, BAD, HOLD = 14, 23, 28, 33, 42, 46
"""Weeks: talk of a new kind; a poisoned drop; a worker dies in training; another way of talking; a challenger that has
learned nothing; one whose rows cannot tell, which a person makes champion."""
SCHEDULED = range(4, WEEKS + 1, 6)
ANEW = (28, 52)
"""Of the scheduled runs those that start from nothing; the others go on from the champion."""
HOUSEHOLDS, UTTERANCES = 24, 6
FALSE_ALARM, MIN_EXCESS = 0.01, 0.1
"""Of a look for drift. What is planted is a third of all that is said, and more."""

PHRASES = {"on": ("turn on", "switch on"), "off": ("turn off", "switch off"), "ask": ("tell me about", "how is")}
THINGS = ("lamp", "heater", "fan", "radio", "oven", "kettle", "screen", "blind")
ROOMS = ("kitchen", "hall", "attic", "cellar", "garage", "nursery", "study", "porch")
TIMES = ("midnight", "noon", "dawn")
PLACES = ("here", "upstairs", "downstairs")
LATE = "for me and for everyone else here until"
WORDS_OF_SMALL = 12
"""Of the smaller net that the operator tries: what stands behind is cut, and the slot `until` of long rows with it."""
LETTER = "letter.docx"
LONG_TESTS = 2
"""Long rows among the test rows: too few to show a loss."""


@dataclass
class Week:
    """A line of the diary."""

    week: int
    written: int = 0
    """Lines in the inbox."""
    taken: list[dict[str, Any]] = field(default_factory=list)
    refused: str = ""
    drifted: bool = False
    drift: list[str] = field(default_factory=list)
    retrained: dict[str, Any] | None = None
    in_store: int = 0


def labelled(text: str, intent: str, **slots: str) -> dict[str, Any]:
    """Return a row; every slot's words stand in its text."""
    spans = [{"start": text.index(words), "end": text.index(words) + len(words), "label": label}
             for label, words in slots.items()]  # fmt: skip
    return {"text": text, "labels": {"intent": intent, "slots": sorted(spans, key=lambda span: span["start"])}}


def said(chance: np.random.Generator, week: int) -> dict[str, Any]:
    """Return one utterance of that week, labelled as who said it meant it."""
    if week >= COSY and chance.random() < 0.3:
        place = str(chance.choice(PLACES))
        number = int(chance.integers(1, 60))
        return labelled(f"make it cosy {place} in {number} minutes", "cosy", place=place)
    intent = str(chance.choice(list(PHRASES)))
    thing, room = str(chance.choice(THINGS)), str(chance.choice(ROOMS))
    before = "would you kindly " if week >= POLITE and chance.random() < 0.7 else ""
    text = f"{before}{chance.choice(PHRASES[intent])} the {thing} in the {room}"
    return labelled(text, intent, thing=thing, room=room)


def long_rows(chance: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Yield rows whose last slot only a net that reads on can see; some of the first fall to the test rows."""
    tests = 0
    while True:
        intent, thing, room, until = (str(chance.choice(each)) for each in (list(PHRASES), THINGS, ROOMS, TIMES))
        text = f"{PHRASES[intent][0]} the {thing} in the {room} {LATE} {until}"
        split = assign_split(text_key(text), ValidateSpec())
        if split == "test":
            if tests == LONG_TESTS:
                continue
            tests += 1
        yield labelled(text, intent, thing=thing, room=room, until=until)


def drop(week: int) -> list[dict[str, Any]]:
    """Return the labelled rows of a week."""
    chance = np.random.default_rng((SEED, week))
    rows = [said(chance, week) for _ in range(110 if week == 1 else 14)]
    if week == 1:
        more = long_rows(np.random.default_rng(SEED))
        found: list[dict[str, Any]] = []
        # All of the test rows among them, and enough to learn from.
        while len(found) < 30 or sum(_is_test(row) for row in found) < LONG_TESTS:
            found.append(next(more))
        rows += found
    return rows


def _is_test(row: dict[str, Any]) -> bool:
    return assign_split(text_key(row["text"]), ValidateSpec()) == "test"


def poison() -> list[str]:
    """Return lines of which none may enter: each in its own way no row."""
    return [
        '{"text": "turn on the lamp", "labels": {"intent": ["on", "off"]}}',
        '{"text": "turn on the lamp", "labels": {"slots": [{"start": 3, "end": 99, "label": "thing"}]}}',
        '{"text": "", "labels": {"intent": "on"}}',
        '{"text": "turn on the lamp", "labels": {"intent": "on"',
        json.dumps({"text": "secret talk", "lang": "en", "bundle_id": "0" * 64, "intents": [], "rejected": True,
                    "device": "spy"}),
    ] * 8  # fmt: skip


class Player:
    """Plays the year in a home, from where the diary ends."""

    def __init__(self, home: Path) -> None:
        self.home, self.inbox = home, home / "inbox" / "year"
        self.diary = home / "diary.jsonl"
        self.rows = home / "store" / "year" / "rows.jsonl"
        self.spec = HERE / "year.yaml"
        self.inbox.mkdir(parents=True, exist_ok=True)

    def play(self) -> None:
        """Play until the year ends."""
        begun = len(self.diary.read_text().splitlines()) if self.diary.exists() else 0
        for week in range(begun + 1, WEEKS + 1):
            line = self._week(week)
            with self.diary.open("a") as diary:
                diary.write(json.dumps(asdict(line)) + "\n")
                diary.flush()
                os.fsync(diary.fileno())

    def _week(self, week: int) -> Week:
        from flows.drift import drift
        from flows.ingest import ingest
        from tasks.steps.ingest import FilesRefused

        line, now = Week(week), BEGIN + timedelta(weeks=week)
        line.written = self._fill_inbox(week, now)
        received = now - timedelta(hours=1)
        try:
            taken = ingest(self.spec, now=received)
        except FilesRefused as error:  # a person takes the letter out, and has the rest told again
            line.refused = str(error)
            (self.inbox / LETTER).unlink()
            taken = ingest(self.spec, now=received)
        line.taken = [asdict(each) for each in taken]
        for file in self.inbox.iterdir():
            file.unlink()
        line.in_store = len(self.rows.read_text().splitlines())
        found = drift(self.spec, false_alarm=FALSE_ALARM, min_excess=MIN_EXCESS, now=now)
        line.drifted, line.drift = found.drifted, list(found.reasons)
        if (overrides := self._overrides(week, drifted=found.drifted)) is not None:
            line.retrained = self._retrain(week, now, overrides, "; ".join(found.reasons) if found.drifted else "")
        return line

    def _fill_inbox(self, week: int, now: datetime) -> int:
        lines = [json.dumps(row) for row in drop(week)] + self._heard(week, now)
        (self.inbox / f"week-{week:02}.jsonl").write_text("\n".join(lines) + "\n")
        if week == POISON:
            (self.inbox / "poison.jsonl").write_text("\n".join(poison()) + "\n")
            (self.inbox / LETTER).write_text("Dear Sir or Madam")
            lines += poison()
        return len(lines)

    def _heard(self, week: int, now: datetime) -> list[str]:
        """Return what the devices heard in the week, and what the champion answered; before the first, nothing."""
        from tasks.settings import Settings
        from tasks.tracking.champion import champion_of, open_champion

        repository = Settings.from_environment().repository
        champion = champion_of(repository, "year", "local")
        if champion is None:
            return []
        runtime, chance = open_champion(repository, champion), np.random.default_rng((SEED, week, 1))
        return [
            json.dumps({**runtime.parse(said(chance, week)["text"]).to_json(), "device": f"house {house}",
                        "opt_in": True, "time": (now - timedelta(minutes=number + 1)).isoformat()})
            for house in range(HOUSEHOLDS) for number in range(UTTERANCES)
        ]  # fmt: skip

    def _overrides(self, week: int, *, drifted: bool) -> list[str] | None:
        """Return what a retrain of this week overrides; None: there is none."""
        small = [f"trunk.featurizer.max_words={WORDS_OF_SMALL}"] if week >= HOLD else []
        if week == BAD:
            return ["train.learning_rate=1e-7"]
        if week == HOLD:
            return [*small, "gate.margin=0"]
        if week in SCHEDULED:
            return small if week in ANEW else [*small, "train.start_from=champion"]
        return small if drifted else None

    def _retrain(self, week: int, now: datetime, overrides: list[str], reason: str) -> dict[str, Any]:
        from flows.cli.stale_runs import tagged_with_process
        from flows.retrain import retrain
        from tasks.progress import listening
        from tasks.settings import Settings
        from tasks.tracking.succession import Channel, promote_version

        begun = time.monotonic()
        with tagged_with_process(), listening(self._waits_to_be_killed if week == DEATH else lambda event: None):
            done = retrain(self.spec, data=[self.rows], overrides=overrides, reason=reason, now=now)
        told = {
            "version": done.registered.version, "promote": done.judged.promote, "undecided": done.judged.undecided,
            "reasons": done.judged.reasons, "read": done.data.read, "quarantined": done.data.quarantined,
            "counts": done.data.counts, "epochs": done.trained.epochs, "overrides": overrides, "reason": reason,
            "seconds": time.monotonic() - begun,
        }  # fmt: skip
        if week == HOLD and done.judged.undecided:
            why = "the smaller net fits the new speakers, and two long sentences are not worth waiting for"
            promote_version(Channel("year", "local", Settings.from_environment()), done.registered.version, why, now)
        return told

    def _waits_to_be_killed(self, event: object) -> None:
        """In the middle of its training, once: say so, and hold still until the kill comes."""
        mark = self.home / "was-killed"
        if getattr(event, "step", "") == "train" and "epoch 3" in getattr(event, "what", "") and not mark.exists():
            mark.touch()
            print("in the middle of the training", flush=True)
            time.sleep(600)


def main(home: Path) -> None:
    """Play the year, or the rest of it."""
    from tasks.settings import Settings

    settings = Settings.from_environment()
    settings.apply()
    import flows.drift
    import flows.ingest
    import flows.retrain  # noqa: F401  (what is imported late would be logged late)
    from flows.cli.stale_runs import close_stale_runs
    from tasks.logs import log_to

    close_stale_runs()
    log_to(settings.logs / "year.log")
    Player(home).play()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
