"""Run a bundle: text in, canonical result out, each graph once.

Every utterance runs alone and at its true length. That is what a speaker does; it also keeps answers equal
whether sentences come one by one or as a file, since int8 activations are scaled by what is in the batch.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from trunkline_edge.bundle.files import Locate, read_bounded, read_verified
from trunkline_edge.bundle.manifest import MAX_MANIFEST_BYTES, GraphEntry, HeadEntry, Manifest
from trunkline_edge.bundle.store import load_manifest, located_in, read_state
from trunkline_edge.errors import BundleInvalid, InputRefused, NothingInstalled
from trunkline_edge.understanding.biases import leaning, unfit_labels, unsuited
from trunkline_edge.understanding.confidence import confidence_of
from trunkline_edge.understanding.decode import decode_spans, sigmoid, softmax
from trunkline_edge.understanding.featurizer import Encoding, Featurizer
from trunkline_edge.understanding.graphs import check_requirements, load_graph
from trunkline_edge.understanding.names import Lexicon, Match, Names
from trunkline_edge.understanding.parting import Command, Parting, merged
from trunkline_edge.understanding.result import OUT_OF_SCOPE, SEVERAL, Intent, Ranked, Result, Slot
from trunkline_edge.understanding.routing import route
from trunkline_edge.understanding.slots import fill_slots, identify, prefer_names, said_twice
from trunkline_edge.understanding.text import MAX_CHARACTERS, length_error, normalise
from trunkline_edge.understanding.values.reader import ValueReader

if TYPE_CHECKING:
    from trunkline_edge.understanding.skills import Claimed, Skill

INTENT_HEAD, DOMAIN_HEAD, SLOTS_HEAD = "intent", "domain", "slots"
"""Heads of these names fill the fields of the same names in a result; others answer under `heads`."""


def open_folder(folder: Path, *, threads: int = 1) -> Runtime:
    """Open a bundle that lies in one folder: `manifest.json` beside its files."""
    try:
        raw = read_bounded(folder / "manifest.json", MAX_MANIFEST_BYTES)
    except OSError as error:
        raise BundleInvalid(f"{folder}: no readable manifest.json: {error.strerror}") from None
    return Runtime(Manifest.from_bytes(raw), lambda entry: folder / entry.name, threads=threads)


def open_active(home: Path, *, threads: int = 1) -> Runtime:
    """Open the bundle that is active on a device; raises `NothingInstalled` when there is none."""
    active = read_state(home).active
    if active is None:
        raise NothingInstalled.in_home(home)
    return Runtime(load_manifest(home, active), located_in(home), threads=threads)


@dataclass(frozen=True, slots=True)
class Heard:
    """An utterance as graphs have read it."""

    text: str
    encoding: Encoding
    lexicon: Lexicon
    """The names that were known then."""
    matches: tuple[Match, ...]
    """Those in it."""
    tensors: Mapping[str, NDArray[Any]]
    """By name; none without a word."""


class _Decoded(NamedTuple):
    """What the heads answer to an utterance as one command."""

    answers: dict[str, Any]
    """By head. class: a tuple of ranked labels; multilabel: a list of them; tag: a list of slots; score: a number."""
    logits: Mapping[str, NDArray[Any]]
    p: Mapping[str, NDArray[Any]]
    """Of class heads: the probability of each label."""
    meant: tuple[str | None, str | None]
    """The likeliest intent, and the likeliest domain."""


class Runtime:
    """A loaded bundle. Holds no global state; several may live in one process.

    `base` lends a skill its word list and the graphs that both name. Raises at construction `DigestMismatch`,
    `BundleInvalid` or `RequirementUnmet`, each naming file and cure.
    """

    def __init__(self, manifest: Manifest, locate: Locate, *, threads: int = 1, base: Runtime | None = None) -> None:
        self.manifest = manifest
        self.bundle_id = manifest.bundle_id
        check_requirements(manifest.requires)
        self.featurizer: Featurizer = base.featurizer if base else _featurizer(manifest, locate)
        self.values = next(
            (
                ValueReader.from_bytes(manifest.spoken, read_verified(entry, locate(entry)))
                for entry in manifest.files_of("values")
            ),
            None,
        )
        self.lexicon = Lexicon(Names({}), self.manifest.name_lists)
        heads = {head.name: head for head in manifest.heads if head.kind == "class"}
        self._intent, self._domain = heads.get(INTENT_HEAD), heads.get(DOMAIN_HEAD)
        self._slots = next((head for head in manifest.heads if head.name == SLOTS_HEAD and head.kind == "tag"), None)
        self._unfit = (
            unfit_labels(self._intent.labels, self._slots, self.values)
            if self._intent and self.values and self._slots
            else {}
        )
        self._leaning = leaning(self._slots, manifest.names)
        self._knows_several = self._intent is not None and SEVERAL in self._intent.labels
        self._threshold = self._intent.threshold if self._intent else 0.0
        lent = {base.manifest.file(graph.file).sha256: session for graph, session in base._graphs} if base else {}
        self._graphs: list[tuple[GraphEntry, ort.InferenceSession]] = [
            (graph, lent.get(entry.sha256) or load_graph(manifest, graph, read_verified(entry, locate(entry)), threads))
            for graph in manifest.graphs
            for entry in [manifest.file(graph.file)]
        ]
        self.skills: tuple[Skill, ...] = ()

    @property
    def sessions(self) -> dict[str, ort.InferenceSession]:
        """The loaded graphs by name, in the order in which they run."""
        return {graph.name: session for graph, session in self._graphs}

    def know(self, names: Names) -> None:
        """Know these names from the next utterance on, and no others."""
        self.lexicon = Lexicon(names, self.manifest.name_lists)

    def learn(self, skills: Sequence[Skill]) -> None:
        """Have these skills from the next utterance on, and no others."""
        self.skills = tuple(skills)

    def tensors(
        self,
        encoding: Encoding,
        lexicon: Lexicon | None = None,
        *,
        given: Mapping[str, NDArray[Any]] | None = None,
        until: str | None = None,
    ) -> dict[str, NDArray[Any]]:
        """Run every graph once on one utterance of at least one word; returns all tensors by name.

        What is `given`, the inputs among it, is not made again; `until` names a tensor after which no graph runs.

        Shapes: `ids` (1, words, features), `mask` (1, words), `lexicon` (1, words, 2 x lists) where the bundle knows
        names, logits (1, ...) as the head's kind has them. Raises `BundleInvalid` where a graph fails on them.
        """
        tensors = dict(given) if given else self._inputs(encoding, self.lexicon if lexicon is None else lexicon)
        for graph, session in self._graphs:
            if until in tensors:
                break
            if given and all(name in given for name in graph.outputs):
                continue
            try:
                outputs = session.run(graph.outputs, {name: tensors[name] for name in graph.inputs})
            except Exception as error:  # onnxruntime's exception classes share no base but Exception
                raise BundleInvalid(f"graph {graph.name} ({graph.file}): onnxruntime gives up: {error}") from error
            tensors.update(zip(graph.outputs, outputs, strict=True))
        return tensors

    def _inputs(
        self, encoding: Encoding, lexicon: Lexicon, matches: Sequence[Match] | None = None
    ) -> dict[str, NDArray[Any]]:
        inputs: dict[str, NDArray[Any]] = {
            "ids": encoding.ids[np.newaxis],
            "mask": np.ones((1, len(encoding.words)), dtype=np.bool_),
        }
        if self.manifest.names:
            inputs["lexicon"] = lexicon.tensor([word.form for word in encoding.words], matches)[np.newaxis]
        return inputs

    def parse(self, text: str, *, ranking: bool = False) -> Result:
        """Answer one utterance, also one of several commands.

        Raises `InputRefused` for what is no text, has too many characters or combining marks (`length_error`), or is
        longer than `MAX_CHARACTERS` when normalised.
        """
        if not isinstance(text, str):
            raise InputRefused(f"expected text, found {type(text).__name__}")
        if too_long := length_error(text):
            raise InputRefused(too_long)
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InputRefused(f"text is not Unicode: {error.reason} at character {error.start}; send UTF-8") from None
        if len(text) > MAX_CHARACTERS and len(normalise(text)) > MAX_CHARACTERS:
            raise InputRefused(f"text of {len(text)} characters; at most {MAX_CHARACTERS} are read")
        begun = time.perf_counter()
        heard = self.hear(text)
        result = self._by_skill(heard, ranking)
        if result is None:
            result = self.answer(heard, ranking)
            commands = self.commands(result)
            if commands:
                result = merged(result, commands)
        return replace(result, ms=(time.perf_counter() - begun) * 1e3)

    def hear(self, text: str) -> Heard:
        """Run the graphs on an utterance."""
        encoding = self.featurizer.read(text)
        lexicon = self.lexicon  # once: other names may be known before the answer is there
        matches = tuple(lexicon.matches([word.form for word in encoding.words]))
        given = self._inputs(encoding, lexicon, matches)
        return Heard(text, encoding, lexicon, matches, self.tensors(encoding, given=given) if encoding.words else {})

    def certainty(self, tensors: Mapping[str, NDArray[Any]]) -> float | None:
        """Return the probability of the likeliest intent but "out of scope"; None where no head tells intents."""
        if self._intent is None:
            return None
        p = softmax(tensors[self._intent.logits][0].astype(np.float64) / self._intent.temperature)
        known = [each for label, each in zip(self._intent.labels, p, strict=True) if label != OUT_OF_SCOPE]
        return float(max(known, default=0.0))

    def claims(self, heard: Heard) -> dict[str, Claimed]:
        """Return what each skill makes of an utterance, by name, but those whose graph fails."""
        if not self.skills or not heard.encoding.words:
            return {}
        certainty = self.certainty(heard.tensors)
        claims = ((skill.name, skill.claim(heard, certainty)) for skill in self.skills)
        return {name: made for name, made in claims if made}

    def _by_skill(self, heard: Heard, ranking: bool) -> Result | None:
        """Return the answer of the skill that takes an utterance for its own; None where none does, or it fails."""
        claims = self.claims(heard)
        routing = route([made.claim for made in claims.values()])
        if routing.skill is None:
            return None
        try:
            return claims[routing.skill].answer(routing, self.bundle_id, ranking)
        except BundleInvalid:
            return None

    def answer(self, heard: Heard, ranking: bool = False) -> Result:
        """Answer an utterance as one command."""
        text, encoding = heard.text, heard.encoding
        if not encoding.words:
            return self._result(text, {}, None, "empty: no word found")
        answers, sure = self._weighed(heard, ranking)
        intent = self._intent_of(answers)
        refusal = self._refusal(intent, sure) if intent else None
        note = f"cut: only the first {len(encoding.words)} words were read" if encoding.is_cut else None
        return self._result(text, answers, intent, refusal, note, ranking)

    def _refusal(self, intent: Intent, sure: float) -> str | None:
        """Return why a command is turned down; None: it is not."""
        if intent.name == OUT_OF_SCOPE:
            return "out of scope"
        if intent.name == SEVERAL:
            return "several commands, not all of them understood"
        if sure < self._threshold:
            judged = "answer less sure than" if self.manifest.weighs_claims else "intent below"
            return f"{judged} its threshold of {self._threshold:.2f}"
        if self._knows_several and (twice := said_twice(intent.slots, self.manifest.names, self.values)):
            return f"{twice} is said twice"
        if self.values and not self.values.is_enough(intent.name, (*_labels(intent.slots), *intent.unspoken)):
            return f"incomplete: {intent.name} needs more than was said"
        return None

    def _weighed(self, heard: Heard, ranking: bool) -> tuple[dict[str, Any], float]:
        """Return each head's answer, and how sure the whole is.

        What is done, and with what: a known thing that is named keeps out what cannot be done with it.
        """
        found = self._decoded(heard, {}, ranking)
        slots = found.answers.get(SLOTS_HEAD)
        if self.values and slots and self._intent and self._domain:
            barred = unsuited(self._intent, self._domain, found.logits, slots, self.values)
            if barred:
                found = self._decoded(heard, barred, ranking, found)
        return found.answers, self._sure(found.p)

    def _decoded(
        self, heard: Heard, barred: Mapping[str, NDArray[Any]], ranking: bool, before: _Decoded | None = None
    ) -> _Decoded:
        """Return what the heads answer; `barred` is added to the logits of its heads.

        Spans and slots hang on the intent and the domain that are meant, not on how sure these are, so those of
        `before` stay where the same are meant.
        """
        intent, logits = self.logits(heard.tensors, barred)
        domain = _likeliest(self._domain, logits)
        p: dict[str, NDArray[Any]] = {}
        answers: dict[str, Any] = {}
        for head in self.manifest.heads:
            scaled = logits[head.name] / head.temperature
            if head.kind == "class":
                p[head.name] = softmax(scaled.astype(np.float64))
                answers[head.name] = _ranked(head, p[head.name], ranking)
            elif head.kind == "multilabel":
                answers[head.name] = _present(head, sigmoid(scaled.astype(np.float64)))
            elif head.kind == "score":
                answers[head.name] = float(logits[head.name][0])
            elif before is not None and before.meant == (intent, domain):
                answers[head.name] = before.answers[head.name]
            else:
                answers[head.name] = self._slots_of(head, scaled, heard, intent, domain)
        return _Decoded(answers, logits, p, (intent, domain))

    def _slots_of(
        self, head: HeadEntry, logits: NDArray[Any], heard: Heard, intent: str | None, domain: str | None
    ) -> list[Slot]:
        """Return the slots of a tag head, where that intent and that domain are meant."""
        read = self.featurizer.heard(heard.text)
        values, lists = (self.values, self.manifest.names) if head.name == SLOTS_HEAD else (None, None)
        spans = decode_spans(logits, heard.encoding.words, head.labels)
        if lists:
            fits = self.values.fits(intent) if self.values and intent else None
            fitting = {label: of for label, of in lists.items() if fits is None or label in fits}
            spans = prefer_names(spans, read, heard.encoding.words, fitting, heard.matches, values, intent)
        slots = fill_slots(spans, read, domain, values)
        slots = identify(slots, lists, heard.lexicon) if lists else slots
        if read != heard.text:
            slots = [replace(slot, raw=heard.text[slot.start : slot.end]) for slot in slots]
        return slots

    def logits(
        self, tensors: Mapping[str, NDArray[Any]], barred: Mapping[str, NDArray[Any]] | None = None
    ) -> tuple[str | None, dict[str, NDArray[Any]]]:
        """Return the likeliest intent and each head's logits; those of slots keep out labels that it never has."""
        logits = {head.name: tensors[head.logits][0] for head in self.manifest.heads}
        for head, bar in (barred or {}).items():
            logits[head] = logits[head] + bar
        if self._leaning is not None and not tensors["lexicon"].any():
            logits[SLOTS_HEAD] = logits[SLOTS_HEAD] + self._leaning
        likeliest = _likeliest(self._intent, logits)
        if likeliest is not None and likeliest in self._unfit:
            logits[SLOTS_HEAD] = logits[SLOTS_HEAD] + self._unfit[likeliest]
        return likeliest, logits

    def sure(self, heard: Heard) -> float:
        """Return how sure an answer as one command is, which the threshold judges; 1 where nothing is judged."""
        return self._weighed(heard, ranking=False)[1]

    def _sure(self, p: Mapping[str, NDArray[Any]]) -> float:
        if self._intent is None:
            return 1.0
        intent = p[INTENT_HEAD]
        if not self.manifest.weighs_claims:
            return float(intent.max())
        return confidence_of(intent, self._intent.labels, p[DOMAIN_HEAD] if self._domain else None)

    def commands(self, said: Result) -> list[Command]:
        """Return the commands in an utterance of several; none where it is one."""
        if not self.manifest.splits_commands:
            return []
        # Ways to part an utterance have texts in common, each of which is answered once.
        ask = cache(lambda text: self.answer(self.hear(text)))
        return Parting(ask, self.manifest.spoken, self.manifest.names, self._knows_several).commands(said)

    def _intent_of(self, answers: Mapping[str, Any]) -> Intent | None:
        """Return the likeliest intent with its slots, said or not; None where no head tells intents."""
        ranked, domains = answers.get(INTENT_HEAD), answers.get(DOMAIN_HEAD)
        if not isinstance(ranked, tuple):
            return None
        slots = tuple(answers[SLOTS_HEAD]) if self._slots else ()
        domain = domains[0].label if isinstance(domains, tuple) else None
        unspoken = self.values.unspoken(ranked[0].label, domain, _labels(slots)) if self.values else {}
        return Intent(ranked[0].label, ranked[0].p, slots, unspoken)

    def _result(
        self,
        text: str,
        answers: dict[str, Any],
        intent: Intent | None,
        refusal: str | None,
        note: str | None = None,
        ranking: bool = False,
    ) -> Result:
        ranked = {name: answer for name, answer in answers.items() if isinstance(answer, tuple)}
        rest = {
            name: tuple(answer) if isinstance(answer, list) else answer
            for name, answer in answers.items()
            if name not in ranked
        }
        rest |= {name: ranks[0] for name, ranks in ranked.items() if name not in (INTENT_HEAD, DOMAIN_HEAD)}
        if intent and self._slots:
            del rest[SLOTS_HEAD]
        return Result(
            text=text,
            lang=self.manifest.lang,
            bundle_id=self.bundle_id,
            intents=(intent,) if intent else (),
            domain=ranked[DOMAIN_HEAD][0] if DOMAIN_HEAD in ranked else None,
            heads=rest,
            rejected=refusal is not None,
            reason="; ".join(filter(None, [refusal, note])) or None,
            ms=0.0,
            ranking=ranked if ranking else {},
        )


