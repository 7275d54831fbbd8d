"""What a spec can say of parameter sharing: one class a system, told apart by `kind` (docs/sharing.md)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas.spec.base import Count, RateFactor, Section

FACTORED_MODES: dict[str, tuple[int, ...]] = {"tucker": (0, 1, 2), "tt": (0, 2), "laf": (2,)}
"""Which modes of (outputs, inputs, heads) each form of tensor factorisation compresses."""
MOST_HEADS = 64
Strength = Annotated[float, Field(ge=0, le=1e9)]


def check_partition(
    field: str, group: str, groups: Collection[Collection[str]], heads: Collection[str], others: str = "unknown heads"
) -> None:
    """Raise `ValueError` unless each head stands in one group; `field` and `group` are what the spec calls them.

    `others`: what any other name in a group is.
    """
    members = [name for names in groups for name in names]
    wrong = {
        f"empty {group}s": [str(index) for index, names in enumerate(groups) if not names],
        others: sorted(set(members) - set(heads)),
        "heads named twice": sorted({name for name in members if members.count(name) > 1}),
        f"heads in no {group}": sorted(set(heads) - set(members)),
    }
    found = "; ".join(f"{what}: {', '.join(names)}" for what, names in wrong.items() if names)
    if found:
        raise ValueError(f"{field} must name each of {', '.join(heads)} once; found {found}")


class BlockSparse(Section):
    """l1/lq on the heads' weights over a shared projection: features that no head uses are cut at export."""

    kind: Literal["block_sparse"] = "block_sparse"
    norm: Literal[1, 2, "inf"] = Field(2, description="q of the norm over the heads; 1 is the plain lasso")
    strength: Strength = Field(0.1, description="pull to zero in units of a full optimiser step; 1 keeps all at zero")
    dirty: Strength | None = Field(None, description="the same for a second, elementwise sparse part (Jalali 2010)")

    @model_validator(mode="after")
    def _parts_differ(self) -> BlockSparse:
        if self.dirty is not None and self.norm == 1:
            raise ValueError("with norm 1 both parts of `dirty` are elementwise: use norm 2 or inf, or leave it out")
        return self


class Cluster(Section):
    """Heads of one cluster are pulled together (Evgeniou 2005; Jacob et al. 2008)."""

    kind: Literal["cluster"] = "cluster"
    form: Literal["kmeans", "convex"] = Field("kmeans", description="k-means each epoch, or the convex cluster norm")
    clusters: Annotated[int, Field(ge=1, le=MOST_HEADS)] | tuple[tuple[str, ...], ...] = Field(
        2, description="how many, or the heads of each"
    )
    # Decoupled from the gradients, as AdamW's weight decay is, and of its size or larger.
    mean: Strength = Field(0.01, description="lambda of the squared overall mean")
    between: Strength = Field(0.1, description="lambda of the clusters' distance from the mean")
    within: Strength = Field(1.0, description="lambda of the heads' distance from their cluster")
    adaptor_width: int = Field(64, ge=2, le=1024, description="of the per-head layer that the prior is on")

    @model_validator(mode="after")
    def _convex_form_has_bounds(self) -> Cluster:
        if self.form == "convex" and not isinstance(self.clusters, int):
            raise ValueError("the convex form finds the clusters: give `clusters` as a number, or use form kmeans")
        if self.form == "convex" and not 0 < self.between <= self.within:
            raise ValueError(
                f"the convex form needs 0 < between <= within, found between {self.between} and within {self.within}"
            )
        return self

    def check_heads(self, heads: Collection[str]) -> None:
        """Raise `ValueError` unless the clusters fit the heads that have an adaptor."""
        if isinstance(self.clusters, int):
            if self.clusters > len(heads):
                raise ValueError(f"sharing.prior.clusters is {self.clusters}, but {len(heads)} heads can be clustered")
            return
        others = "unknown heads or next_word heads"
        check_partition("sharing.prior.clusters", "cluster", self.clusters, heads, others)


class Relationship(Section):
    """A tensor-normal prior on per-head adaptors learns how heads relate (Long et al. 2017)."""

    kind: Literal["relationship"] = "relationship"
    strength: Strength = Field(0.1, description="lambda, decoupled from the gradients as AdamW's weight decay is")
    every: Count = Field(100, description="steps between two updates of the covariances")
    adaptor_width: int = Field(64, ge=2, le=1024, description="of the per-head layer that the prior is on")


Prior = Annotated[BlockSparse | Cluster | Relationship, Field(discriminator="kind")]


class HardSharing(Section):
    """All layers shared, heads private (Caruana 1993)."""

    kind: Literal["hard"] = "hard"
    prior: Prior | None = Field(None, description="a prior on the heads")


class SoftSharing(Section):
    """One trunk a head, tied by a penalty (Duong et al. 2015; Yang & Hospedales 2017)."""

    kind: Literal["soft"] = "soft"
    norm: Literal["l2", "trace_laf", "trace_tucker", "trace_tt"] = Field(
        "l2", description="of the distance between the columns: squared, or a trace norm of one of three unfoldings"
    )
    strength: Strength = Field(1.0, description="lambda, decoupled from the gradients as AdamW's weight decay is")
    share_embedding: bool = Field(False, description="one word embedding for all trunks: much smaller on a device")


class LowSupervision(Section):
    """Each head reads the layer of its `depth` (Søgaard & Goldberg 2016)."""

    kind: Literal["low_supervision"] = "low_supervision"


