"""The trainings of a comparison: which nets, and what makes their budgets equal. Pure functions of a spec."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from schemas.spec.bounded_yaml import SpecError
from schemas.spec.compare import VariantSpec
from schemas.spec.load import parse_spec
from schemas.spec.product import PROBE_STEPS, Spec
from schemas.spec.sharing import HardSharing, JointMany, LowSupervision

HARD = "hard"
"""The variant that all others are measured against; it always runs."""
GROUPED = "grouped"
"""What the recommended groups, a net each, are called among the variants."""
WHOLE = "challenger"
"""What the net of all heads is called where the gate asks for baselines."""


@dataclass(frozen=True)
class Trial:
    """One training of the comparison."""

    net: str
    """A variant's name, the heads of a group, or the head that a baseline learns."""
    is_baseline: bool
    seed: int
    spec: Spec
    rate: float | None = None
    """Learning rate, where several are tried."""

    @property
    def name(self) -> str:
        """What people call the net."""
        return alone(self.net) if self.is_baseline else self.net

    @property
    def title(self) -> str:
        """What people call the training."""
        return f"{self.name}, {'' if self.rate is None else f'rate {self.rate:g}, '}seed {self.seed}"

    def at(self, rate: float, seed: int) -> Trial:
        """Return the same net trained with another rate and seed."""
        train = self.spec.train.model_copy(update={"learning_rate": rate, "seed": seed})
        return replace(self, seed=seed, rate=rate, spec=self.spec.model_copy(update={"train": train}))


def alone(head: str) -> str:
    """Return the name of a head's baseline."""
    return f"{head} alone"


@dataclass(frozen=True)
class Trials:
    """All trainings of a comparison that are known before one has run."""

    base: Spec
    """With the heads of all variants: its data set serves every trial."""
    variants: tuple[str, ...]
    """`hard` is the first."""
    seeds: tuple[int, ...]
    rates: tuple[float, ...]
    """Learning rates that every net tries, with the first seed."""
    groups: int
    """Trunks that a device has room for."""
    nets: tuple[Trial, ...]
    """A trial of each net, which `at` turns into others: the variants', then the baselines'."""

    def grid(self, nets: Iterable[Trial]) -> tuple[Trial, ...]:
        """Return what tells the rates apart: every net at every rate."""
        return tuple(net.at(rate, self.seeds[0]) for net in nets for rate in self.rates)

    def of(self, net: Trial, rates: Mapping[str, float]) -> tuple[Trial, ...]:
        """Return a net's trials at the rate that it has by its name, in the order of the seeds."""
        return tuple(net.at(rates[net.name], seed) for seed in self.seeds)

    def net(self, name: str) -> Trial:
        """Return a net by name."""
        return next(net for net in self.nets if net.name == name)

    @property
    def budget(self) -> str:
        """What was held equal, for people."""
        tried = ", ".join(f"{rate:g}" for rate in self.rates)
        return (
            f"Equal budgets: every variant and every baseline is tried with the learning rates {tried} and seed "
            f"{self.seeds[0]}, and takes the one that is best on valid rows, for all its seeds. All take the same "
            "number of optimiser steps, run all their epochs and keep the last: no net keeps an epoch that was chosen "
            "for one of its heads. In each epoch a head sees all its labelled rows (again, where they are fewer than "
            "the steps), in a shared net as in its baseline. Nothing else is tuned to a net."
        )


def plan_trials(spec: Spec, chosen: Sequence[str] = (), seeds: Sequence[int] = ()) -> Trials:
    """Return the trials of a spec: its variants, or the `chosen` ones of them, and a baseline for each main head.

    Raises:
        SpecError: no such variant, or one that makes no valid spec; the message names it.
    """
    section = spec.compare
    if seeds:
        section = parse_spec(_plain(spec) | {"compare": section.model_dump() | {"seeds": list(seeds)}}).compare
    variants = {HARD: VariantSpec(sharing=HardSharing())} | (section.variants or default_variants(spec))
    unknown = [name for name in chosen if name not in variants]
    if unknown:
        raise SpecError(f"no variant {unknown[0]} in this comparison; known here: {', '.join(variants)}")
    wanted = {name: variant for name, variant in variants.items() if name == HARD or not chosen or name in chosen}
    specs = {name: variant_spec(spec, name, variant) for name, variant in wanted.items()}
    seed = section.seeds[0]
    nets = [Trial(name, False, seed, made) for name, made in specs.items()]
    nets += [Trial(head, True, seed, baseline_spec(_budgeted(spec), head)) for head in spec.main_heads]
    rates = tuple(sorted(factor * spec.train.learning_rate for factor in section.rates))
    return Trials(_widest(spec, specs), tuple(specs), section.seeds, rates, section.groups, tuple(nets))


