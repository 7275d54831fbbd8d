"""What a spec can say of its teachers: nets that are trained first, and whose answers the net learns to give."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from schemas.spec.base import Section

TeacherName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]


class TeacherSpec(Section):
    """A teacher: what it predicts, and the fields in which its trunk and training differ from the spec's."""

    heads: tuple[str, ...] | None = Field(None, description="main heads that it knows; default: all")
    trunk: dict[str, Any] = Field(default_factory=dict, description="fields of `trunk` that differ")
    train: dict[str, Any] = Field(default_factory=dict, description="fields of `train` that differ")
    balance: dict[str, Any] = Field(default_factory=lambda: {"kind": "equal"}, description="as the spec's `balance`")


class DistillSpec(Section):
    """Learning from teachers: see `model.training.distil`."""

    teachers: dict[TeacherName, TeacherSpec] = Field(
        default_factory=dict, max_length=16, description="their answers to a head that several know are averaged"
    )
    weight: float = Field(2.0, ge=1e-6, le=1e4, description="of what teachers say in a head's loss, beside its labels")
    made: int = Field(2, ge=1, le=16, description="rows made of each train row for the teachers to answer")
