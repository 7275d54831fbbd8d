"""What a spec can say of a comparison: its variants, how often each is trained, and for how many trunks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from schemas.spec.balance import BalanceSpec
from schemas.spec.base import RateFactor, Section, Seed
from schemas.spec.sharing import SharingSpec

VariantName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]


class VariantSpec(Section):
    """A variant in the comparison: what differs from the spec that it stands in."""

    sharing: SharingSpec | None = Field(None, description="default: the spec's")
    balance: BalanceSpec | None = Field(None, description="default: the spec's")
    moments: Literal["shared", "per_head"] | None = Field(
        None, description="Adam's moments; default: the spec's, shared where its balance has no others"
    )
    trunk_rate: RateFactor | None = Field(None, description="learning rate of what heads share; default: the spec's")
    heads: dict[str, dict[str, Any] | None] = Field(
        default_factory=dict, description="fields of a head that differ, a whole auxiliary head more, or null: without"
    )


class CompareSpec(Section):
    """`trunkline compare`: variants side by side with single-task baselines."""

    variants: dict[VariantName, VariantSpec] = Field(
        default_factory=dict, max_length=64, description="default: a few that suit the spec"
    )
    seeds: tuple[Seed, ...] = Field(
        (0, 1, 2),
        min_length=3,
        max_length=100,
        description="of the trainings; fewer than three cannot tell sharing from luck",
    )
    rates: tuple[Annotated[float, Field(ge=1e-3, le=1e3)], ...] = Field(
        (1.0, 3.0, 8.0),
        min_length=1,
        max_length=16,
        description="learning rates tried for every variant and every baseline, times train.learning_rate",
    )
    groups: int = Field(2, ge=1, le=8, description="trunks that a device has room for, in the recommended grouping")

    @model_validator(mode="after")
    def _seeds_and_rates_differ(self) -> CompareSpec:
        for name in ("seeds", "rates"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise ValueError(f"`{name}` has one twice: {list(values)}")
        return self

    @model_validator(mode="after")
    def _names_are_free(self) -> CompareSpec:
        if "hard" in self.variants:
            raise ValueError(
                "`variants.hard` is always there: plain hard sharing, equal weights; name your variant otherwise"
            )
        if "grouped" in self.variants:
            raise ValueError("`variants.grouped` is the name of the recommended groups; name your variant otherwise")
        return self
