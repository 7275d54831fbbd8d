"""Scores on disk: counts of every row as arrays, so that two bundles can be paired later, and what lies behind them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from deploy.evaluation.details import Details
from schemas.evaluation.metrics import HeadScore, Scores
from trunkline_edge.bundle.files import write_atomic

ARRAYS, INDEX, DETAILS = "scores.npz", "scores.json", "details.json"
_DETAILS = TypeAdapter(Details)
_COLUMNS = ("counts", "correct", "rows", "confidence")


def save_scores(folder: Path, scores: Scores) -> None:
    """Write scores to a folder."""
    arrays = {f"{head}.{name}": getattr(score, name) for head, score in scores.heads.items() for name in _COLUMNS}
    np.savez_compressed(folder / ARRAYS, **arrays)
    heads = {
        head: {"kind": score.kind, "confusion": [[*pair, rows] for pair, rows in sorted(score.confusion.items())]}
        for head, score in scores.heads.items()
    }
    value = {"rows": scores.rows, "heads": heads}
    write_atomic(folder / INDEX, json.dumps(value, ensure_ascii=False).encode())


def load_scores(folder: Path) -> Scores:
    """Read what `save_scores` wrote."""
    value = json.loads((folder / INDEX).read_bytes())
    with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
        heads = {
            head: HeadScore(
                kind=facts["kind"],
                confusion={(gold, found): rows for gold, found, rows in facts["confusion"]},
                **{name: arrays[f"{head}.{name}"] for name in _COLUMNS},
            )
            for head, facts in value["heads"].items()
        }
    return Scores(heads, int(value["rows"]))


def save_details(folder: Path, details: Details) -> None:
    """Write what lies behind the scores of a folder."""
    write_atomic(folder / DETAILS, _DETAILS.dump_json(details))


def load_details(folder: Path) -> Details:
    """Read what `save_details` wrote."""
    return _DETAILS.validate_json((folder / DETAILS).read_bytes())
