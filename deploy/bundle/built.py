"""What a build hands on; whoever reads it needs none of what builds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Built:
    """A finished bundle, not yet on any channel."""

    folder: Path
    """`manifest.json` beside its files. In a step's record it is below the step cache, so that a home may be moved."""
    bundle_id: str
    size_bytes: int
    scores: Mapping[str, Mapping[str, Mapping[str, float]]]
    """Form of the graphs -> head -> metric -> value on the valid rows; of all forms that were tried."""
    latency_ms: Mapping[str, Mapping[str, float]]
    """Form -> p50 and p95 of one valid utterance here."""
    shipped: Mapping[str, str]
    """Graph -> precision."""
    reasons: tuple[str, ...]
    """Why these precisions, temperatures and this threshold."""
    rejection: Mapping[str, float] | None = None
    """What gets through on valid rows (`deploy.bundle.calibrate.Rejection`); None where nothing is rejected."""
    form: str = "fp32"
    """Which of the forms ships."""

    @property
    def in_short(self) -> str:
        """Its key figures, as a log has them."""
        return f"bundle {self.bundle_id[:12]}, {self.size_bytes / 1e6:.1f} MB"
