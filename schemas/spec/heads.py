"""What the net predicts: the heads of a spec, and what the words of a span mean."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from schemas.perturb.weak_labels import WORD_LABELS, WeakLabel
from schemas.spec.base import Section
from trunkline_edge.bundle.manifest import MAX_LABEL_CHARACTERS
from trunkline_edge.understanding.values.kinds import Kind

Label = Annotated[str, Field(min_length=1, max_length=MAX_LABEL_CHARACTERS)]
HeadKind = Literal["class", "multilabel", "tag", "score", "next_word"]


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

    ADDED = ("values",)

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