class CrossStitch(Section):
    """One column of layers a head, mixed after every layer by learned weights (Misra et al. 2016)."""

    kind: Literal["cross_stitch"] = "cross_stitch"
    per_channel: bool = Field(False, description="weights of their own for each hidden channel")
    own: float = Field(0.9, ge=0, le=1, description="start weight of a column's own states")
    rate_factor: RateFactor = Field(10, description="learning rate of the mixing weights against the others'")
    solo_epochs: int = Field(
        0, ge=0, le=10_000, description="epochs as single-head nets before the columns are stitched"
    )
    share_embedding: bool = Field(True, description="one word embedding for all columns: much smaller on a device")


class Sluice(Section):
    """Cross-stitch over subspaces of each layer, with learned mixing of layers (Ruder et al. 2019)."""

    kind: Literal["sluice"] = "sluice"
    subspaces: int = Field(2, ge=1, le=8, description="parts of a layer that are shared apart; they divide trunk.width")
    own: float = Field(0.9, ge=0, le=1, description="start weight of a column's own subspace")
    balanced: bool = Field(False, description="start from equal weights instead")
    last_layer: float = Field(0.9, ge=0, le=1, description="start weight of the last layer in each head's mix")
    orthogonality: Strength = Field(0.01, description="lambda of the penalty between a column's subspaces")
    rate_factor: RateFactor = Field(10, description="learning rate of the mixing weights against the others'")
    share_embedding: bool = Field(True, description="one word embedding for all columns: much smaller on a device")


class JointMany(Section):
    """Heads at growing depths, each layer reads the words and the answers below it (Hashimoto et al. 2017)."""

    kind: Literal["joint_many"] = "joint_many"
    shortcut: bool = Field(True, description="every layer reads the word embedding too")
    label_width: int = Field(32, ge=0, le=1024, description="of the embedded answers of lower heads; 0 leaves them out")
    successive: Strength = Field(0.5, description="delta: pull of lower layers to where the last epoch left them")


class TensorFactor(Section):
    """One net a head whose layer weights are composed from shared factors (Yang & Hospedales 2017)."""

    kind: Literal["tensor_factor"] = "tensor_factor"
    form: Literal["tucker", "tt", "laf"] = Field("tucker", description="which factorisation of the stacked weights")
    ranks: tuple[Annotated[int, Field(ge=1, le=8192)], ...] | None = Field(
        None,
        description="tucker: of outputs, inputs and heads; tt: outputs and heads; laf: heads; default: by SVD of "
        "single-head nets",
    )
    error: float = Field(0.1, ge=1e-6, lt=1, description="relative error that the ranks may leave")
    solo_epochs: int = Field(1, ge=0, le=10_000, description="epochs as single-head nets before the ranks are chosen")
    share_embedding: bool = Field(True, description="one word embedding for all nets: much smaller on a device")

    @model_validator(mode="after")
    def _ranks_fit_the_form(self) -> TensorFactor:
        wanted = len(FACTORED_MODES[self.form])
        if self.ranks is not None and len(self.ranks) != wanted:
            raise ValueError(f"ranks has {len(self.ranks)} numbers, the form {self.form} takes {wanted}")
        if self.ranks is None and self.solo_epochs == 0:
            raise ValueError(
                "without ranks and with solo_epochs 0 all nets are one copy, of rank 1: give ranks or solo_epochs"
            )
        return self


class Adaptive(Section):
    """One thin trunk that splits into branches where heads disagree (Lu et al. 2017).

    `trunk.width` is the width of one branch: about half of what hard sharing would get.
    """

    kind: Literal["adaptive"] = "adaptive"
    every: Count = Field(2, description="epochs of training between two widenings, from the top layer down")
    branch_cost: float = Field(
        0.1, ge=0, le=1, description="L0: disagreement (0 to 1) that one more branch must spare; 1 never splits"
    )


class Grouped(Section):
    """Several trunks under one product, one a group of heads, as `trunkline compare` recommends (Standley 2020)."""

    kind: Literal["grouped"] = "grouped"
    groups: tuple[tuple[str, ...], ...] = Field(
        min_length=1, max_length=MOST_HEADS, description="heads of each trunk, e.g. [[intent, domain], [slots]]"
    )
    share_embedding: bool = Field(False, description="one word embedding for all trunks: much smaller on a device")


class GatedExperts(Section):
    """Last layers for all heads and of each head's own, weighed word by word (Tang et al. 2020; Ma et al. 2018)."""

    kind: Literal["gated_experts"] = "gated_experts"
    shared: int = Field(2, ge=1, le=8, description="experts that every head reads")
    private: int = Field(1, ge=0, le=8, description="experts of each head's own; 0 is a mixture of shared ones")


class LowRank(Section):
    """An encoder's last layers once a head, with low-rank adapters between them (Yang et al. 2024, MTL-LoRA)."""

    kind: Literal["low_rank"] = "low_rank"
    rank: int = Field(8, ge=1, le=256, description="r of the adapters")
    layers: int = Field(1, ge=1, le=12, description="last layers that have adapters and run once a head")
    ups: int = Field(3, ge=1, le=16, description="shared maps back from rank to width, which each head weighs")


SharingSpec = Annotated[
    HardSharing
    | SoftSharing
    | LowSupervision
    | CrossStitch
    | Sluice
    | JointMany
    | TensorFactor
    | Adaptive
    | Grouped
    | GatedExperts
    | LowRank,
    Field(discriminator="kind"),
]
