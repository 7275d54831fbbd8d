"""The nets that a spec's net learns from. Pure functions of a spec."""

from __future__ import annotations

from schemas.spec import Spec, parse_spec


def teachers_of(spec: Spec) -> dict[str, Spec]:
    """Return name -> the spec of each teacher: the main heads, shared hard, under a product name of its own.

    Raises:
        SpecError: a teacher makes no valid spec; the message names it.
    """
    return {name: _teacher(spec, name) for name in spec.distill.teachers}


def _teacher(spec: Spec, name: str) -> Spec:
    raw = spec.model_dump(mode="json", by_alias=True, exclude={"compare", "distill"})
    chosen = spec.distill.teachers[name]
    raw["name"] = f"{spec.name[:54]}-teacher"
    raw["heads"] = {head: raw["heads"][head] | {"depth": None} for head in spec.main_heads}
    raw["sharing"], raw["balance"] = {"kind": "hard"}, {"kind": "equal"}
    raw["trunk"] |= ({"vectors": None} if chosen.trunk.get("kind") == "encoder" else {}) | chosen.trunk
    raw["train"] |= chosen.train
    return parse_spec(raw, where=f"distill.teachers.{name}")
