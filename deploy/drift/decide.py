"""What follows from two windows: nothing, or a retrain, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from deploy.drift.said import Block, Said, Signal, counted
from deploy.drift.shifts import Shift, shift_of
from schemas.evaluation.significance import holm

MIN_HOUSEHOLDS = 20
"""In each window; of fewer households nothing can be said."""


@dataclass(frozen=True)
class Bounds:
    """When a difference counts as drift."""

    false_alarm: float = 0.01
    """Chance, at each look, of an alarm where nothing has changed: once in two years of weekly looks."""
    min_excess: float = 0.03
    """Distance beyond chance. Very many devices make differences certain that no retrain would be worth."""


@dataclass(frozen=True)
class Drift:
    """What a look has found."""

    drifted: bool
    reasons: tuple[str, ...]
    """Of the alarm, or of there being none."""
    shifts: tuple[Shift, ...]
    """Most certain first; signals that could not be tested are not in it."""


def drift_between(
    before: Sequence[Said], now: Sequence[Said], signals: Mapping[str, Signal], bounds: Bounds | None = None
) -> Drift:
    """Compare two windows in all signals, with Holm's correction over them (Holm 1979)."""
    bounds = bounds or Bounds()
    tested, silent = list[Shift](), list[str]()
    for name, signal in signals.items():
        was, is_ = (
            {block: counts for block, counts in counted(window, signal).items() if counts} for window in (before, now)
        )
        if min(_households(was), _households(is_)) < MIN_HOUSEHOLDS:
            silent.append(f"{name}: {_households(was)} and {_households(is_)} households, {MIN_HOUSEHOLDS} are needed")
        elif shift := shift_of(name, was, is_):
            tested.append(shift)
    tested.sort(key=lambda shift: (shift.p_value, -shift.excess))
    p_values = holm([shift.p_value for shift in tested])
    certain = [shift for shift, p in zip(tested, p_values, strict=True) if p <= bounds.false_alarm]
    alarms = [shift for shift in certain if shift.excess >= bounds.min_excess]
    if alarms:
        return Drift(True, tuple(map(_sentence, alarms)), tuple(tested))
    small = [f"{_sentence(shift)}; too little to act on" for shift in certain]
    return Drift(False, (*(small or ["no signal has changed"] * bool(tested)), *silent), tuple(tested))


def _households(blocks: Iterable[Block]) -> int:
    return len({household for household, _ in blocks})


def _sentence(shift: Shift) -> str:
    moved = ", ".join(f"{kind} {before:.1%} -> {now:.1%}" for kind, before, now in shift.moved)
    return f"{shift.signal}: {shift.excess:.1%} beyond chance, p {shift.p_value:.4f} ({moved})"
