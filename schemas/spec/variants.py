"""The trainings of a comparison: which nets, and what makes their budgets equal. Pure functions of a spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.spec.bounded_yaml import SpecError
from schemas.spec.compare import VariantSpec
from schemas.spec.load import parse_spec
from schemas.spec.product import PROBE_STEPS, Spec
from schemas.spec.sharing import HardSharing, JointMany, LowSupervision

HARD = "hard"
"""The variant that all others are measured against; it always runs."""
WHOLE = "challenger"
"""What the net of all heads is called where the gate asks for baselines."""
BUDGET = (
    "Equal budgets: every training takes the same number of optimiser steps with the same learning rates, runs all its "
    "epochs, and keeps the epoch that is best on valid rows; in each epoch a head sees all its labelled rows (again, "
    "where they are fewer than the steps), in a shared net as in its baseline. Hyperparameters are the spec's; none "
    "was tuned to a variant."
)


@dataclass(frozen=True)
class Trial:
    """One training of the comparison."""

    net: str
    """A variant's name, or the head that a baseline learns."""
    is_baseline: bool
    seed: int
    spec: Spec

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.net} alone, seed {self.seed}" if self.is_baseline else f"{self.net}, seed {self.seed}"


@dataclass(frozen=True)
class Trials:
    """All trainings of a comparison."""

    base: Spec
    """With the heads of all variants: its data set serves every trial."""
    variants: tuple[str, ...]
    """`hard` is the first."""
    seeds: tuple[int, ...]
    groups: int
    """Trunks that a device has room for."""
    all: tuple[Trial, ...]

    def of_variant(self, variant: str) -> tuple[Trial, ...]:
        """Return a variant's trials in the order of the seeds."""
        return tuple(trial for trial in self.all if trial.net == variant and not trial.is_baseline)

    def of_baseline(self, head: str) -> tuple[Trial, ...]:
        """Return the trials of a head's baseline in the order of the seeds."""
        return tuple(trial for trial in self.all if trial.net == head and trial.is_baseline)


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
    nets = {name: variant_spec(spec, name, variant) for name, variant in wanted.items()}
    trials = [Trial(name, False, seed, _seeded(net, seed)) for name, net in nets.items() for seed in section.seeds]
    trials += [Trial(head, True, seed, _seeded(baseline_spec(_budgeted(spec), head), seed))
               for head in spec.main_heads for seed in section.seeds]  # fmt: skip
    return Trials(_widest(spec, nets), tuple(nets), section.seeds, section.groups, tuple(trials))


def default_variants(spec: Spec) -> dict[str, VariantSpec]:
    """Return the variants of a spec that names none: what it says itself, and one system of each family that fits."""
    variants: dict[str, Any] = {}
    if spec.sharing != HardSharing() or spec.balance.kind != "equal":
        prior = spec.sharing.prior if isinstance(spec.sharing, HardSharing) else spec.sharing
        variants[prior.kind if prior else spec.balance.kind] = {}
    if len(spec.main_heads) > 1:
        variants.setdefault("uncertainty", {"sharing": {"kind": HARD}, "balance": {"kind": "uncertainty"}})
        tags = [name for name, head in spec.main_heads.items() if head.kind == "tag"]
        if spec.trunk.layers > 1 and 0 < len(tags) < len(spec.main_heads):
            lower = {name: {"depth": (spec.trunk.layers + 1) // 2} for name in tags}
            variants.setdefault("low_supervision", {"sharing": {"kind": "low_supervision"}, "heads": lower})
        variants.setdefault("cross_stitch", {"sharing": {"kind": "cross_stitch"}})
    return {name: VariantSpec.model_validate(fields) for name, fields in variants.items()}


def variant_spec(spec: Spec, name: str, variant: VariantSpec) -> Spec:
    """Return what a variant trains. Depths are left out where its sharing has none."""
    raw = _plain(_budgeted(spec))
    sharing, balance = variant.sharing or spec.sharing, variant.balance or spec.balance
    if name == HARD:
        # Probes watch the relations of heads and leave the training as it is.
        raw["train"]["probe_steps"] = spec.train.probe_steps or PROBE_STEPS
        raw["balance"] = {"kind": "equal"}
    else:
        raw["balance"] = balance.model_dump(mode="json")
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
    raw["train"]["probe_steps"] = 0
    raw["gate"] |= {"waive": [], "floor": {}}  # they may name heads that this net has not
    return parse_spec(raw | {"sharing": {"kind": HARD}, "balance": {"kind": "equal"}}, where=f"baseline of {head}")


def screening_baselines(spec: Spec) -> tuple[Trial, ...]:
    """Return the baselines of the main heads that are not waived, with the spec's own seed and patience."""
    return _baselines(spec, [head for head in spec.main_heads if head not in spec.gate.waive], spec.train.seed)


def confirming_trials(spec: Spec, heads: Sequence[str]) -> tuple[Trial, ...]:
    """Return what tells harm from luck: two more seeds of the spec's net and of these heads' baselines."""
    seeds = (spec.train.seed + 1, spec.train.seed + 2) if heads else ()
    whole = _apart(spec)
    return tuple(
        trial
        for seed in seeds
        for trial in (Trial(WHOLE, False, seed, _seeded(whole, seed)), *_baselines(spec, heads, seed))
    )


def _baselines(spec: Spec, heads: Sequence[str], seed: int) -> tuple[Trial, ...]:
    return tuple(Trial(head, True, seed, _seeded(baseline_spec(_apart(spec), head), seed)) for head in heads)


def _apart(spec: Spec) -> Spec:
    """Return the spec under a product name of its own: its versions and runs are no business of the product's.

    Without names: only one of the sharing systems could read them, and what they add is not what sharing does.
    """
    return spec.model_copy(update={"name": f"{spec.name[:54]}-compare", "names": {}})


def _budgeted(spec: Spec) -> Spec:
    """Return the spec apart and without early stopping: patience would give each net another number of steps."""
    return _apart(spec).model_copy(update={"train": spec.train.model_copy(update={"patience": spec.train.epochs})})


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


def _plain(spec: Spec) -> dict[str, Any]:
    """Return the spec as its YAML would say it, without the comparison."""
    return spec.model_dump(mode="json", by_alias=True, exclude={"compare"})