def _labels(slots: Sequence[Slot]) -> list[str]:
    """Return the labels of the spans that slots were read from."""
    return [slot.label or slot.name for slot in slots]


def _featurizer(manifest: Manifest, locate: Locate) -> Featurizer:
    entry = manifest.files_of("vocabulary")[0]
    try:
        words = read_verified(entry, locate(entry)).decode().split("\n")
        return Featurizer(manifest.featurizer, [word for word in words if word])
    except UnicodeDecodeError as error:
        raise BundleInvalid(f"{entry.name}: not UTF-8: {error.reason} at byte {error.start}") from None
    except ValueError as error:
        raise BundleInvalid(f"{entry.name}: {error}") from None


def _likeliest(head: HeadEntry | None, logits: Mapping[str, NDArray[Any]]) -> str | None:
    """Return the likeliest label of a class head; None without a head."""
    return head.labels[int(logits[head.name].argmax())] if head is not None else None


def _ranked(head: HeadEntry, p: NDArray[Any], ranking: bool) -> tuple[Ranked, ...]:
    """Return the labels of a class head, likeliest first; only the best one unless `ranking`."""
    order = np.argsort(-p, kind="stable") if ranking else [p.argmax()]
    return tuple(Ranked(head.labels[i], float(p[i])) for i in order)


def _present(head: HeadEntry, p: NDArray[Any]) -> list[Ranked]:
    """Return the labels of a multilabel head that there are, likeliest first."""
    return [Ranked(head.labels[i], float(p[i])) for i in np.argsort(-p, kind="stable") if p[i] >= head.threshold]
