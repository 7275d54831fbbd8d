"""The nets that a spec's net learns from. Pure functions of a spec."""

from __future__ import annotations

from schemas.spec.bounded_yaml import SpecError
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec


def teachers_of(spec: Spec) -> dict[str, Spec]:
    """Return name -> the spec of each teacher: its heads, shared hard, under a product name of its own.

    Raises:
        SpecError: a teacher makes no valid spec, or names a head that is none; the message names it.
    """
    return {name: _teacher(spec, name) for name in spec.distill.teachers}


def _teacher(spec: Spec, name: str) -> Spec:
    raw = spec.model_dump(mode="json", by_alias=True, exclude={"compare", "distill"})
    chosen = spec.distill.teachers[name]
    raw["name"] = f"{spec.name[:54]}-teacher"
    for head in chosen.heads or ():
        if head not in spec.main_heads:
            raise SpecError(f"distill.teachers.{name}.heads names {head}; main heads are {', '.join(spec.main_heads)}")
    raw["heads"] = {head: raw["heads"][head] | {"depth": None} for head in chosen.heads or spec.main_heads}
    raw["gate"] |= {"waive": [], "floor": {}}  # they may name heads that this net has not
    raw.pop("names", None)  # a teacher answers rows that are said nowhere
    raw["sharing"], raw["balance"] = {"kind": "hard"}, chosen.balance
    raw["trunk"] |= ({"vectors": None} if chosen.trunk.get("kind") == "encoder" else {}) | chosen.trunk
    raw["train"] |= chosen.train
    return parse_spec(raw, where=f"distill.teachers.{name}")
