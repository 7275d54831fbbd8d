"""A spec for a bare file as text with comments: what `trunkline init` writes, and a person goes on from."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from schemas.data.infer_spec import FEW_LABELS, Looked, head_name, spec_of
from schemas.data.sources.records import DataRefused
from schemas.spec.bounded_yaml import SpecError, parse_yaml
from schemas.spec.load import parse_spec
from schemas.spec.product import DataSpec
from trunkline_edge.printable import printable

_SHOWN = 6
"""Labels of a head in its comment."""


def spec_text(looked: Looked, source: DataSpec) -> str:
    """Return the spec of a source as commented YAML; read back, it is the spec that `spec_of` returns."""
    spec = spec_of(looked, source)
    (origin,) = spec.data
    lines = [
        f"# Written by `trunkline init` from {looked.rows:,} rows. `trunkline spec` shows every field there is.",
        f"name: {spec.name}  # the product: what MLflow and the devices call it",
        "",
        "data:",
        f"  - path: {_quoted(str(origin.path))}  # relative to the folder where the command runs",
    ]
    if origin.format is not None:
        lines.append(f"    format: {_quoted(origin.format)}")
    if origin.options:
        lines.append(f"    options: {json.dumps(origin.options)}")
    if origin.rename:
        lines.append("    rename:  # their name: ours; a head's name has lower-case letters, digits and _")
        lines += [f"      {_quoted(theirs)}: {ours}" for theirs, ours in origin.rename.items()]
    lines += ["", "heads:  # one for each thing to predict; take out what a device need not answer"]
    for theirs, labels in looked.labels.items():
        head = head_name(theirs)
        kind = spec.heads[head].kind
        lines.append(f"  {head}: {{kind: {kind}}}  # {_comment(_told(kind, labels, looked.labelled[theirs]))}")
    for name, why in looked.left_out.items():
        lines.append(f"  # left out: {_comment(name)} ({why})")
    lines += ["", "# Also there, with their defaults: train, trunk, gate, reject, validate, release."]
    text = "\n".join(lines) + "\n"
    try:
        if parse_spec(parse_yaml(text, "the new spec").value) == spec:
            return text
    except SpecError:
        pass
    raise DataRefused(f"{source.path}: its name, or one in it, cannot be written into a spec; give it a plainer one")


def _told(kind: str, labels: list[Any], labelled: int) -> str:
    if kind == "score":
        whole = {*labels} if all(type(label) is int for label in labels) else set()
        hint = f", {len(whole)} different ones; as classes, write them as text" if 0 < len(whole) <= FEW_LABELS else ""
        return f"numbers in {labelled:,} rows{hint}"
    counts: Counter[str] = Counter()
    for label in labels:
        if kind == "class":
            counts[str(label)] += 1
        elif isinstance(label, list):
            counts.update(str(each.get("label")) if isinstance(each, dict) else str(each) for each in label)
    few = ", ".join(f"{label} ({times:,})" for label, times in counts.most_common(_SHOWN))
    some = f" in {len(labels):,} of {labelled:,} rows" if len(labels) < labelled else ""
    return f"{len(counts):,} labels{some}: {few}{', ...' if len(counts) > _SHOWN else ''}"


def _comment(text: str) -> str:
    """Return one line that ends no comment and steers no terminal."""
    return re.sub(r"\s+", " ", printable(text))[:200]


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z_./][A-Za-z0-9_./-]*", text) else json.dumps(text, ensure_ascii=False)
