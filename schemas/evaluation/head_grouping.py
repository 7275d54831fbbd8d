"""Which heads to train together when a device has room for K trunks: a choice from an affinity matrix alone.

gain(t, g) = mean_{s in g, s != t} Z_{s->t}        0 where t is alone in g
choose groups so that sum over main heads t of gain(t, its group) is greatest     (Fifty et al. 2021, arXiv 2109.04617)

Each main head is in one group; auxiliary heads, which nobody is served by, may join several or none. The diagonal
Z_{t->t} is never read: it measures training on the batch itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from schemas.evaluation.matrix import Table

EXACT_HEADS = 8
"""Up to so many main heads all partitions are tried, 4,140 of eight; above, groups merge greedily."""
_DIGITS = 12  # decimals by which two sums count as equal, so that the order of addition decides nothing


@dataclass(frozen=True)
class Group:
    """Heads on one trunk."""

    main: tuple[str, ...]
    auxiliary: tuple[str, ...]
    gains: tuple[float, ...]
    """Mean affinity that each main head receives: relative fall of its loss a probed step. In points of its metric:
    `deploy.evaluation.prediction`."""

    @property
    def heads(self) -> tuple[str, ...]:
        """All that train together."""
        return (*self.main, *self.auxiliary)


@dataclass(frozen=True)
class Grouping:
    """The recommended groups."""

    groups: tuple[Group, ...]
    gain: float
    """Sum over the main heads of their predicted gains."""
    is_exact: bool
    """All partitions were tried."""
    reasons: tuple[str, ...]
    """One sentence a main head: who helps it, or why it is alone."""


def choose_groups(affinity: Table, main: Sequence[str], limit: int) -> Grouping:
    """Choose at most `limit` groups of the heads of a matrix with Z_{s->t} in row s, column t.

    Heads that are not in `main` are auxiliary. Pairs that were never measured (NaN) count as 0: neither help nor harm.
    Of equally good choices the one with the fewest groups wins, as each costs a trunk.

    Raises ValueError when a main head is not in the matrix, or `limit` is below 1.
    """
    missing = [head for head in main if head not in affinity.columns]
    if missing or not main or limit < 1:
        raise ValueError(
            f"cannot group heads {', '.join(main) or '(none)'} into {limit} groups: the affinities are of "
            f"{', '.join(affinity.columns)}; expected main heads among these and a limit of 1 or more"
        )
    chooser = _Chooser(affinity, main)
    is_exact = len(main) <= EXACT_HEADS
    parts = chooser.best(limit) if is_exact else chooser.greedy(limit)
    groups = tuple(
        sorted((chooser.group(part) for part in parts), key=lambda group: affinity.columns.index(group.main[0]))
    )
    gain = math.fsum(gain for group in groups for gain in group.gains)
    reasons = tuple(
        chooser.reason(head, group, gain, len(groups) == limit)
        for group in groups
        for head, gain in zip(group.main, group.gains, strict=True)
    )
    return Grouping(groups, gain, is_exact, reasons)


class _Chooser:
    def __init__(self, affinity: Table, main: Sequence[str]) -> None:
        self.main = [head for head in affinity.columns if head in main]
        self.auxiliary = [head for head in affinity.columns if head not in main]
        self.affinity = {
            (s, t): 0.0 if math.isnan(value) else value
            for s, values in zip(affinity.rows, affinity.values, strict=True)
            for t, value in zip(affinity.columns, values, strict=True)
        }
        self.known: dict[frozenset[str], Group] = {}

    def group(self, part: frozenset[str]) -> Group:
        """Return a group of main heads with the auxiliary heads that help it most.

        Every gain of the group is a mean over the same number of heads, so of all sets of k auxiliary heads the k with
        the largest summed affinity onto the group are best: one sort finds the best set of each size.
        """
        if part not in self.known:
            heads = [head for head in self.main if head in part]
            ranked = sorted(self.auxiliary, key=lambda s: -math.fsum(self.affinity[s, t] for t in heads))
            choices = [self._with(heads, ranked[:count]) for count in range(len(ranked) + 1)]
            self.known[part] = max(choices, key=lambda group: (_score([group]), -len(group.auxiliary)))
        return self.known[part]

    def _with(self, heads: Sequence[str], helpers: Sequence[str]) -> Group:
        others = len(heads) - 1 + len(helpers)
        gains = (math.fsum(self.affinity[s, t] for s in [*heads, *helpers] if s != t) / max(others, 1) for t in heads)
        return Group(tuple(heads), tuple(head for head in self.auxiliary if head in helpers), tuple(gains))

    def best(self, limit: int) -> list[frozenset[str]]:
        """Return the best of all partitions of the main heads into at most `limit` parts."""
        return max(_partitions(self.main, limit), key=self._rank)

    def greedy(self, limit: int) -> list[frozenset[str]]:
        """Merge the two groups that gain most by it, or lose least while there are too many; then move single heads."""
        parts = [frozenset([head]) for head in self.main]
        while len(parts) > 1:
            merged = max(
                ([part for part in parts if part not in (a, b)] + [a | b] for a, b in combinations(parts, 2)),
                key=self._rank,
            )
            if len(parts) <= limit and self._rank(merged) <= self._rank(parts):
                break
            parts = merged
        while True:
            moved = max(self._moves(parts, limit), key=self._rank, default=parts)
            if self._rank(moved) <= self._rank(parts):
                return parts
            parts = moved

    def _moves(self, parts: Sequence[frozenset[str]], limit: int) -> Iterator[list[frozenset[str]]]:
        """Yield every partition in which one head has gone to another group, or to one of its own."""
        for source in parts:
            for head in sorted(source):
                for target in [*parts, frozenset[str]()]:
                    others = [part for part in parts if part not in (source, target)]
                    moved = [part for part in (*others, source - {head}, target | {head}) if part]
                    if target != source and len(moved) <= limit:
                        yield moved

    def _rank(self, parts: Sequence[frozenset[str]]) -> tuple[float, int]:
        return _score([self.group(part) for part in parts]), -len(parts)

    def reason(self, head: str, group: Group, gain: float, is_full: bool) -> str:
        """Say why a head is where it is."""
        company = [other for other in (*group.main, *group.auxiliary) if other != head]
        if company:
            helpers = sorted(company, key=lambda other: -self.affinity[other, head])
            told = ", ".join(f"{other} {self.affinity[other, head]:+.2g}" for other in helpers)
            verdict = "gains" if gain > 0 else "neither gains nor loses" if gain == 0 else "loses, for the others' sake"
            limited = "; there is no room for one more group" if gain < 0 and is_full else ""
            return f"{head} {verdict} ({gain:+.2g}): {told}{limited}"
        others = [other for other in (*self.main, *self.auxiliary) if other != head]
        if not others:
            return f"{head} is the only head"
        best = max(others, key=lambda other: self.affinity[other, head])
        return f"{head} is alone: {best} helps it most, {self.affinity[best, head]:+.2g}, and no group gains by it"


def _score(groups: Sequence[Group]) -> float:
    return round(math.fsum(gain for group in groups for gain in group.gains), _DIGITS)


def _partitions(heads: Sequence[str], limit: int) -> Iterator[list[frozenset[str]]]:
    """Yield every partition of heads into at most `limit` parts, once."""
    if not heads:
        yield []
        return
    *rest, last = heads
    for parts in _partitions(rest, limit):
        for index, part in enumerate(parts):
            yield [*parts[:index], part | {last}, *parts[index + 1 :]]
        if len(parts) < limit:
            yield [*parts, frozenset([last])]
