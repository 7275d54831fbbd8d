"""The spec: one YAML file that says what to train, on what, and when it may replace the champion.

Frozen pydantic models that refuse unknown keys: a typing error never falls back to a default. `load` reads the file.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from schemas.perturb.weak_labels import WORD_LABELS, WeakLabel
from schemas.spec.balance import BalanceSpec, EqualBalance, GradNormBalance, method_of, takes_weights
from schemas.spec.base import Count, RateFactor, Section, Seed, flatten
from schemas.spec.compare import CompareSpec
from schemas.spec.distill import DistillSpec
from schemas.spec.head_names import reserved_for
from schemas.spec.sharing import (
    MOST_HEADS,
    Cluster,
    CrossStitch,
    Grouped,
    HardSharing,
    JointMany,
    LowSupervision,
    SharingSpec,
    Sluice,
    SoftSharing,
    TensorFactor,
    check_partition,
)
from schemas.spec.workers import why_alone
from trunkline_edge.bundle.manifest import MAX_LABEL_CHARACTERS
from trunkline_edge.understanding.values.kinds import Kind

Label = Annotated[str, Field(min_length=1, max_length=MAX_LABEL_CHARACTERS)]
HeadKind = Literal["class", "multilabel", "tag", "score", "next_word"]
NAME_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
PRODUCT_PATTERN = r"^[a-z][a-z0-9_-]{0,62}$"
PROBE_STEPS = 10
"""Steps between two probes of the heads' relations where a head needs them and the spec says nothing. With four heads,
training takes half as long again (docs/adr/0008-multi-task.md)."""


class DataSpec(Section):
    """One source of rows: a file (`path`) or a generator that ships with Trunkline (`recipe`)."""

    path: Path | None = Field(
        None, description="JSON Lines, JSON, CSV, TSV, Parquet or Arrow file, relative to where the command runs"
    )
    format: str | None = Field(None, description="another tool's format, e.g. rasa; then `path` may be a folder")
    recipe: str | None = Field(None, description="name of a built-in recipe, e.g. home-assistant")
    options: dict[str, Any] = Field(default_factory=dict, description="options of the recipe or format")
    source: str | None = Field(None, description="name written to the rows' `source`; default: file stem or recipe")
    lang: str = Field("en", description="BCP 47 tag given to rows that name no language")
    rename: dict[str, str] = Field(default_factory=dict, description="head name in the file -> head name in the spec")

    @model_validator(mode="after")
    def _one_origin(self) -> DataSpec:
        if (self.path is None) == (self.recipe is None):
            raise ValueError("give exactly one of `path` and `recipe`")
        if self.format is not None and self.path is None:
            raise ValueError("`format` says how `path` is written; a recipe has none")
        if self.options and self.format is None and self.recipe is None:
            raise ValueError("`options` are those of a recipe or a format; a file of rows has none")
        return self

    def field_of(self, head: str) -> str | None:
        """Return the name of a head's labels in this source; None where that name means another head here."""
        fields = {to: name for name, to in self.rename.items()}
        return fields.get(head, None if head in self.rename else head)


