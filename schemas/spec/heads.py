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
HeadKind = Literal["class", "multilabel", "tag", "score", "next_word", "masked_word"]
WORD_KINDS = ("next_word", "masked_word")
"""Kinds whose labels are the words of the text."""


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

    ADDED = ("values", "follows", "twin_of")

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
    follows: Label | None = Field(
        None, description="labels are those of this name in a row's `next`: what the turn after it was"
    )
    twin_of: Label | None = Field(
        None, description="a number learned beside this class head: its labels as numbers, else by their order"
    )
    values: dict[Label, ValueSpec] = Field(
        default_factory=dict, max_length=1_000, description="tag label -> the kind of its values; default: text"
    )

    @property
    def names_what_follows(self) -> bool:
        """Does it ship, and tell the word after a text? Then rows may say which that was."""
        return self.kind == "next_word" and not self.auxiliary

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
            "a masked_word head": self.kind == "masked_word",
            "a head with `weak_label`": self.weak_label is not None,
            "a head with `reads`": self.reads is not None,
            "a head with `follows`": self.follows is not None,
            "a head with `twin_of`": self.twin_of is not None,
            "an adversarial head": self.adversarial,
            "a head with `stop_after`": self.stop_after is not None,
        }
        for what, applies in never.items():
            if applies and not self.auxiliary:
                raise ValueError(f"{what} never ships: set `auxiliary: true`")
        return self

    @model_validator(mode="after")
    def _made_labels_are_classes(self) -> HeadSpec:
        origins = ("weak_label", "reads", "follows", "twin_of")
        made = [field for field in origins if getattr(self, field) is not None]
        if len(made) > 1:
            raise ValueError(f"give `{made[0]}` or `{made[1]}`, not both: each says where the labels come from")
        if self.follows is not None:
            if self.kind in ("tag", *WORD_KINDS):
                raise ValueError(f"`follows` is of a turn's label, not of its words: a {self.kind} head takes none")
            return self
        if self.twin_of is not None:
            if self.kind != "score":
                raise ValueError(
                    f"`twin_of` makes numbers of labels, and this is a {self.kind} head: set `kind: score`"
                )
            return self
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
        if self.kind in ("score", *WORD_KINDS):
            raise ValueError(f"a {self.kind} head has no label set: leave out `labels`")
        twice = sorted({label for label, times in Counter(self.labels).items() if times > 1})
        if twice:
            raise ValueError(f"`labels` has {twice[0]!r} twice: leave one out")
        return self