def net_of_group(trials: Trials, heads: Sequence[str]) -> Trial:
    """Return the net of a recommended group: plain hard sharing among its heads; where there is one already, that."""
    hard = trials.net(HARD)
    if set(heads) == set(hard.spec.heads):
        return hard
    if len(heads) == 1:
        return trials.net(alone(heads[0]))
    raw = _plain(hard.spec)
    raw["heads"] = {name: raw["heads"][name] for name in heads}
    raw["distill"]["teachers"] = _teachers_left(hard.spec, heads)
    raw["train"]["probe_steps"] = 0
    raw["gate"] |= {"waive": [], "floor": {}}
    name = " + ".join(heads)
    return Trial(name, False, hard.seed, parse_spec(raw, where=f"group {name}"))


def default_variants(spec: Spec) -> dict[str, VariantSpec]:
    """Return the variants of a spec that names none: what it says itself, and one system of each family that fits."""
    variants: dict[str, Any] = {}
    if spec.sharing != HardSharing() or spec.balance.kind != "equal":
        prior = spec.sharing.prior if isinstance(spec.sharing, HardSharing) else spec.sharing
        variants[prior.kind if prior else spec.balance.kind] = {}
    if len(spec.main_heads) > 1:
        variants.setdefault("uncertainty", {"sharing": {"kind": HARD}, "balance": {"kind": "uncertainty"}})
        tags = [name for name, head in spec.main_heads.items() if head.kind == "tag"]
        if any(head.names_what_follows for head in spec.main_heads.values()):
            return {name: VariantSpec.model_validate(fields) for name, fields in variants.items()}
        if spec.trunk.layers > 1 and 0 < len(tags) < len(spec.main_heads):
            lower = {name: {"depth": (spec.trunk.layers + 1) // 2} for name in tags}
            variants.setdefault("low_supervision", {"sharing": {"kind": "low_supervision"}, "heads": lower})
        split = "cross_stitch" if spec.trunk.kind == "compact" else "low_rank"
        variants.setdefault(split, {"sharing": {"kind": split}})
    return {name: VariantSpec.model_validate(fields) for name, fields in variants.items()}


def variant_spec(spec: Spec, name: str, variant: VariantSpec) -> Spec:
    """Return what a variant trains. Depths are left out where its sharing has none."""
    raw = _plain(_budgeted(spec))
    sharing, balance = variant.sharing or spec.sharing, variant.balance or spec.balance
    train = raw["train"]
    if name == HARD:
        # Probes watch the relations of heads and leave the training as it is.
        train |= {"probe_steps": spec.train.probe_steps or PROBE_STEPS, "moments": "shared", "trunk_rate": 1.0}
        raw["balance"] = {"kind": "equal"}
    else:
        raw["balance"] = balance.model_dump(mode="json")
        # Named for another balance than the variant's, the spec's moments are not the variant's wish.
        train["moments"] = variant.moments or (spec.train.moments if balance.kind == "equal" else "shared")
        train["trunk_rate"] = variant.trunk_rate or spec.train.trunk_rate
    raw["sharing"] = sharing.model_dump(mode="json")
    for head, fields in variant.heads.items():
        if fields is None:
            raw["heads"].pop(head, None)
        else:
            raw["heads"][head] = raw["heads"].get(head, {}) | fields
    if not isinstance(sharing, LowSupervision | JointMany):
        for fields in raw["heads"].values():
            fields["depth"] = None
    made = parse_spec(raw, where=f"compare.variants.{name}")
    if set(made.main_heads) != set(spec.main_heads):
        raise SpecError(
            f"compare.variants.{name}: its main heads are {', '.join(made.main_heads)}, the spec's are "
            f"{', '.join(spec.main_heads)}: variants answer the same questions; a head more must be `auxiliary: true`"
        )
    return made


def baseline_spec(spec: Spec, head: str) -> Spec:
    """Return the single-task baseline of a main head: the same trunk and training, and nothing to share."""
    raw = _plain(spec)
    raw["heads"] = {head: raw["heads"][head] | {"depth": None, "weight": 1.0}}
    raw["distill"]["teachers"] = _teachers_left(spec, [head])
    # A head alone shares nothing: what the spec says of shared steps is not the baseline's.
    raw["train"] |= {"probe_steps": 0, "moments": "shared", "trunk_rate": 1.0}
    raw["gate"] |= {"waive": [], "floor": {}}  # they may name heads that this net has not
    return parse_spec(raw | {"sharing": {"kind": HARD}, "balance": {"kind": "equal"}}, where=f"baseline of {head}")


def screening_trials(spec: Spec) -> tuple[Trial, ...]:
    """Return what shows, beside the challenger, which heads to look at: its net's second seed, two of the baselines."""
    heads = [head for head in spec.main_heads if head not in spec.gate.waive]
    first, second = spec.train.seed, spec.train.seed + 1
    whole = (Trial(WHOLE, False, second, _seeded(_apart(spec), second)),) if heads else ()
    return (*whole, *_baselines(spec, heads, first), *_baselines(spec, heads, second))


def confirming_trials(spec: Spec, heads: Sequence[str]) -> tuple[Trial, ...]:
    """Return what tells harm from luck: a third seed of the spec's net and of these heads' baselines."""
    third = spec.train.seed + 2
    whole = (Trial(WHOLE, False, third, _seeded(_apart(spec), third)),) if heads else ()
    return (*whole, *_baselines(spec, heads, third))


def fold_trial(spec: Spec, who: str, fold: int) -> Trial:
    """Return the training of a recipe that is held out from a fold, counted from 0."""
    return Trial(f"{who}, fold {fold + 1}", False, spec.train.seed, _named(spec, "folds"))


def _baselines(spec: Spec, heads: Sequence[str], seed: int) -> tuple[Trial, ...]:
    return tuple(Trial(head, True, seed, _seeded(baseline_spec(_apart(spec), head), seed)) for head in heads)


def _apart(spec: Spec) -> Spec:
    """Return the spec under a product name of its own: its versions and runs are no business of the product's.

    Without names: only one of the sharing systems could read them, and what they add is not what sharing does.
    """
    return _named(spec, "compare").model_copy(update={"names": {}})


def _named(spec: Spec, what_for: str) -> Spec:
    return spec.model_copy(update={"name": f"{spec.name[:54]}-{what_for}"})


def _budgeted(spec: Spec) -> Spec:
    """Return the spec apart, with all its epochs and the last one kept.

    Patience would give each net another number of steps; a best epoch is a head's own in a baseline, and a compromise
    of all heads in a shared net.
    """
    return _apart(spec).model_copy(
        update={"train": spec.train.model_copy(update={"patience": spec.train.epochs, "keep": "last"})}
    )


def _seeded(spec: Spec, seed: int) -> Spec:
    return spec.model_copy(update={"train": spec.train.model_copy(update={"seed": seed})})


def _widest(spec: Spec, nets: Mapping[str, Spec]) -> Spec:
    """Return the spec with the heads of all variants: one data set, so that every bundle answers the same rows."""
    heads: dict[str, Any] = _plain(spec)["heads"]
    for variant, net in nets.items():
        for name, head in net.heads.items():
            kind = heads.setdefault(name, _plain(net)["heads"][name] | {"depth": None})["kind"]
            if head.kind != kind:
                raise SpecError(
                    f"compare.variants.{variant}: head {name} is of kind {head.kind}, and elsewhere of kind {kind}"
                )
    return parse_spec(_plain(spec) | {"heads": heads})


def _teachers_left(spec: Spec, heads: Sequence[str]) -> dict[str, Any]:
    """Return the teachers that know any of these heads, with what else they know left out."""
    left = {}
    for name, teacher in spec.distill.teachers.items():
        known = [head for head in teacher.heads or () if head in heads]
        if known or not teacher.heads:  # one that names none knows all
            left[name] = teacher.model_dump(mode="json") | {"heads": known or None}
    return left


def _plain(spec: Spec) -> dict[str, Any]:
    """Return the spec as its YAML would say it, without the comparison."""
    return spec.model_dump(mode="json", by_alias=True, exclude={"compare"})
