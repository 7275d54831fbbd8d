"""What a spec can say of balancing the heads' losses: one class a method, told apart by `kind`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.spec.base import RateFactor, Section

Rate = Annotated[RateFactor, Field(description="learning rate of the weights against the net's")]


class EqualBalance(Section):
    """Every head's normalised loss counts by its `weight`."""

    kind: Literal["equal"] = "equal"


class UncertaintyBalance(Section):
    """Weights are learned variances of the heads' errors (Kendall et al. 2018)."""

    kind: Literal["uncertainty"] = "uncertainty"
    rate_factor: Rate = 10.0


class ImtlLossBalance(Section):
    """Learned scales level the losses (Liu et al. 2021, IMTL-L)."""

    kind: Literal["imtl_l"] = "imtl_l"
    rate_factor: Rate = 10.0


class DwaBalance(Section):
    """Heads whose loss falls slowly from epoch to epoch count more (Liu et al. 2019)."""

    kind: Literal["dwa"] = "dwa"
    temperature: float = Field(2.0, ge=1e-3, le=1e3, description="larger is more even")


class RlwBalance(Section):
    """New random weights each step (Lin et al. 2022)."""

    kind: Literal["rlw"] = "rlw"


class GlsBalance(Section):
    """The geometric mean of the losses (Chennupati et al. 2019)."""

    kind: Literal["gls"] = "gls"


class ScaleInvariantBalance(Section):
    """The mean logarithm of the losses: no head's unit matters."""

    kind: Literal["scale_invariant"] = "scale_invariant"


class StchBalance(Section):
    """A smooth maximum of the losses (Lin et al. 2024)."""

    kind: Literal["stch"] = "stch"
    mu: float = Field(0.1, ge=1e-5, le=1e3, description="smaller is closer to the maximum")


class CosmosBalance(Section):
    """Weighted sum, minus how well the weighted losses agree (Ruchte & Grabocka 2021)."""

    kind: Literal["cosmos"] = "cosmos"
    penalty: float = Field(1.0, ge=0, le=1e3, description="lambda on the cosine")


class PbiBalance(Section):
    """Losses are kept on the ray where, weighted, they are equal (Zhang & Li 2007)."""

    kind: Literal["pbi"] = "pbi"
    penalty: float = Field(
        0.5, ge=0, le=1e3, description="theta on the distance from the ray; above 1 it can raise low losses"
    )


class FamoBalance(Section):
    """All losses fall at one rate; costs one more forward pass a step (Liu et al. 2023)."""

    kind: Literal["famo"] = "famo"
    learning_rate: float = Field(0.025, gt=0, le=1, description="of the weights' logits")
    decay: float = Field(1e-3, ge=0, le=1e3, description="gamma: pulls the weights back to the spec's")


class GradNormBalance(Section):
    """Weights that level the heads' gradients on the last shared layer (Chen et al. 2018)."""

    kind: Literal["gradnorm"] = "gradnorm"
    alpha: float = Field(1.5, ge=0, le=10, description="how much a head that lags is helped")
    rate_factor: Rate = 10.0


class PlainJacobianBalance(Section):
    """A direction from the heads' gradients, without options. Costs one backward pass a head."""

    kind: Literal["upgrad", "pcgrad", "mgda", "imtl_g", "dualproj", "config", "graddrop", "nash_mtl"]


class CagradBalance(Section):
    """Helps the head that gains least, within a ball around the mean gradient (Liu et al. 2021)."""

    kind: Literal["cagrad"] = "cagrad"
    c: float = Field(0.4, ge=0, lt=1, description="radius of the ball against the mean gradient's norm")


class AlignedMtlBalance(Section):
    """Levels the spectrum of the gradients (Senushkin et al. 2023)."""

    kind: Literal["aligned_mtl"] = "aligned_mtl"
    scale: Literal["min", "median", "rmse"] = Field("min", description="which singular value the others take")


class FairGradBalance(Section):
    """alpha-fair shares of the gain (Ban & Ji 2024)."""

    kind: Literal["fairgrad"] = "fairgrad"
    alpha: float = Field(1.0, ge=1e-2, le=100, description="1 is proportional fairness, larger nears max-min")


class GradVacBalance(Section):
    """Raises the cosine of two heads' gradients to its running mean (Wang et al. 2021)."""

    kind: Literal["gradvac"] = "gradvac"
    beta: float = Field(0.5, gt=0, le=1, description="how fast the running mean moves")


class CrMogmBalance(Section):
    """Smooths another method's weights over steps (Zhou et al. 2022)."""

    kind: Literal["cr_mogm"] = "cr_mogm"
    of: Literal["upgrad", "pcgrad", "mgda", "imtl_g", "dualproj"] = Field("mgda", description="the method smoothed")
    memory: float = Field(0.9, ge=0, lt=1, description="share of the last step's weights in the new ones")


GramianBalance = (
    PlainJacobianBalance | CagradBalance | AlignedMtlBalance | FairGradBalance | GradVacBalance | CrMogmBalance
)
ScalarBalance = RlwBalance | GlsBalance | ScaleInvariantBalance | StchBalance | CosmosBalance | PbiBalance

BalanceSpec = Annotated[
    EqualBalance
    | UncertaintyBalance
    | ImtlLossBalance
    | DwaBalance
    | FamoBalance
    | GradNormBalance
    | ScalarBalance
    | GramianBalance,
    Field(discriminator="kind"),
]

WEIGHTLESS = frozenset({"mgda", "imtl_g", "cagrad", "fairgrad", "gradvac"})
"""Methods that read a smaller gradient as a head that needs more, or move by angles alone: a head's `weight` would turn
into its opposite, or into nothing, and none of their papers has preferences."""


def method_of(spec: BalanceSpec) -> str:
    """Return the kind that sets the weights: of `cr_mogm`, the one that it smooths."""
    return spec.of if isinstance(spec, CrMogmBalance) else spec.kind


def takes_weights(spec: BalanceSpec) -> bool:
    """Say whether a head's `weight` means something to the method."""
    return method_of(spec) not in WEIGHTLESS
