"""What each step hands to the next: small frozen values that Prefect keeps as JSON.

They name content and places below the cache, never absolute paths, so that a home may be moved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from deploy.bundle.built import Built
from deploy.evaluation.verdict import Verdict
from schemas.data.issues import DataIssue


@dataclass(frozen=True)
class Validated:
    """The good rows, and what became of the others."""

    cache_path: str
    """Folder of the data set, below the cache."""
    digest: str
    counts: dict[str, int]
    """Split -> rows."""
    read: int
    quarantined: int
    reasons: dict[str, int]
    """Reason code -> rows, most frequent first."""
    quarantine: str | None
    """File name in the quarantine folder."""
    data_issues: tuple[DataIssue, ...]
    examples: dict[str, str] = field(default_factory=dict)
    """Reason code -> the first such row: file, line and what is wrong there."""

    @property
    def held_out(self) -> Literal["test", "valid"]:
        """The split that judges a bundle: test, or valid where nobody set rows aside."""
        return "test" if self.counts.get("test") else "valid"


@dataclass(frozen=True)
class Trained:
    """A trained net."""

    cache_path: str
    weights: str
    """sha256 of the weights."""
    epochs: int
    score: float
    """Best validation score."""
    numerics: dict[str, str]
    """What else decides the weights' last bits: `tasks.machine.numerics` where it was trained."""


@dataclass(frozen=True)
class Exported:
    """ONNX graphs that were proved equal to the net."""

    cache_path: str
    digest: str
    parity: float
    """Greatest difference of any graph to torch."""


@dataclass(frozen=True)
class Champion:
    """The bundle behind the channel pointer."""

    bundle_id: str
    version: int
    data_digest: str
    numerics: dict[str, str]
    """What decided its weights' last bits; nothing where nobody wrote it down."""


@dataclass(frozen=True)
class Origin:
    """The training that the champion came from: what another one can go on from."""

    weights: str
    """sha256."""
    data_digest: str
    """Of the rows that it learned from."""
    started_from: str | None
    """sha256 of the weights that it went on from itself; None: it started anew."""


@dataclass(frozen=True)
class Scored:
    """A bundle measured on labelled rows; counts per row lie in the folder."""

    cache_path: str
    bundle_id: str
    split: str
    rows: int
    metrics: dict[str, dict[str, float]]
    """Head -> metric -> value."""
    sentence_accuracy: float
    latency_ms: dict[str, float]
    action_accuracy: float | None = None
    """Intent and all slot values right; None where no row labels both."""


@dataclass(frozen=True)
class Registered:
    """A version in the MLflow registry."""

    name: str
    version: int
    model_uri: str


@dataclass(frozen=True)
class Made:
    """All that the chain makes of a spec, from rows to scores."""

    data: Validated
    trained: Trained
    run_id: str
    """MLflow run."""
    exported: Exported
    bundle: Built
    scored: Scored


@dataclass(frozen=True)
class Retrained:
    """The end of the story."""

    product: str
    judged: Verdict
    data: Validated
    trained: Trained
    run_id: str
    """MLflow run."""
    bundle: Built
    scored: Scored
    registered: Registered
    in_force: Champion | None
    """What the channel points at now."""