class ValueSpec(Section):
    """What the words of one slot label mean. In YAML a kind alone will do: `brightness: percent`."""

    kind: Kind
    slot: Label | None = Field(None, description="slot that it fills; default: that of the label's name")
    times: float = Field(1.0, ge=-1e6, le=1e6, description="factor on the number said: -1 for `down by 10`")
    rest: Label | None = Field(None, description="slot of what is left of a whole number, in sixtieths: 1.5 hours")

    @model_validator(mode="before")
    @classmethod
    def _kind_alone(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value


class HeadSpec(Section):
    """One thing the net predicts."""

    kind: HeadKind = Field(
        description="what its labels are: one text, several, spans, a number, or the words themselves"
    )
    weight: float = Field(1.0, ge=1e-6, le=1e4, description="factor on this head's loss")
    auxiliary: bool = Field(False, description="trains with the net, never ships and never gates")
    labels: tuple[Label, ...] | None = Field(
        None, min_length=1, max_length=10_000, description="closed label set; default: the labels of the train rows"
    )
    depth: int | None = Field(None, ge=1, le=12, description="trunk layer that it reads, from 1; default: the last")
    weak_label: WeakLabel | None = Field(None, description="labels by this rule of schemas/perturb/weak_labels.py")
    reads: Literal["source", "lang"] | None = Field(None, description="labels are this column of the rows")
    adversarial: bool = Field(False, description="the trunk unlearns what this head tells: gradient reversal")
    stop_after: int | None = Field(
        None, ge=1, le=10_000, description="epochs of negative affinity on the main heads after which it trains no more"
    )
    values: dict[Label, ValueSpec] = Field(
        default_factory=dict, max_length=1_000, description="tag label -> the kind of its values; default: text"
    )

    @model_serializer(mode="wrap")
    def _without_what_is_not_used(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        value: dict[str, Any] = dump(self)
        if not self.values:
            value.pop("values", None)  # so that specs without values keep their digests
        return value

    @model_validator(mode="after")
    def _values_are_of_spans(self) -> HeadSpec:
        if self.values and self.kind != "tag":
            raise ValueError(f"`values` are of spans, and this is a {self.kind} head: leave them out")
        unknown = sorted(self.values.keys() - set(self.labels or self.values))
        if unknown:
            raise ValueError(f"`values` names {unknown[0]!r}, which is not among `labels`")
        return self

    @model_validator(mode="after")
    def _some_heads_never_ship(self) -> HeadSpec:
        never = {
            "a next_word head": self.kind == "next_word",
            "a head with `weak_label`": self.weak_label is not None,
            "a head with `reads`": self.reads is not None,
            "an adversarial head": self.adversarial,
            "a head with `stop_after`": self.stop_after is not None,
        }
        for what, applies in never.items():
            if applies and not self.auxiliary:
                raise ValueError(f"{what} never ships: set `auxiliary: true`")
        return self

    @model_validator(mode="after")
    def _made_labels_are_classes(self) -> HeadSpec:
        made = [field for field in ("weak_label", "reads") if getattr(self, field) is not None]
        if len(made) > 1:
            raise ValueError("give `weak_label` or `reads`, not both: each says where the labels come from")
        if made and self.kind == "tag" and self.labels is None and self.weak_label in WORD_LABELS:
            return self
        if made and (self.kind != "class" or self.labels is not None):
            words = f"; of words ({', '.join(WORD_LABELS)}) also of a tag head" if self.weak_label else ""
            raise ValueError(
                f"`{made[0]}` makes the labels of a class head: set `kind: class` and leave out `labels`{words}"
            )
        return self

    @model_validator(mode="after")
    def _labels_can_be_told_apart(self) -> HeadSpec:
        if self.labels is None:
            return self
        if self.kind in ("score", "next_word"):
            raise ValueError(f"a {self.kind} head has no label set: leave out `labels`")
        twice = sorted({label for label, times in Counter(self.labels).items() if times > 1})
        if twice:
            raise ValueError(f"`labels` has {twice[0]!r} twice: leave one out")
        return self


class FeaturizerOptions(Section):
    """How text becomes ids; see `trunkline_edge.understanding.featurizer`."""

    vocabulary: int = Field(
        8_000, ge=2, le=200_000, description="most frequent train words that get an id of their own"
    )
    buckets: int = Field(16_384, ge=64, le=1_000_000, description="hash buckets shared by all character n-grams")
    ngram_min: int = Field(3, ge=1, le=8, description="characters")
    ngram_max: int = Field(5, ge=1, le=8, description="characters")
    max_features: int = Field(24, ge=2, le=64, description="ids of one word: itself, its shape, its n-grams")
    max_words: int = Field(128, ge=4, le=512, description="longer input is cut, and says so")

    @model_validator(mode="after")
    def _some_ngrams(self) -> FeaturizerOptions:
        if self.ngram_min > self.ngram_max:
            raise ValueError(f"`ngram_min` is {self.ngram_min}, more than `ngram_max` {self.ngram_max}: swap them")
        return self


class TrunkSpec(Section):
    """The shared encoder: `compact` reads with LSTMs, `encoder` with the attention layers of a pre-trained model."""

    kind: Literal["compact", "encoder"] = Field("compact", description="LSTMs, or a pre-trained model's attention")
    embedding_width: int = Field(128, ge=8, le=1024, description="of a word before it is read in its sentence")
    width: int = Field(
        256, ge=8, le=2048, multiple_of=2, description="hidden width d; half of it for each reading direction"
    )
    layers: int = Field(2, ge=1, le=12, description="of the trunk, one on the other")
    dropout: float = Field(0.3, ge=0, lt=1, description="share of values hidden between layers in training")
    word_dropout: float = Field(0.1, ge=0, lt=1, description="share of train words whose own id is hidden")
    vectors: Path | None = Field(None, description="file of word vectors to start from (schemas/artifacts/vectors.py)")
    pretrained: Path | None = Field(
        None, description="a pre-trained encoder: a file of `make vectors`, or a folder of Hugging Face's form"
    )
    attention_heads: int | None = Field(
        None, ge=1, le=64, description="of each layer of an encoder; default: one for every 32 of its width"
    )
    tokenizer: Literal["words", "pieces"] = Field(
        "words", description="what an encoder reads: words and n-grams, or its own pieces, of which a device needs all"
    )
    featurizer: FeaturizerOptions = FeaturizerOptions()

    @model_validator(mode="after")
    def _encoders_are_pretrained(self) -> TrunkSpec:
        if self.kind == "encoder" and (self.pretrained is None or self.vectors is not None):
            raise ValueError(
                "an encoder starts from `pretrained`, which brings its own words: set it and leave out `vectors` "
                "(`make vectors` writes data/minilm.safetensors)"
            )
        if self.kind == "compact" and self.pretrained is not None:
            raise ValueError("`pretrained` is for `kind: encoder`; a compact trunk may start from `vectors`")
        if self.kind == "compact" and self.tokenizer == "pieces":
            raise ValueError("`tokenizer: pieces` is for `kind: encoder`; a compact trunk reads words: leave it out")
        if self.attention_heads and (self.kind == "compact" or self.width % self.attention_heads):
            raise ValueError(
                f"`attention_heads` is {self.attention_heads}: an encoder's, of which they divide the width; "
                "leave it out, or set what the encoder has"
            )
        return self

    @model_serializer(mode="wrap")
    def _without_what_is_not_used(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        value: dict[str, Any] = dump(self)
        if self.tokenizer == "words":
            value.pop("tokenizer", None)  # so that specs without pieces keep their digests
        if self.attention_heads is None:
            value.pop("attention_heads", None)
        return value


class TrainSpec(Section):
    """The training loop."""

    epochs: int = Field(20, ge=1, le=10_000, description="passes over the train rows, at most")
    start_from: Literal["champion"] | None = Field(
        None, description="champion: go on from its weights, with new rows for new words and labels; default: anew"
    )
    more_epochs: int = Field(
        3, ge=1, le=10_000, description="passes in place of `epochs` where the training goes on from the champion"
    )
    freeze: Literal["trunk"] | None = Field(
        None, description="trunk: keep the champion's bit for bit and train heads alone, so that only these ship"
    )
    patience: int = Field(5, ge=1, le=10_000, description="epochs without a better validation score before stopping")
    keep: Literal["best", "last"] = Field(
        "best", description="epoch whose weights stay: best on valid rows, or the last"
    )
    batch_size: int = Field(64, ge=1, le=65_536, description="utterances a step")
    learning_rate: float = Field(2e-3, ge=1e-9, le=1, description="highest of the schedule")
    warmup_share: float = Field(0.05, ge=0, lt=1, description="share of all steps with a rising learning rate")
    weight_decay: float = Field(1e-2, ge=0, le=1, description="pull of the weights to zero, as AdamW has it")
    trunk_rate: RateFactor = Field(1.0, description="learning rate of the trunk, against the heads' own layers'")
    moments: Literal["shared", "per_head"] = Field(
        "shared", description="Adam's moments where heads share a parameter; per_head costs a backward pass a head"
    )
    clip_norm: float = Field(1.0, ge=1e-6, le=1e6, description="longest gradient; a longer one is shortened to it")
    label_smoothing: float = Field(0.05, ge=0, lt=1, description="of class heads")
    augment: float = Field(
        0.0,
        ge=0,
        le=1,
        description="share of train rows that each epoch sees perturbed, anew; and as many with a word replaced",
    )
    seed: Seed = Field(0, description="of every random choice; the same one gives the same net on the same machine")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="where to train; auto: a GPU, if there is one")
    precision: Literal["auto", "fp32", "bf16"] = Field("auto", description="auto: bf16 on a GPU that has it, else fp32")
    compile: bool = Field(False, description="torch.compile the net; pays on long GPU trainings")
    workers: int = Field(
        1, ge=1, le=64, description="processes of this machine that share each batch, one a GPU; docs/scaling.md"
    )
    checkpoint_steps: Count = Field(200, description="steps between checkpoints inside an epoch")
    probe_steps: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description="steps between two measurements of how the heads relate; 0: only for heads' `stop_after`",
    )

    @model_serializer(mode="wrap")
    def _without_what_is_not_used(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        value: dict[str, Any] = dump(self)
        if self.workers == 1:
            value.pop("workers", None)  # so that specs without workers keep their digests
        return value


class GateSpec(Section):
    """What a challenger must show before it becomes champion."""

    margin: float = Field(0.01, ge=0, le=1, description="a main head may lose this much of its score, not more")
    floor: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=dict,
        description="head -> lowest main metric of any champion; default: a tenth of the way from the best constant "
        "answer to a faultless one",
    )
    confidence: float = Field(0.95, gt=0.5, lt=1, description="of the paired bootstrap interval")
    resamples: int = Field(1_000, ge=100, le=100_000, description="of the paired bootstrap")
    no_flagged_head: bool = Field(False, description="no main head may be worse than a net that learns it alone")
    waive: tuple[str, ...] = Field((), description="main heads that may be, as their loss is accepted")


class ExportSpec(Section):
    """ONNX graphs."""

    opset: int = Field(20, ge=17, le=21, description="version of ONNX's operators that devices must read")
    int8_drop: float = Field(0.003, ge=0, le=1, description="a head may lose this much score to int8, else fp32 ships")
    golden: int = Field(32, ge=20, le=1_000, description="utterances whose answers travel in the bundle")


class RejectSpec(Section):
    """When the device says that it did not understand; see `deploy.bundle.calibrate`."""

    false_accept: float = Field(
        0.05, ge=0, le=1, description="target share of out-of-scope utterances that are accepted"
    )
    false_reject: float = Field(0.01, ge=0, le=1, description="largest share of right answers that may be rejected")


class ReleaseSpec(Section):
    """Where a promoted bundle goes."""

    channel: str = Field("local", pattern=PRODUCT_PATTERN, description="that devices follow")


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

    @model_serializer(mode="wrap")
    def _without_what_is_not_used(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        value: dict[str, Any] = dump(self)
        if not self.names:
            value.pop("names", None)  # so that specs without names keep their digests
        return value

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
        if self.trunk.kind == "encoder":
            if not isinstance(self.sharing, HardSharing | LowSupervision):
                raise ValueError(
                    f"sharing.kind is {self.sharing.kind}, but an encoder trunk can only be shared hard, or be read at "
                    "several depths (low_supervision)"
                )
            for name, head in self.heads.items():
                if head.kind == "next_word":
                    raise ValueError(
                        f"heads.{name}: an encoder has no causal states for a next_word head, leave it out"
                    )
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
    def _depths_exist(self) -> Spec:
        has_depths = isinstance(self.sharing, LowSupervision | JointMany)
        for name, head in self.heads.items():
            if head.depth is None:
                continue
            if not has_depths:
                raise ValueError(
                    f"heads.{name}.depth is {head.depth}, but with sharing.kind {self.sharing.kind} every head reads "
                    "the last layer: leave it out, or use low_supervision or joint_many"
                )
            if head.depth > self.trunk.layers:
                raise ValueError(f"heads.{name}.depth is {head.depth}, the trunk has {self.trunk.layers} layers")
            if head.kind == "next_word":
                raise ValueError(f"heads.{name}.depth is {head.depth}: only the first layer is causal, leave it out")
        depths = [head.depth or self.trunk.layers for head in self.heads.values() if head.kind != "next_word"]
        if max(depths) < self.trunk.layers:
            raise ValueError(
                f"the deepest head reads layer {max(depths)} of {self.trunk.layers}, nothing would train the others: "
                f"set trunk.layers to {max(depths)}, or leave a head's depth out"
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
        """The heads that read a field of `labels`; the others' labels come from the text or another column."""
        return {
            name: head
            for name, head in self.heads.items()
            if head.kind != "next_word" and head.weak_label is None and head.reads is None
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
