"""What each step hands to the next: small frozen values that the step cache keeps as JSON.

They name content and places below the cache, never absolute paths, so that a home may be moved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from deploy.bundle.built import Built
from deploy.evaluation.verdict import Verdict
from schemas.data.issues import DataIssue
from schemas.spec.product import Spec


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

    @property
    def in_short(self) -> str:
        """Its key figures, as a log has them."""
        return f"{sum(self.counts.values()):,} good rows, {self.quarantined:,} quarantined, digest {self.digest[:8]}"


@dataclass(frozen=True)
class Trained:
    """A trained net."""

    cache_path: str
    weights: str
    """sha256 of the net: its weights, how it reads a text, and what its heads answer."""
    epochs: int
    score: float
    """Validation score of the epoch that was kept."""
    numerics: dict[str, str]
    """What else decides the weights' last bits: `tasks.machine.numerics` where it was trained."""

    @property
    def in_short(self) -> str:
        """Its key figures, as a log has them."""
        return f"{self.epochs} epochs, best valid score {self.score:.4f}, weights {self.weights[:8]}"


@dataclass(frozen=True)
class Exported:
    """ONNX graphs that were proved equal to the net."""

    cache_path: str
    digest: str
    parity: float
    """Greatest difference of any graph to torch."""

    @property
    def in_short(self) -> str:
        """Its key figures, as a log has them."""
        return f"graphs {self.digest[:8]}, at most {self.parity:.1e} from torch"


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
    """As in `Trained`."""
    data_digest: str
    """Of the rows that it learned from."""
    started_from: str | None
    """sha256 of the weights that it went on from itself; None: it started anew."""
    kept_trunk: bool = False
    """Is its trunk that of the weights that it went on from?"""


@dataclass(frozen=True)
class Scored:
    """A bundle measured on labelled rows; counts per row lie in the folder."""

    cache_path: str
    bundle_id: str
    split: str
    rows: int
    metrics: dict[str, dict[str, float]]
    """Head -> metric -> value."""
    sentence_accuracy: float | None
    """None where no row has a label of another kind than `score`."""
    latency_ms: dict[str, float]
    action_accuracy: float | None = None
    """Intent and all slot values right; None where no row says what is asked (`deploy.evaluation.score.Measured`)."""

    @property
    def in_short(self) -> str:
        """Its key figures, as a log has them."""
        p50 = self.latency_ms["p50"]
        right = "" if self.sentence_accuracy is None else f"sentence accuracy {self.sentence_accuracy:.4f} on "
        return f"{right}{self.rows:,} {self.split} rows, p50 {p50:.2f} ms, bundle {self.bundle_id[:12]}"


@dataclass(frozen=True)
class Base:
    """The champion that a skill is trained on."""

    product: str
    bundle_id: str
    trunk: str
    """sha256 of the trunk's graph: what binds a skill to it."""
    words: str
    """sha256 of how it reads a text."""
    data_digest: str
    """Of the rows that it learned from."""


@dataclass(frozen=True)
class RowsAt:
    """A data set in the step cache."""

    cache_path: str
    digest: str


@dataclass(frozen=True)
class Read:
    """What a trunk made of a data set's train and valid rows; a file for each of these splits lies in the folder."""

    cache_path: str
    data: str
    """Digest of the data set."""
    counts: dict[str, int]
    """Split -> rows that were read."""


@dataclass(frozen=True)
class Learned:
    """A skill's heads as graphs."""

    cache_path: str
    digest: str
    losses: tuple[float, ...]
    """Of the steps that told one, in order."""
    seconds: float
    """That the training took."""
    parity: float
    """Greatest difference of any graph to torch."""


@dataclass(frozen=True)
class SkillMade:
    """A skill, from rows to the registry."""

    name: str
    base: Base
    data: Validated
    bundle: Built
    scored: Scored
    others: int
    """Train rows that are not the skill's, which it learned to leave alone."""
    seconds: float
    """That its heads took to learn."""
    run_id: str
    """MLflow run."""
    registered: Registered


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
class Tried:
    """One net of a comparison: all its seeds at the learning rate that suits it."""

    spec: Spec
    """With the first seed."""
    rate: float
    scores: tuple[tuple[float, float | None], ...]
    """Every rate tried, rising, and its score on valid rows with the first seed; None: the training diverged."""
    made: tuple[Made, ...]
    """In the order of the seeds."""


@dataclass(frozen=True)
class Attempt:
    """One trial of a sweep, at its end."""

    number: int
    values: dict[str, Any]
    """Dotted field -> value."""
    end: Literal["finished", "pruned", "failed"]
    score: float | None
    """Highest on valid rows so far; None where no epoch came to an end."""
    epochs: int
    why: str = ""
    """It failed."""


@dataclass(frozen=True)
class Swept:
    """A sweep and where it is shown."""

    product: str
    study: str
    """Its name in the database of sweeps."""
    attempts: tuple[Attempt, ...]
    """In their order."""
    best: Attempt | None
    """None: no trial has come to its end."""
    own: Attempt | None
    """The spec's own values, where they were among those that were searched."""
    run_id: str
    """MLflow parent run."""
    spec: str | None
    """Path of the best spec, below the home."""


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
