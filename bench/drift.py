"""Drift: how often it cries wolf, and how many weeks a planted change goes unseen.

`python -m bench.drift` prints both. Households are made: each has its own favourites among the intents and its own
rate of rejections, so that utterances of one are alike, as in life. Each week a share of what is said is of an intent
that was not there before.
"""

from __future__ import annotations

import time

import numpy as np

from deploy.drift.decide import drift_between
from deploy.drift.said import Said, answer_signals, input_signals

INTENTS = {
    "light_on": ("turn", "on", "the", "kitchen", "light"),
    "light_off": ("switch", "off", "the", "lamp"),
    "play": ("play", "some", "jazz"),
    "timer": ("set", "a", "timer", "for", "ten", "minutes"),
    "weather": ("what", "is", "the", "weather", "like"),
}
NEW: tuple[str, tuple[str, ...]] = ("set_mood", ("make", "it", "cosy", "in", "here"))
SIGNALS = {**input_signals({word for words in INTENTS.values() for word in words}), **answer_signals()}
WEEKS_BEFORE = 4
LOOKS = 400
PLANTED = (0.02, 0.05, 0.1, 0.2)
FLEETS = (50, 200)
RUNS = 20
PATIENCE = 8
"""Weeks."""


def households(chance: np.random.Generator, count: int, week: str, *, planted: float = 0.0) -> list[Said]:
    """Return a week of `count` households; `planted`: chance that an utterance is of the new intent."""
    said: list[Said] = []
    names = list(INTENTS)
    for number in range(count):
        favourites = chance.dirichlet(np.full(len(names), 2.0))
        rejects = chance.beta(2, 20)
        for _ in range(1 + chance.poisson(20)):
            if chance.random() < planted:
                intent, words = NEW
            else:
                intent = names[chance.choice(len(names), p=favourites)]
                words = INTENTS[intent][: 1 + chance.binomial(len(INTENTS[intent]) - 1, 0.9)]
            said.append(Said(f"{week}/{number}", words, "en", intent, bool(chance.random() < rejects)))
    return said


def main() -> None:
    """Print the tables."""
    begin = time.monotonic()
    for fleet in FLEETS:
        chance = np.random.default_rng(fleet)
        # Weeks resampled from a pool in which nothing changes.
        pool = [households(chance, fleet, f"pool{week}") for week in range(20)]
        alarms = 0
        for _ in range(LOOKS):
            order = chance.permutation(len(pool))
            before = [said for week in order[:WEEKS_BEFORE] for said in pool[week]]
            alarms += drift_between(before, pool[order[WEEKS_BEFORE]], SIGNALS).drifted
        print(f"{fleet} households: {alarms} false alarms in {LOOKS} weekly looks (stated: at most 1 %)", flush=True)
        for share in PLANTED:
            delays = []
            for run in range(RUNS):
                again = np.random.default_rng((fleet, run))
                before = [said for week in range(WEEKS_BEFORE) for said in households(again, fleet, f"b{week}")]
                delays.append(
                    next(
                        (
                            week
                            for week in range(1, PATIENCE + 1)
                            if drift_between(
                                before, households(again, fleet, f"n{week}", planted=share), SIGNALS
                            ).drifted
                        ),
                        PATIENCE + 1,
                    )
                )
            seen = sum(delay <= PATIENCE for delay in delays)
            print(
                f"  {share:.0%} of another kind: seen in {seen} of {RUNS} within {PATIENCE} weeks, "
                f"median week {np.median(delays):.0f}",
                flush=True,
            )
    print(f"{time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
