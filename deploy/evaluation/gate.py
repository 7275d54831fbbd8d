"""May the challenger become champion? A pure decision that returns its reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise

from deploy.evaluation.paired import NO_ROWS, ROUNDING, Rows, compare_head
from deploy.evaluation.slices import Slice, compare_slices
from deploy.evaluation.verdict import HeadComparison, SliceComparison, Verdict
from schemas.data.issues import FEW_TEST_ROWS
from schemas.evaluation.metrics import PRIMARY, HeadScore, Scores
from schemas.spec.product import GateSpec

ROUNDS = 3
"""Verdicts on one challenger. A second one is needed only if another retrain of the product, or a person, promoted in
the seconds between a verdict and its promotion; three times in a row is no accident."""
BETTER, WITHIN, WORSE, UNDECIDED = "better", "within", "worse", "undecided"
"""What the rows show of a head."""
LEAST_SKILL = 0.1
"""Share of the way from the best constant answer to a faultless one that every head must have gone: the skill score of
weather forecasts (Murphy 1988), whose reference here is a net that does not read."""
LEAST_RIGHT = 0.5
"""Floor where all rows have one label: a constant answer is faultless there, and they only tell a net that is lost."""


def judge(
    challenger: Scores,
    champion: Scores | None,
    gate: GateSpec,
    main_heads: Sequence[str],
    *,
    against: str | None = None,
    failure: str | None = None,
    slices: Sequence[Slice] = (),
    without: Rows = NO_ROWS,
) -> Verdict:
    """Promote a sound bundle unless a main head is below its floor or lost more than `gate.margin`, or a slice lost.

    Args:
        against: bundle id of the champion
        failure: what the self-test found wrong with the challenger; it blocks whatever the scores
        slices: parts of the rows on which the two are compared besides
        without: rows from whose texts one of the two has learned: beside the floors, they decide nothing

    Floors hold for the first champion and every later one: margins that add up from one to the next end there. The
    intervals tell how sure the differences are: a loss beyond the margin that may be chance is no promotion either, but
    undecided, and more rows will tell.
    """
    below = [reason for name in main_heads if (reason := _below_floor(name, challenger.heads[name], gate))]
    blocks = ([failure] if failure else []) + below
    if champion is None:
        alone = (*blocks, "there is no champion yet") if blocks else ("there was no champion before it",)
        return Verdict(not blocks, alone, against=against)
    lost = lost_heads(challenger, champion)
    comparisons, reasons, findings = [], [*lost.values()], {UNDECIDED} if lost else set[str]()
    for name in main_heads:
        if name not in champion.heads:
            reasons.append(f"{name}: the champion has no such head, so there is nothing to lose")
        elif name not in lost:
            comparison = compare_head(name, challenger.heads[name], champion.heads[name], gate, without=without)
            comparisons.append(comparison)
            findings.add(find(comparison, gate))
            reasons.append(reason_of(comparison, gate))
    shared = [comparison.head for comparison in comparisons]
    by_slice = compare_slices(slices, challenger, champion, gate, shared, without)
    promote, undecided = outcome(findings, by_slice, gate)
    return Verdict(
        promote=promote and not blocks,
        reasons=(
            *blocks,
            *reasons,
            *(_reason_of_slice(each, len(by_slice), gate) for each in by_slice if each.is_worse),
        ),
        comparisons=tuple(comparisons),
        slices=by_slice,
        against=against,
        undecided=undecided and not blocks,
    )


def lost_heads(challenger: Scores, champion: Scores) -> dict[str, str]:
    """Return the heads of the champion that devices would no longer have, each with the sentence that tells of it.

    A spec may leave a head out on purpose or by a slip, and no row can tell which: a person decides.
    """
    lost = {}
    for name, head in champion.heads.items():
        if name not in challenger.heads:
            lost[name] = f"{name}: the champion answers it and this bundle does not, so a person decides"
        elif challenger.heads[name].kind != head.kind:
            lost[name] = (
                f"{name}: the champion answers it as {head.kind} and this bundle as {challenger.heads[name].kind}, "
                "which nothing compares, so a person decides"
            )
    return lost


def outcome(findings: Collection[str], slices: Sequence[SliceComparison], gate: GateSpec) -> tuple[bool, bool]:
    """Return whether what is found of heads and slices promotes the challenger, and else whether a person decides."""
    worse = any(each.is_worse for each in slices)
    kept = WORSE in findings or (worse and gate.worse_slice == "keep")
    held = UNDECIDED in findings or (worse and gate.worse_slice == "hold")
    return not (kept or held), held and not kept


def has_open_heads(verdict: Verdict, gate: GateSpec) -> bool:
    """Say whether a verdict waits for more rows of a main head, which folds could give."""
    return verdict.undecided and any(find(each, gate) == UNDECIDED for each in verdict.comparisons)


def find(comparison: HeadComparison, gate: GateSpec) -> str:
    """Say what a comparison shows of the challenger; sure is what interval and sign test agree on."""
    if _has_mostly_leaks(comparison):
        return UNDECIDED
    won = comparison.gained - comparison.lost if comparison.p_value < 1 - gate.confidence else 0
    if comparison.difference >= -gate.margin - ROUNDING:
        return BETTER if comparison.low > 0 and won > 0 else WITHIN
    return WORSE if comparison.high < -gate.margin and won < 0 else UNDECIDED


def _has_mostly_leaks(comparison: HeadComparison) -> bool:
    return comparison.left_out > comparison.rows and comparison.rows < FEW_TEST_ROWS


def reason_of(comparison: HeadComparison, gate: GateSpec) -> str:
    """Return a comparison and what it shows, as a sentence."""
    finding = find(comparison, gate)
    return (
        f"{comparison.head}: {comparison.metric} {comparison.challenger:.4f} against {comparison.champion:.4f}, "
        f"{comparison.difference:+.4f} [{comparison.low:+.4f}, {comparison.high:+.4f}], "
        f"{finding} {_because(finding, comparison, gate)}"
    )


def _reason_of_slice(found: SliceComparison, looked_at: int, gate: GateSpec) -> str:
    comparison = found.comparison
    follows = {"keep": "the champion stays", "hold": "a person decides", "tell": "that is told, and holds nothing up"}
    return (
        f"{comparison.head} on {found.by} {found.value!r}, {comparison.rows:,} rows: {comparison.metric} "
        f"{comparison.challenger:.4f} against {comparison.champion:.4f}, {comparison.lost:,} rows lost and "
        f"{comparison.gained:,} gained, p {found.p_holm:.2g} among {looked_at:,}: more than the slice margin of "
        f"{gate.slice_margin} and than chance, so {follows[gate.worse_slice]}"
    )


def _because(finding: str, comparison: HeadComparison, gate: GateSpec) -> str:
    more = "" if gate.folds else "; give more of them, or let `gate.folds: 5` ask all rows in turn"
    rows = f"{comparison.rows:,} rows, {comparison.differing:,} of which differ,"
    learned = f"one of the two has learned from the texts of {comparison.left_out:,} others"
    if _has_mostly_leaks(comparison):
        return f"on {comparison.rows:,} rows: {learned}; at least {FEW_TEST_ROWS} rows that are new to both decide"
    on = f", on {comparison.rows:,} rows: {learned}" if comparison.left_out else ""
    return {
        BETTER: f"than the champion{on}",
        WITHIN: f"the margin of {gate.margin}{on}",
        WORSE: f"than the margin of {gate.margin}{on}",
        UNDECIDED: f"whether that is more than the margin of {gate.margin}: {rows} cannot tell it from chance{more}",
    }[finding]


def judged_anew(verdict: Verdict, overtaken: Sequence[Verdict]) -> Verdict:
    """Return the latest verdict on a challenger, with the reasons why the earlier ones were not carried out.

    Each was overtaken: when it was to be carried out, another champion was in force than it had been reached against.
    After `ROUNDS` of them the challenger is turned down, so that nobody judges for ever.
    """
    champions = [*(earlier.against for earlier in overtaken), verdict.against]
    notes = tuple(
        f"judged anew: {_short(now)} became champion after the verdict against {_short(before)}, before its promotion"
        for before, now in pairwise(champions)
    )
    reasons = (*notes, *verdict.reasons)
    if verdict.promote and len(overtaken) >= ROUNDS:
        note = (
            f"the champion changed {ROUNDS} times while this bundle was judged: retrain again, nothing is trained anew"
        )
        return replace(verdict, promote=False, reasons=(*reasons, note))
    return replace(verdict, reasons=reasons)


def default_floor(score: HeadScore) -> float:
    """Return the primary metric that a head must reach where the spec names no floor."""
    constant = _constant_answer(score)
    return LEAST_RIGHT if constant == 1 else constant + LEAST_SKILL * (1 - constant)


def _constant_answer(score: HeadScore) -> float:
    """Return the primary metric, on these rows, of the best answer that is the same for every text.

    class: always the commonest label. score: always the mean. multilabel and tag: never a label, since no span is in
    the same place of every text; a label that most rows have would score more, but the counts do not say which. Of no
    row every answer is faultless.
    """
    if not score.is_measured:
        return 1.0
    if score.kind == "class":
        gold: Counter[str] = Counter()
        for (label, _), rows in score.confusion.items():
            gold[label] += rows
        return max(gold.values()) / gold.total()
    return float(score.kind != "score" and score.counts[:, 2].sum() == 0)


def _below_floor(name: str, score: HeadScore, gate: GateSpec) -> str | None:
    """Say what a head lacks; None where it lacks nothing."""
    floor = gate.floor.get(name, default_floor(score))
    if floor > 0 and not score.is_measured:
        rows = "all held-out rows have the same number" if len(score.rows) else "no held-out row is labelled for it"
        return (
            f"{name}: {rows}, which does not show what it has learned; give held-out rows different labels, or set "
            f"`gate.floor: {{{name}: 0}}`"
        )
    if score.primary < floor - ROUNDING:
        constant = f"the same answer to every text reaches {_constant_answer(score):.4f}; gate.floor sets another"
        told = "gate.floor" if name in gate.floor else constant
        return f"{name}: {PRIMARY[score.kind]} {score.primary:.4f} is below the floor of {floor:.4f} ({told})"
    return None


def _short(bundle_id: str | None) -> str:
    return "no champion" if bundle_id is None else bundle_id[:12]
