"""The manifest: what a bundle holds, what it needs, what it promises.

Graphs form a small DAG wired by tensor names: each graph reads named tensors and writes named tensors, starting
from `ids` and `mask`. A device runs them in order, each once, whatever the sharing system behind them is.

A bundle's id is the sha256 of the manifest without its provenance: of all that a device computes with, so that equal
work has equal ids. Where a bundle comes from travels beside it, in the same file and under the same signature.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast

from trunkline_edge.errors import BundleInvalid, BundleTooNew, RequirementUnmet
from trunkline_edge.typed import between, distinct, matches, plain, read, sized

SCHEMA = 2
"""Greatest manifest schema that this runtime understands. In 1 the provenance stood among the other fields, and was
hashed with them."""
TEXT_VERSION = 1
"""Of `understanding.text` in this runtime; grows when it gives a text another form or other words than before."""
MAX_MANIFEST_BYTES = 1_000_000  # bytes
MAX_FILE_BYTES = 500_000_000  # bytes; BERT-base in fp32, the form beside its int8 one, has 440,000,000
MAX_BUNDLE_BYTES = 500_000_000  # bytes
MAX_FILES = 256
MAX_LABEL_CHARACTERS = 256
MAX_SKILL_BYTES = 1_000_000  # bytes of what a skill brings
MINE = "mine"
"""Head of a skill with one label, which says whether an utterance is the skill's."""
_PROVENANCE_1 = ("version", "created", "run_id", "data_digest", "spec_digest", "quality", "cost")

Role = Literal["trunk", "head", "vocabulary", "golden", "values"]
HeadKind = Literal["class", "multilabel", "tag", "score"]


def _printable(text: str) -> str | None:
    unsafe = any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text)
    return "no control characters, line ends or halves of surrogate pairs" if unsafe else None


def _same_text(version: int) -> str | None:
    return None if version == TEXT_VERSION else f"{TEXT_VERSION}; update trunkline-edge or rebuild the bundle"


