"""Utterances as microphones and keyboards really deliver them, with their labels in place; labels by rule.

Pure functions of a text. Which rows are changed, and when, is `model.data.augment`; whole made-up rows are
`schemas.recipes`.
"""

from __future__ import annotations

from schemas.perturb.edits import Perturbed, Span
from schemas.perturb.perturber import KINDS, Kind, Perturber, kinds_of

__all__ = ["KINDS", "Kind", "Perturbed", "Perturber", "Span", "kinds_of"]
