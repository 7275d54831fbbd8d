"""The spec: one YAML file that says what to train, on what, and when it may replace the champion.

Frozen pydantic models that refuse unknown keys: a typing error never falls back to a default. `load` reads the file.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from schemas.spec.balance import BalanceSpec, EqualBalance, GradNormBalance, method_of, takes_weights
from schemas.spec.base import Section, flatten
from schemas.spec.compare import CompareSpec
from schemas.spec.distill import DistillSpec
from schemas.spec.head_names import reserved_for
from schemas.spec.head_places import why_misplaced
from schemas.spec.heads import WORD_KINDS, HeadSpec, Label
from schemas.spec.net import TrainSpec, TrunkSpec
from schemas.spec.sharing import (
    MOST_HEADS,
    Cluster,
    CrossStitch,
    Grouped,
    HardSharing,
    JointMany,
    LowRank,
    LowSupervision,
    SharingSpec,
    Sluice,
    SoftSharing,
    TensorFactor,
    check_partition,
)
from schemas.spec.workers import why_alone

NAME_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
PRODUCT_PATTERN = r"^[a-z][a-z0-9_-]{0,62}$"
DEFAULT_CHANNEL = "local"
PROBE_STEPS = 10
"""Steps between two probes of the heads' relations where a head needs them and the spec says nothing. With four heads,
training takes half as long again (docs/adr/0008-multi-task.md)."""


class DataSpec(Section):
    """One source of rows: files (`path`, `url`) or a generator that ships with Trunkline (`recipe`)."""

    ADDED = ("url", "languages")

    path: Path | None = Field(
        None,
        description="JSON Lines, JSON, CSV, TSV, Parquet or Arrow file, or a folder of JSON Lines, Parquet and Arrow "
        "files, relative to where the command runs",
    )
    url: str | None = Field(
        None,
        pattern=r"^[a-z][a-z0-9+.-]*://\S+$",
        description="the same in a store that fsspec knows: s3://bucket/rows/",
    )
    format: str | None = Field(None, description="another tool's format, e.g. rasa; then `path` may be a folder")
    recipe: str | None = Field(None, description="name of a built-in recipe, e.g. home-assistant")
    options: dict[str, Any] = Field(default_factory=dict, description="options of the recipe or format")
    source: str | None = Field(None, description="name written to the rows' `source`; default: file stem or recipe")
    lang: str = Field("en", description="BCP 47 tag given to rows that name no language")
    languages: tuple[str, ...] = Field(
        (), max_length=64, description="that a recipe makes rows in, in each as many as its options say: [en, de]"
    )
    rename: dict[str, str] = Field(default_factory=dict, description="head name in the file -> head name in the spec")

    @model_validator(mode="after")
    def _one_origin(self) -> DataSpec:
        if [self.path, self.url, self.recipe].count(None) != 2:
            raise ValueError("give exactly one of `path`, `url` and `recipe`")
        if self.format is not None and self.path is None:
            raise ValueError("`format` says how `path` is written; a recipe and a `url` have none")
        if self.languages and self.recipe is None:
            raise ValueError("`languages` are those that a recipe speaks; rows of a file name theirs in `lang`")
        if self.options and self.format is None and self.recipe is None:
            raise ValueError("`options` are those of a recipe or a format; a file of rows has none")
        return self

    def field_of(self, head: str) -> str | None:
        """Return the name of a head's labels in this source; None where that name means another head here.

        Of a head that `follows`, ask for the name that it follows.
        """
        fields = {to: name for name, to in self.rename.items()}
        return fields.get(head, None if head in self.rename else head)


class GateSpec(Section):
    """What a challenger must show before it becomes champion."""

    ADDED = ("folds", "slice_margin", "slice_rows", "worse_slice")

    margin: float = Field(0.01, ge=0, le=1, description="a main head may lose this much of its score, not more")
    floor: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=dict,
        description="head -> lowest main metric of any champion; default: a tenth of the way from the best constant "
        "answer to a faultless one",
    )
    confidence: float = Field(0.95, gt=0.5, lt=1, description="of the paired bootstrap interval")
    resamples: int = Field(1_000, ge=100, le=100_000, description="of the paired bootstrap")
    folds: int | None = Field(
        None, ge=3, le=20, description="where held-out rows cannot decide: cross-validate both, two trainings a fold"
    )
    slice_margin: float = Field(
        0.02, ge=0, le=1, description="a language, source, intent family or length of rows may lose this much of a head"
    )
    slice_rows: int = Field(50, ge=1, le=1_000_000, description="of a slice, below which it is not judged")
    worse_slice: Literal["keep", "hold", "tell"] = Field(
        "hold",
        description="what follows where one lost more than margin and chance: the champion stays, a person decides, or "
        "it is told",
    )
    no_flagged_head: bool = Field(False, description="no main head may be worse than a net that learns it alone")
    waive: tuple[str, ...] = Field((), description="main heads that may be, as their loss is accepted")


class ExportSpec(Section):
    """ONNX graphs."""

    ADDED = ("bits",)
    bits: Literal[4, 8] = Field(
        8, description="of a stored weight of an int8 trunk: 4 take a third to a half off a bundle, and some score"
    )
    opset: int = Field(20, ge=17, le=21, description="version of ONNX's operators that devices must read")
    int8_drop: float = Field(
        0.003, ge=0, le=1, description="a head may lose this much score to int8, else a mixed form ships, else fp32"
    )
    golden: int = Field(32, ge=20, le=1_000, description="utterances whose answers travel in the bundle")


class RejectSpec(Section):
    """When the device says that it did not understand; see `deploy.bundle.calibrate`."""

    false_accept: float = Field(
        0.05, ge=0, le=1, description="target share of out-of-scope utterances that are accepted"
    )
    false_reject: float = Field(0.01, ge=0, le=1, description="largest share of right answers that may be rejected")


class ReleaseSpec(Section):
    """Where a promoted bundle goes."""

    channel: str = Field(DEFAULT_CHANNEL, pattern=PRODUCT_PATTERN, description="that devices follow")


class ValidateSpec(Section):
    """What the data must show."""

    languages: tuple[str, ...] | None = Field(None, description="accepted `lang` tags; default: any well-formed tag")
    min_rows: int = Field(2, ge=1, le=1_000_000_000, description="train rows below which a class is reported as rare")
    max_reject_share: float = Field(
        0.2, ge=0, le=1, description="quarantined share above which the data set is refused"
    )
    valid_share: float = Field(0.1, gt=0, lt=0.5, description="of rows without a split, by hash of the text")
    test_share: float = Field(0.1, ge=0, lt=0.5, description="of rows without a split, by hash of the text")


class Spec(Section):
    """One product: its data, heads, net, training and release rules."""

    ADDED = ("names",)

    name: str = Field(pattern=PRODUCT_PATTERN, description="registered model name in MLflow and product on the devices")
    data: tuple[DataSpec, ...] = Field(min_length=1, max_length=1_000, description="where rows come from")
    heads: dict[Annotated[str, Field(pattern=NAME_PATTERN)], HeadSpec] = Field(
        min_length=1, max_length=MOST_HEADS, description="what the net predicts, by name"
    )
    # `validate` is what the YAML says; the attribute needs another name, as pydantic models own that word.
    validation: ValidateSpec = Field(ValidateSpec(), alias="validate")
    names: dict[Label, Annotated[str, Field(pattern=NAME_PATTERN)]] = Field(
        default_factory=dict, max_length=16, description="slot label -> list of the device's own names, e.g. area: area"
    )
    trunk: TrunkSpec = TrunkSpec()
    sharing: SharingSpec = Field(HardSharing(), description="how the heads share weights (docs/sharing.md)")
    balance: BalanceSpec = Field(EqualBalance(), description="how the heads' losses are weighed")
    train: TrainSpec = TrainSpec()
    distill: DistillSpec = DistillSpec()
    gate: GateSpec = GateSpec()
    export: ExportSpec = ExportSpec()
    reject: RejectSpec = RejectSpec()
    release: ReleaseSpec = ReleaseSpec()
    compare: CompareSpec = CompareSpec()

    @model_validator(mode="after")
    def _names_are_free(self) -> Spec:
        for name in self.heads:
            taken = reserved_for(name)
            if taken:
                raise ValueError(f"heads.{name}: the name is taken by {taken}: call it {name}_head, say")
        return self

    @model_validator(mode="after")
    def _names_are_of_slots(self) -> Spec:
        if not self.names:
            return self
        slots = self.heads.get("slots")
        if slots is None or slots.kind != "tag" or slots.auxiliary:
            raise ValueError("names: spans with names are those of a tag head `slots` that ships: add it")
        if self.sharing.kind != "hard" or self.trunk.kind != "compact":
            raise ValueError("names: only a compact trunk that is shared hard reads names: leave `names` out")
        return self

    @model_validator(mode="after")
    def _values_are_of_slots(self) -> Spec:
        for name, head in self.heads.items():
            if head.values and name != "slots":
                raise ValueError(f"heads.{name}.values: only the head `slots` has values: leave them out")
        return self

    @model_validator(mode="after")
    def _some_head_ships(self) -> Spec:
        if all(head.auxiliary for head in self.heads.values()):
            raise ValueError("every head is auxiliary: at least one must ship")
        return self

    @model_validator(mode="after")
    def _encoders_have_one_trunk(self) -> Spec:
        if isinstance(self.sharing, LowRank):
            if self.trunk.kind != "encoder":
                raise ValueError(
                    "sharing.kind is low_rank, but a compact trunk has no attention layers to adapt: "
                    "use another kind, such as gated_experts, or trunk.kind encoder"
                )
            if self.sharing.layers > self.trunk.layers:
                raise ValueError(f"sharing.layers is {self.sharing.layers}, the trunk has {self.trunk.layers} layers")
        if self.trunk.kind == "encoder" and not isinstance(self.sharing, HardSharing | LowSupervision | LowRank):
            raise ValueError(
                f"sharing.kind is {self.sharing.kind}, but an encoder trunk can only be shared hard, be read at "
                "several depths (low_supervision), or have adapters of each head's own (low_rank)"
            )
        return self

    @model_validator(mode="after")
    def _heads_have_a_place(self) -> Spec:
        if why := why_misplaced(self):
            raise ValueError(why)
        return self

    @model_validator(mode="after")
    def _columns_fit(self) -> Spec:
        sharing = self.sharing
        if isinstance(sharing, Sluice) and self.trunk.width % sharing.subspaces:
            raise ValueError(
                f"sharing.subspaces is {sharing.subspaces}, which does not divide trunk.width {self.trunk.width}"
            )
        if isinstance(sharing, CrossStitch | TensorFactor) and sharing.solo_epochs >= self.train.epochs:
            raise ValueError(
                f"sharing.solo_epochs is {sharing.solo_epochs} of train.epochs {self.train.epochs}: "
                "the heads would never share; lower it"
            )
        return self

    @model_validator(mode="after")
    def _clusters_fit_the_heads(self) -> Spec:
        if isinstance(self.sharing, HardSharing) and isinstance(self.sharing.prior, Cluster):
            self.sharing.prior.check_heads([name for name, head in self.heads.items() if head.kind != "next_word"])
        return self

    @model_validator(mode="after")
    def _groups_hold_the_heads(self) -> Spec:
        if isinstance(self.sharing, Grouped):
            check_partition("sharing.groups", "group", self.sharing.groups, list(self.heads))
            for group in self.sharing.groups:
                if not any(name in self.main_heads for name in group):
                    raise ValueError(
                        f"sharing.groups: {', '.join(group)} are auxiliary, so this trunk would help no head that "
                        "ships: put them into another group, or leave them out"
                    )
        return self

    @model_validator(mode="after")
    def _new_labels_have_a_place(self) -> Spec:
        if self.train.start_from and isinstance(self.sharing, JointMany):
            raise ValueError(
                "train.start_from is champion, but with sharing.kind joint_many the labels of one head are input of "
                "the next, and new ones would find no place there: leave it out"
            )
        return self

    @model_validator(mode="after")
    def _a_frozen_trunk_is_there_and_one(self) -> Spec:
        if self.train.freeze is None:
            return self
        if self.train.start_from is None:
            raise ValueError(
                "train.freeze is trunk, but train.start_from says that it starts anew: set train.start_from: champion, "
                "whose trunk is kept"
            )
        if self.sharing != HardSharing():
            what = "sharing.prior changes" if self.sharing.kind == "hard" else f"sharing.kind {self.sharing.kind} mixes"
            raise ValueError(f"train.freeze is trunk, but {what} what heads read of it: leave one of the two out")
        if not isinstance(self.balance, EqualBalance):
            raise ValueError(
                f"train.freeze is trunk, so no weights that heads share learn, and balance.kind "
                f"{method_of(self.balance)} has nothing to weigh: use balance.kind equal"
            )
        return self

    @model_validator(mode="after")
    def _waived_heads_gate(self) -> Spec:
        for name in self.gate.waive:
            if name not in self.main_heads:
                raise ValueError(f"gate.waive names {name}; main heads are {', '.join(self.main_heads)}")
        return self

    @model_validator(mode="after")
    def _floors_are_of_main_heads(self) -> Spec:
        for name in self.gate.floor:
            if name not in self.main_heads:
                near = difflib.get_close_matches(name, self.main_heads, n=1, cutoff=0.5)
                hint = f"did you mean `{near[0]}`?" if near else f"main heads are {', '.join(self.main_heads)}"
                raise ValueError(f"gate.floor names {name}, which is no head that ships; {hint}")
        return self

    @model_validator(mode="after")
    def _gradnorm_has_a_shared_layer(self) -> Spec:
        sharing = self.sharing
        is_solo = isinstance(sharing, CrossStitch | TensorFactor) and sharing.solo_epochs > 0
        is_apart = (
            isinstance(sharing, SoftSharing) or is_solo or (isinstance(sharing, Grouped) and len(sharing.groups) > 1)
        )
        apart = is_apart and not getattr(sharing, "share_embedding", True)
        if isinstance(self.balance, GradNormBalance) and apart:
            raise ValueError(
                f"balance.kind gradnorm compares gradients on a shared layer, but sharing.kind {sharing.kind} has "
                f"none{' in its solo epochs' if is_solo else ''}: set sharing.share_embedding: true, or use another "
                "method, such as uncertainty or famo"
            )
        return self

    @model_validator(mode="after")
    def _moments_of_heads_fit(self) -> Spec:
        if self.train.moments == "per_head" and not isinstance(self.balance, EqualBalance):
            raise ValueError(
                f"train.moments is per_head, but balance.kind is {self.balance.kind}: moments of a head's own cancel "
                "what a method does to its gradient's size; use balance.kind equal, or train.moments shared"
            )
        if self.train.moments == "per_head" and self.train.compile:
            raise ValueError(
                "train.moments is per_head, which takes a backward pass a head, and a compiled net allows one: leave "
                "out train.compile, or train.moments"
            )
        return self

    @model_validator(mode="after")
    def _workers_share_the_step(self) -> Spec:
        if self.train.workers > 1 and (why := why_alone(self)):
            raise ValueError(f"train.workers is {self.train.workers}, but {why}")
        return self

    @model_validator(mode="after")
    def _weights_count(self) -> Spec:
        for name, head in self.heads.items():
            if head.weight != 1 and not takes_weights(self.balance):
                raise ValueError(
                    f"heads.{name}.weight is {head.weight:g}, but balance.kind {method_of(self.balance)} has no place "
                    "for weights: leave it out, or use a method that has, such as equal, upgrad or nash_mtl"
                )
        return self

    @property
    def name_lists(self) -> tuple[str, ...]:
        """The device's own lists, in the order in which the net reads them."""
        return tuple(sorted(set(self.names.values())))

    @property
    def main_heads(self) -> dict[str, HeadSpec]:
        """The heads that ship and gate."""
        return {name: head for name, head in self.heads.items() if not head.auxiliary}

    @property
    def labelled_heads(self) -> dict[str, HeadSpec]:
        """The heads that read a field of `labels`, or of `next`; the others' labels are made of what rows have."""
        return {
            name: head
            for name, head in self.heads.items()
            if (head.kind not in WORD_KINDS or head.names_what_follows)
            and head.weak_label is None
            and head.reads is None
            and head.twin_of is None
        }

    @property
    def probe_steps(self) -> int:
        """Steps between two probes of the heads' relations; 0: none."""
        needed = any(head.stop_after for head in self.heads.values())
        return self.train.probe_steps or (PROBE_STEPS if needed else 0)

    def going_on(self) -> Spec:
        """Return the spec of a training that goes on from the champion: as many epochs as that takes."""
        return self.model_copy(update={"train": self.train.model_copy(update={"epochs": self.train.more_epochs})})

    def digest(self) -> str:
        """sha256 of the whole spec in canonical JSON."""
        return _digest(self.model_dump(mode="json", by_alias=True))

    def training_digest(self) -> str:
        """sha256 of `training_fields`."""
        return _digest(self.training_fields())

    def training_fields(self) -> dict[str, str]:
        """Return what decides the trained net beside rows and start: dotted field -> value, where it has one."""
        value = self.model_dump(
            mode="json",
            include={"heads", "names", "trunk", "sharing", "balance", "train", "distill"},
            exclude={
                "heads": {"__all__": {"values"}},  # read on the device, no matter for the net
                # They choose start, epochs and what moves from there: where there is a start, those count.
                # Workers train the same net, to rounding and dropout.
                "train": {"start_from", "more_epochs", "freeze", "workers"},
            },
        )
        return dict(flatten(value))


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
