"""The manifest: what a bundle holds, what it needs, what it promises.

Graphs form a small DAG wired by tensor names: each graph reads named tensors and writes named tensors, starting
from `ids` and `mask`. A device runs them in order, each once, whatever the sharing system behind them is.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from trunkline_edge.errors import BundleInvalid
from trunkline_edge.understanding.featurizer import FeaturizerConfig

SCHEMA = 1
"""Greatest manifest schema that this runtime understands."""
MAX_MANIFEST_BYTES = 1_000_000  # bytes
MAX_FILE_BYTES = 200_000_000  # bytes
_RELEASE = re.compile(r"[0-9]+(\.[0-9]+)*")

Role = Literal["trunk", "head", "vocabulary", "golden", "values"]
HeadKind = Literal["class", "multilabel", "tag", "score"]


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of the bundle, named by its content."""

    name: str
    sha256: str
    length: int
    """Bytes."""
    role: Role


@dataclass(frozen=True, slots=True)
class GraphEntry:
    """One ONNX graph of the DAG."""

    name: str
    file: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    precision: Literal["fp32", "mixed", "int8"]
    """mixed: embeddings in int8, matrices in fp32."""


@dataclass(frozen=True, slots=True)
class HeadEntry:
    """One head that the device answers for."""

    name: str
    kind: HeadKind
    logits: str
    """Tensor that holds its logits."""
    labels: tuple[str, ...]
    temperature: float
    """Logits are divided by it before they become probabilities."""
    threshold: float
    """Below this probability the answer is rejected (intent) or left out (multilabel)."""