Name = Annotated[str, matches(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", "a plain name: letters, digits, `_`, `-`, `.`")]
Digest = Annotated[str, matches(r"[0-9a-f]{64}", "a sha256 in lower-case hex")]
Label = Annotated[str, sized(1, MAX_LABEL_CHARACTERS), _printable]
Text = Annotated[str, sized(1, 256), _printable]
Tag = Annotated[str, sized(2, 35), matches(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", "a language tag such as 'en'")]
MANY_LANGUAGES = "mul"
"""What ISO 639-2 calls several languages at once."""
Micros = Annotated[int, between(1, 10**10)]
Value = Annotated[int, between(-(2**53), 2**53)]
Names = Annotated[tuple[Name, ...], sized(1, MAX_FILES), distinct()]


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of the bundle, named by its content."""

    name: Name
    sha256: Digest
    length: Annotated[int, between(1, MAX_FILE_BYTES)]
    """Bytes."""
    role: Role


@dataclass(frozen=True, slots=True)
class GraphEntry:
    """One ONNX graph of the DAG."""

    name: Name
    file: Name
    inputs: Names
    outputs: Names
    precision: Literal["fp32", "mixed", "int8"]
    """mixed: embeddings in int8, matrices in fp32."""


@dataclass(frozen=True, slots=True)
class HeadEntry:
    """One head that the device answers for."""

    name: Name
    kind: HeadKind
    logits: Name
    """Tensor that holds its logits."""
    labels: Annotated[tuple[Label, ...], sized(0, 10_000), distinct()]
    temperature: Annotated[float, between(0.01, 100)]
    """Logits are divided by it before they become probabilities."""
    threshold: Annotated[float, between(0, 1)]
    """Below this probability the answer is rejected (intent) or left out (multilabel)."""
    lean: Annotated[float, between(0, 10)] = 0.0
    """Added to the logits of a tag head's labels of names where no known name is said: there a net that has learnt to
    count on names overlooks some."""

    @property
    def outputs(self) -> int:
        """Numbers that its logits have, of each word for a tag head: outside, and begin and inside of every label."""
        return {"tag": 2 * len(self.labels) + 1, "score": 1}.get(self.kind, len(self.labels))


@dataclass(frozen=True, slots=True)
class Requires:
    """What a device must have."""

    ort_min: Annotated[str, matches(r"[0-9]{1,4}(\.[0-9]{1,6}){0,3}", "a release such as '1.22'")]
    opset: Annotated[int, between(1, 1_000)]
    """Greatest of any graph."""
    ir_version: Annotated[int, between(1, 1_000)]
    """Greatest of any graph."""
    extra_domains: Annotated[tuple[Name, ...], sized(0, 16), distinct()]
    """Of operators that are not ONNX's own."""
    free_bytes: Annotated[int, between(1, 10 * MAX_BUNDLE_BYTES)]
    """Bytes of store that an install takes on an empty device."""

    def check_onnxruntime(self, found: str) -> None:
        """Raise `RequirementUnmet` unless this release of onnxruntime is new enough."""
        if _release(found) < _release(self.ort_min):
            raise RequirementUnmet(f"the bundle needs onnxruntime {self.ort_min}, found {found}: upgrade onnxruntime")


@dataclass(frozen=True, slots=True)
class Cost:
    """What answering takes, measured where the bundle was built."""

    graphs: Annotated[int, between(1, MAX_FILES)]
    bytes: Annotated[int, between(1, MAX_BUNDLE_BYTES)]
    """Of all files but the golden answers."""
    p50_us: Micros
    """Median of one utterance, reading and decoding included."""
    hard_p50_us: Micros
    """The same for one trunk that all heads share, of the same sizes, timed beside it."""


PIECES = "pieces"


@dataclass(frozen=True, slots=True)
class FeaturizerConfig:
    """All but the word list that decides which ids a text is read as (`understanding.featurizer`)."""

    buckets: Annotated[int, between(1, 1_000_000)]
    """Hash buckets shared by all n-grams."""
    ngram_min: Annotated[int, between(1, 8)]
    """Characters."""
    ngram_max: Annotated[int, between(1, 8)]
    """Characters."""
    max_features: Annotated[int, between(1, 64)]
    """Ids a word; longer n-grams are dropped first."""
    max_words: Annotated[int, between(1, 512)]
    """Positions an utterance; what comes after is not read."""
    kind: Annotated[
        str, matches("words|pieces", "'words' or 'pieces'; update trunkline-edge or rebuild the bundle")
    ] = "words"
    """What a word's ids are: its own and its n-grams', or those of its pieces (`understanding.pieces`)."""
    text_version: Annotated[int, _same_text] = TEXT_VERSION
    mends: Annotated[int, between(0, 1_000_000)] = 0
    """A word outside of the vocabulary, one slip away from one of so many of its first words, is read as that one."""
    skips: Annotated[tuple[Annotated[str, sized(1, 32)], ...], sized(0, 64), distinct()] = ()
    """Hesitations: words that are not read at all, as if nobody had said them."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> FeaturizerConfig:
        """Rebuild from a manifest; raises `BundleInvalid` for a featurizer that this runtime does not have."""
        try:
            return read(cls, value, "featurizer")
        except ValueError as error:
            raise BundleInvalid(str(error)) from None

    def to_json(self) -> dict[str, Any]:
        """Plain values for a manifest."""
        return cast(dict[str, Any], plain(self))


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a bundle comes from and how it did; nothing of it changes an answer."""

    created: Annotated[str, matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(\+00:00|Z)", "UTC time, ISO 8601")]
    """UTC, ISO 8601."""
    run_id: Name
    """MLflow run that trained it."""
    data_digest: Digest
    spec_digest: Digest
    quality: Annotated[Mapping[Name, Annotated[Mapping[Name, Value], sized(0, 64)]], sized(0, MAX_FILES)]
    """Head -> metric -> value per ten thousand, measured on this very file set."""
    cost: Cost | None = None
    """None in bundles from before it was measured."""
    version: Annotated[int, between(0, 2**31 - 1)] = 0
    """Of the registry, which numbers it when it is registered; 0 before."""
    git_commit: Name | None = None
    """Of the code that trained it."""
    numerics: Annotated[Mapping[Name, Text], sized(1, 64)] | None = None
    """What the same work has to be done with to give the same bytes: threads, instruction set, releases."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole bundle in one printable value."""

    product: Name
    lang: Tag
    """`MANY_LANGUAGES` where it understands several."""
    trunk_id: Digest
    """Digest of the trunk weights that the heads were trained on; a graph of another trunk is refused."""
    featurizer: FeaturizerConfig
    files: Annotated[tuple[FileEntry, ...], sized(1, MAX_FILES), distinct("name")]
    graphs: Annotated[tuple[GraphEntry, ...], sized(1, MAX_FILES), distinct("name")]
    heads: Annotated[tuple[HeadEntry, ...], sized(1, MAX_FILES), distinct("name")]
    requires: Requires
    provenance: Provenance
    splits_commands: bool = False
    """Several commands in one utterance are answered one by one; only where that broke no single command on valid."""
    is_skill: bool = False
    """Heads by others on the trunk of a base bundle: trunk and vocabulary are files of that one."""
    weighs_claims: bool = False
    """The intent's threshold is of `understanding.confidence`; in bundles from before, of the intent's probability."""
    names: Annotated[Mapping[Label, Name], sized(1, 16)] | None = None
    """Slot label -> list of the device's own names that its spans are in; then graphs may read `lexicon`."""
    languages: Annotated[tuple[Tag, ...], sized(2, 64), distinct()] | None = None
    """Which, where it understands several; the commonest first."""
    schema: Annotated[int, between(1, SCHEMA)] = SCHEMA

    @property
    def spoken(self) -> tuple[str, ...]:
        """The languages that are understood, one or several."""
        return self.languages or (self.lang,)

    @property
    def name_lists(self) -> tuple[str, ...]:
        """The lists in the order in which `lexicon` has their columns."""
        return tuple(sorted(set((self.names or {}).values())))

    @property
    def bundle_id(self) -> str:
        """sha256 of all that a device computes with."""
        value = self._to_json()
        value.pop("provenance", None)
        return hashlib.sha256(_canonical(value)).hexdigest()

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

    @property
    def brought(self) -> list[FileEntry]:
        """What travels with it: all files, but of a skill neither trunk nor vocabulary, which its base has."""
        return [entry for entry in self.files if not self.is_skill or entry.role not in ("trunk", "vocabulary")]

    def to_bytes(self) -> bytes:
        """Canonical JSON: sorted keys, no spaces, UTF-8."""
        return _canonical(self._to_json())

    def _to_json(self) -> dict[str, Any]:
        value: dict[str, Any] = plain(self)
        return value if self.schema > 1 else value | value.pop("provenance")

    @classmethod
    def from_bytes(cls, raw: bytes) -> Manifest:
        """Read and check a manifest.

        Raises `BundleInvalid` naming the field, when it is no manifest, is newer than this runtime, is not in canonical
        form (so that equal manifests are equal bytes), or its parts do not fit each other.
        """
        if len(raw) > MAX_MANIFEST_BYTES:
            raise BundleInvalid(f"manifest of {len(raw)} bytes; at most {MAX_MANIFEST_BYTES} are read")
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise BundleInvalid(f"manifest is not JSON: {error}") from None
        if not isinstance(value, dict) or type(value.get("schema")) is not int:
            raise BundleInvalid("manifest has no integer `schema`")
        if value["schema"] > SCHEMA:
            raise BundleTooNew(
                f"manifest schema {value['schema']}; this runtime reads up to {SCHEMA}: update trunkline-edge first"
            )
        if value["schema"] == 1:
            value["provenance"] = {name: value.pop(name) for name in _PROVENANCE_1 if name in value}
        try:
            manifest = read(cls, value, "manifest")
            is_canonical = manifest.to_bytes() == raw
        except (ValueError, RecursionError) as error:
            raise BundleInvalid(str(error)) from None
        if fault := next(_misfits(manifest), None):
            raise BundleInvalid(f"manifest: {fault}")
        if not is_canonical:
            raise BundleInvalid("manifest is not in canonical form (sorted keys, no spaces, UTF-8); build it again")
        return manifest


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("+")[0].split(".")[:2])


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _misfits(manifest: Manifest) -> Iterator[str]:
    """Yield what does not fit together."""
    if manifest.featurizer.ngram_min > manifest.featurizer.ngram_max:
        yield "featurizer.ngram_min is more than featurizer.ngram_max"
    if (manifest.lang == MANY_LANGUAGES) != (manifest.languages is not None):
        yield f"languages are named where lang is {MANY_LANGUAGES!r}, and only there; found lang {manifest.lang!r}"
    if manifest.size_bytes > MAX_BUNDLE_BYTES:
        yield f"files of {manifest.size_bytes:,} bytes; at most {MAX_BUNDLE_BYTES:,} are installed"
    for role in ("vocabulary", "golden"):
        if len(manifest.files_of(role)) != 1:
            yield f"expected exactly one {role} file, found {len(manifest.files_of(role))}"
    files = {entry.name for entry in manifest.files if entry.role in ("trunk", "head")}
    if len(manifest.files_of("values")) > 1:
        yield f"expected at most one values file, found {len(manifest.files_of('values'))}"
    known = {"ids", "mask", *(["lexicon"] if manifest.names else [])}
    for graph in manifest.graphs:
        if graph.file not in files:
            yield f"graph {graph.name} is in {graph.file!r}, which is none of the graph files {sorted(files)}"
        if missing := set(graph.inputs) - known:
            yield f"graph {graph.name} reads {sorted(missing)}, which no graph before it writes"
        if twice := set(graph.outputs) & known:
            yield f"graph {graph.name} writes {sorted(twice)}, which are there before it"
        known |= set(graph.outputs)
    for head in manifest.heads:
        if head.logits not in known:
            yield f"head {head.name} reads logits {head.logits!r}, which no graph writes"
        if bool(head.labels) == (head.kind == "score"):
            yield f"head {head.name} of kind {head.kind} has {len(head.labels)} labels"
    if unused := files - {graph.file for graph in manifest.graphs}:
        yield f"no graph is in {sorted(unused)}"
    if manifest.is_skill:
        yield from _misfits_of_skill(manifest)


def _misfits_of_skill(manifest: Manifest) -> Iterator[str]:
    mine = [head for head in manifest.heads if head.name == MINE]
    if [(head.kind, len(head.labels)) for head in mine] != [("multilabel", 1)]:
        yield f"a skill needs the head {MINE!r} of kind multilabel with one label"
    if len(manifest.heads) < 2:
        yield f"a skill needs a head beside {MINE!r}, or it could answer nothing"
    if len(manifest.files_of("trunk")) != 1:
        yield f"a skill stands on one trunk graph, found {len(manifest.files_of('trunk'))}"
    if manifest.splits_commands:
        yield "a skill parts no commands"
    if (size := sum(entry.length for entry in manifest.brought)) > MAX_SKILL_BYTES:
        yield f"a skill's files of {size:,} bytes; at most {MAX_SKILL_BYTES:,} are installed"