@dataclass(frozen=True, slots=True)
class Requires:
    """What a device must have."""

    ort_min: str
    opset: int
    ir_version: int
    extra_domains: tuple[str, ...]
    free_bytes: int
    """Bytes of store that an install takes."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What answering takes, measured where the bundle was built."""

    graphs: int
    bytes: int
    """Of all files but the golden answers."""
    p50_us: int
    """Median of one utterance, reading and decoding included."""
    hard_p50_us: int
    """The same for one trunk that all heads share, of the same sizes, timed beside it."""

    @property
    def relative_to_hard(self) -> float:
        """How many times slower than hard sharing; 1 for hard sharing itself."""
        return self.p50_us / self.hard_p50_us


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole bundle in one printable value."""

    product: str
    version: int
    created: str
    """UTC, ISO 8601."""
    lang: str
    run_id: str
    """MLflow run that trained it."""
    data_digest: str
    spec_digest: str
    trunk_id: str
    """Digest of the trunk weights that the heads were trained on; a graph of another trunk is refused."""
    featurizer: FeaturizerConfig
    files: tuple[FileEntry, ...]
    graphs: tuple[GraphEntry, ...]
    heads: tuple[HeadEntry, ...]
    requires: Requires
    quality: Mapping[str, Mapping[str, int]]
    """Head -> metric -> value per ten thousand, measured on this very file set."""
    cost: Cost | None = None
    """None in bundles from before it was measured."""
    splits_commands: bool = False
    """Several commands in one utterance are answered one by one; only where that broke no single command on valid."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Slot label -> list of the device's own names that its spans are in; then graphs may read `lexicon`."""
    schema: int = SCHEMA

    @property
    def name_lists(self) -> tuple[str, ...]:
        """The lists in the order in which `lexicon` has their columns."""
        return tuple(sorted(set(self.names.values())))

    @property
    def bundle_id(self) -> str:
        """sha256 of the canonical manifest."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(entry.length for entry in self.files)

    def file(self, name: str) -> FileEntry:
        """Return the entry of a file; raises `BundleInvalid` when the manifest has none of that name."""
        for entry in self.files:
            if entry.name == name:
                return entry
        raise BundleInvalid(f"manifest names no file {name!r}; it has {[entry.name for entry in self.files]}")

    def files_of(self, role: Role) -> list[FileEntry]:
        """Return the entries with a role, in manifest order."""
        return [entry for entry in self.files if entry.role == role]

    def to_bytes(self) -> bytes:
        """Canonical JSON: sorted keys, no spaces, UTF-8."""
        value = asdict(self)
        if self.cost is None:
            del value["cost"]  # so that older manifests keep their ids
        if not self.splits_commands:
            del value["splits_commands"]
        if not self.names:
            del value["names"]
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Manifest:
        """Read and check a manifest.

        Raises `BundleInvalid` when it is no manifest, is newer than this runtime, is not in canonical form (so that
        equal ids mean equal bytes), or its graphs do not connect.
        """
        if len(raw) > MAX_MANIFEST_BYTES:
            raise BundleInvalid(f"manifest of {len(raw)} bytes; at most {MAX_MANIFEST_BYTES} are read")
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise BundleInvalid(f"manifest is not JSON: {error}") from None
        if not isinstance(value, dict) or not isinstance(value.get("schema"), int):
            raise BundleInvalid("manifest has no integer `schema`")
        if value["schema"] > SCHEMA:
            raise BundleInvalid(
                f"manifest schema {value['schema']}; this runtime reads up to {SCHEMA}: update trunkline-edge first"
            )
        try:
            manifest = cls(
                **{
                    **value,
                    "featurizer": FeaturizerConfig.from_json(value["featurizer"]),
                    "files": tuple(FileEntry(**entry) for entry in value["files"]),
                    "graphs": tuple(GraphEntry(**_tuples(entry)) for entry in value["graphs"]),
                    "heads": tuple(HeadEntry(**_tuples(entry)) for entry in value["heads"]),
                    "requires": Requires(**_tuples(value["requires"])),
                    "cost": Cost(**value["cost"]) if "cost" in value else None,
                }
            )
            _check(manifest)
            canonical = manifest.to_bytes()
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise BundleInvalid(f"manifest: {type(error).__name__}: {error}") from None
        if canonical != raw:
            raise BundleInvalid("manifest is not in canonical form (sorted keys, no spaces, UTF-8); build it again")
        return manifest


def _tuples(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}


def _check(manifest: Manifest) -> None:
    """Refuse a manifest whose parts do not fit each other."""
    for entry in manifest.files:
        if "/" in entry.name or "\\" in entry.name or entry.name in ("", ".", ".."):
            raise BundleInvalid(f"file name {entry.name!r} is no plain name")
        if len(entry.sha256) != 64 or set(entry.sha256) - set("0123456789abcdef"):
            raise BundleInvalid(f"{entry.name}: {entry.sha256!r} is no sha256 in lower-case hex")
        if not isinstance(entry.length, int) or not 0 < entry.length <= MAX_FILE_BYTES:
            raise BundleInvalid(f"{entry.name}: length {entry.length}; expected 1 to {MAX_FILE_BYTES} bytes")
        if entry.role not in get_args(Role):
            raise BundleInvalid(f"{entry.name}: unknown role {entry.role!r}")
    if not _RELEASE.fullmatch(manifest.requires.ort_min):
        raise BundleInvalid(f"requires.ort_min {manifest.requires.ort_min!r}; expected a release such as '1.22'")
    if manifest.cost and not all(isinstance(value, int) and value > 0 for value in asdict(manifest.cost).values()):
        raise BundleInvalid(f"cost {manifest.cost}; expected whole numbers above 0")
    if not isinstance(manifest.splits_commands, bool):
        raise BundleInvalid(f"splits_commands {manifest.splits_commands!r}; expected true or nothing")
    if not all(isinstance(label, str) and isinstance(name, str) for label, name in manifest.names.items()):
        raise BundleInvalid(f"names {manifest.names!r:.80}; expected slot labels with names of lists")
    known = {"ids", "mask", *(["lexicon"] if manifest.names else [])}
    for graph in manifest.graphs:
        manifest.file(graph.file)
        if missing := set(graph.inputs) - known:
            raise BundleInvalid(f"graph {graph.name} reads {sorted(missing)}, which no graph before it writes")
        known |= set(graph.outputs)
    for head in manifest.heads:
        if head.kind not in get_args(HeadKind):
            raise BundleInvalid(f"head {head.name}: unknown kind {head.kind!r}; update trunkline-edge first")
        if head.logits not in known:
            raise BundleInvalid(f"head {head.name} reads logits {head.logits!r}, which no graph writes")
        if not head.temperature > 0:
            raise BundleInvalid(f"head {head.name}: temperature {head.temperature}; expected more than 0")
    if len(manifest.files_of("values")) > 1:
        raise BundleInvalid(f"expected at most one values file, found {len(manifest.files_of('values'))}")
    for role in ("vocabulary", "golden"):
        if len(manifest.files_of(role)) != 1:
            raise BundleInvalid(f"expected exactly one {role} file, found {len(manifest.files_of(role))}")
