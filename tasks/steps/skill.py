"""A skill: heads trained on the states of the champion's trunk, built, and recorded beside their base.

Plain functions, done once where they take long: somebody waits at a desk for a minute, and no server is worth starting.
"""

from __future__ import annotations

import hashlib
import json
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from mlflow.entities import Metric

from deploy.bundle.built import Built
from deploy.repository.channels import publish
from deploy.skills.base import read_states, trunk_of
from deploy.skills.build import build_skill as build
from model.data.batches import Encoded, encode
from model.skills.graphs import export_skill
from model.skills.train import DROPOUT, MINE_PLAN, SkillNet, fit
from schemas.artifacts.graphs import Graphs
from schemas.artifacts.states import States
from schemas.data.dataset import Dataset
from schemas.data.heads import HeadPlan, plan_heads
from schemas.errors import UserError
from schemas.spec.product import Spec
from tasks.cache.keys import learn_key, read_key, skill_key
from tasks.cache.once import once
from tasks.cache.origin import other_form
from tasks.cache.store import empty, sha256_of
from tasks.progress import Advanced, counting, tell
from tasks.records import Base, Champion, Learned, Read, Registered, RowsAt, Scored, Validated
from tasks.rows import data_with, open_data
from tasks.settings import Settings, git_commit
from tasks.tracking import runs as tracking
from tasks.tracking.champion import champion_of
from tasks.tracking.registry import skill_model, skill_versions
from trunkline_edge.bundle.manifest import MINE, Manifest
from trunkline_edge.bundle.skills import precision_of_trunk
from trunkline_edge.bundle.store import load_manifest, located_in
from trunkline_edge.understanding.result import OUT_OF_SCOPE
from trunkline_edge.understanding.session import INTENT_HEAD, Runtime

OTHERS = 4_000
"""Rows of one other data set that a skill learns to leave alone, drawn by the hash of their ids; half of them valid."""
SPLITS = ("train", "valid")


class CannotTrain(UserError):
    """There is nothing to train a skill on, or to tell it from."""


def base_of(product: str, channel: str, precision: str | None = None) -> Base:
    """Return the champion that skills stand on, in a precision or its own; raises `CannotTrain` or `NoBase`."""
    settings = Settings.from_environment()
    repository = settings.repository
    champion = champion_of(repository, product, channel)
    if champion is None:
        raise CannotTrain(f"no champion of {product} on channel {channel}: `trunkline retrain SPEC` makes one")
    manifest = load_manifest(repository, champion.bundle_id)
    trunk_of(manifest)
    if precision not in (None, precision_of_trunk(manifest)):
        manifest = _in_precision(settings, champion, precision)
    return Base(
        product, manifest.bundle_id, manifest.files_of("trunk")[0].sha256, words_of(manifest), champion.data_digest
    )


def words_of(manifest: Manifest) -> str:
    """Return the sha256 of how a bundle reads a text: its word list, and the featurizer's settings."""
    (vocabulary,) = manifest.files_of("vocabulary")
    return hashlib.sha256(json.dumps([vocabulary.sha256, manifest.featurizer.to_json()]).encode()).hexdigest()


def _in_precision(settings: Settings, champion: Champion, precision: str | None) -> Manifest:
    """Return the champion in its other precision, and put it where bundles are opened."""
    folder = other_form(settings.cache, champion.bundle_id)
    manifest = Manifest.from_bytes((folder / "manifest.json").read_bytes()) if folder else None
    if folder is None or manifest is None or precision_of_trunk(manifest) != precision:
        there = f"in {precision_of_trunk(manifest)} beside" if manifest else "in no other precision than"
        raise CannotTrain(
            f"version {champion.version} was not built in {precision}: it is here {there} its own; leave out "
            "--precision"
        )
    return publish(settings.repository, folder, champion.version)


def others_of(base: Base, spec: Spec) -> tuple[RowsAt, ...]:
    """Return the rows that are not the skill's: the base's own, and those of other skills on its trunk.

    Raises `CannotTrain` where the base's are no longer here: a skill that knows no others would take all for its own.
    """
    settings = Settings.from_environment()
    digests = [base.data_digest]
    others = [each for each in skill_versions(base.product) if each.trunk == base.trunk and each.name != spec.name]
    digests += [each.data_digest for each in others]
    found = {digest: data_with(digest, settings) for digest in dict.fromkeys(digests)}
    if found[base.data_digest] is None:
        raise CannotTrain(
            f"the rows that {base.product} learned from are no longer in {settings.cache}: `trunkline validate` its "
            "spec, so that the skill learns what is not its own"
        )
    return tuple(RowsAt(str(each.folder.relative_to(settings.cache)), digest) for digest, each in found.items() if each)


@once(read_key)
def read(folder: Path, base: Base, rows: RowsAt, most: int) -> Read:
    """Run the trunk over the train and valid rows of a data set, or over `most` of them; 0: all."""
    empty(folder)
    runtime, dataset = _open(base), _dataset(rows)
    texts = {split: _texts(dataset, split, most // (1 if split == "train" else 2)) for split in SPLITS}
    heard = counting("read", sum(map(len, texts.values())))
    for split, said in texts.items():
        read_states(runtime, said, heard).save(folder / f"{split}.safetensors")
    return Read(read_key(base, rows, most).cache_path, rows.digest, {split: len(said) for split, said in texts.items()})


@once(learn_key)
def learn(
    folder: Path, spec: Spec, base: Base, data: Validated, own: Read, others: Sequence[Read], layer: int
) -> Learned:
    """Train the skill's heads and export them; raises `ParityBroken` when a graph differs from the net."""
    empty(folder)
    runtime, dataset = _open(base), open_data(data)
    plans = [plan for plan in plan_heads(spec, dataset) if not plan.auxiliary]
    if MINE in (plan.name for plan in plans):
        raise CannotTrain(f"heads.{MINE}: every skill has a head of this name; call it another")
    if following := [plan.name for plan in plans if plan.kind == "next_word"]:
        raise CannotTrain(f"heads.{following[0]}: a skill reads states of whole texts, not of what comes: leave it out")
    rows, states = encode(dataset, "train", runtime.featurizer, plans), _states(own, "train")
    torch.manual_seed(spec.train.seed)
    smoothing = spec.train.label_smoothing
    net = SkillNet((MINE_PLAN, *plans), states.width, layer, dropout=DROPOUT, smoothing=smoothing)
    not_mine = States.joined([_states(each, "train") for each in others])
    begun, losses = time.monotonic(), []
    for progress in fit(net, rows, states, not_mine, mine=_mine(plans, rows), seed=spec.train.seed):
        losses.append(progress.loss)
        tell(Advanced("learn", progress.step, progress.steps, f"step {progress.step}: loss {progress.loss:.3f}"))
    seconds = time.monotonic() - begun
    manifest = runtime.manifest
    graphs = export_skill(
        net,
        states,
        folder,
        reads=trunk_of(manifest).outputs[0],
        trunk_id=manifest.trunk_id,
        featurizer=manifest.featurizer,
        opset=spec.export.opset,
    )
    digest = hashlib.sha256("".join(sha256_of(folder / graph.fp32) for graph in graphs.graphs).encode()).hexdigest()
    parity = max(graph.parity for graph in graphs.graphs)
    path = learn_key(spec, base, data, others, layer).cache_path
    return Learned(path, digest, tuple(losses), seconds, parity)


@once(skill_key)
def build_skill(
    folder: Path,
    spec: Spec,
    base: Base,
    data: Validated,
    learned: Learned,
    own: Read,
    others: Sequence[Read],
    run_id: str,
) -> Built:
    """Calibrate, measure, and put a skill together."""
    empty(folder)
    settings = Settings.from_environment()
    built = build(
        Graphs.load(settings.cache / learned.cache_path),
        _open(base),
        located_in(settings.repository),
        open_data(data),
        _states(own, "valid"),
        States.joined([_states(each, "valid") for each in others]),
        spec,
        run_id=run_id,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        git_commit=git_commit(),
        out=folder,
    )
    return replace(built, folder=built.folder.relative_to(settings.cache))


def record_training(spec: Spec, base: Base, data: Validated, learned: Learned, layer: int) -> str:
    """Tell MLflow of a training, in an experiment of the skill's own; returns the run's id. Done twice, it is one."""
    model = skill_model(base.product, spec.name)
    with tracking.run_for(model, hashlib.sha256(learned.cache_path.encode()).hexdigest()) as run_id:
        for name, value in {"base": base.product, "trunk": base.trunk, "layer": str(layer)}.items():
            tracking.connect().set_tag(run_id, name, value)
        tracking.log_params(run_id, spec, {})
        tracking.log_dataset(run_id, model, data)
        now = tracking.now_ms()
        figures = [Metric("loss", loss, now, at) for at, loss in enumerate(learned.losses)]
        tracking.connect().log_batch(run_id, metrics=[*figures, Metric("seconds", learned.seconds, now, 0)])
    return run_id


def report_skill(run_id: str, bundle: Built, scored: Scored) -> None:
    """Put what the skill reached into its MLflow run."""
    valid, tested = dict(bundle.scores["fp32"]), {name: found for name, found in scored.metrics.items() if name != MINE}
    tracking.log_measured(run_id, "valid", valid, {"bytes": bundle.size_bytes})
    tracking.log_measured(run_id, scored.split, tested, {"sentence_accuracy": scored.sentence_accuracy})
    tracking.connect().set_tag(run_id, tracking.NOTE, "\n".join(bundle.reasons))


def publish_skill(base: Base, bundle: Built, registered: Registered, data: Validated) -> None:
    """Note in the registry what the skill stands on, and put it where `trunkline skill pack` finds it."""
    client, settings = tracking.connect(), Settings.from_environment()
    for name, value in (("base", base.product), ("trunk", base.trunk), ("data_digest", data.digest)):
        client.set_model_version_tag(registered.name, str(registered.version), name, value)
    publish(settings.repository, settings.cache / bundle.folder, registered.version)


def _open(base: Base) -> Runtime:
    repository = Settings.from_environment().repository
    return Runtime(load_manifest(repository, base.bundle_id), located_in(repository))


def _dataset(rows: RowsAt) -> Dataset:
    return Dataset.load(Settings.from_environment().cache / rows.cache_path)


def _states(read: Read, split: str) -> States:
    return States.load(Settings.from_environment().cache / read.cache_path / f"{split}.safetensors")


def _texts(dataset: Dataset, split: str, most: int) -> list[str]:
    """Return the texts of a split in order, or `most` of them, drawn by the hash of their rows' ids."""
    rows = list(_rows(dataset, split))
    if not most or len(rows) <= most:
        return [text for _, text in rows]
    drawn = sorted(range(len(rows)), key=lambda number: zlib.crc32(rows[number][0].encode()))[:most]
    return [rows[number][1] for number in sorted(drawn)]


def _rows(dataset: Dataset, split: str) -> Iterator[tuple[str, str]]:
    for frame in dataset.batches(split):
        yield from zip(frame["id"], frame["text"], strict=True)


def _mine(plans: Sequence[HeadPlan], rows: Encoded) -> np.ndarray:
    """Say which rows are the skill's: all but those that its intents call out of scope."""
    for plan in plans:
        if plan.name == INTENT_HEAD and plan.kind == "class" and OUT_OF_SCOPE in plan.labels:
            return np.asarray(rows.targets[plan.name] != plan.labels.index(OUT_OF_SCOPE))
    return np.ones(len(rows), dtype=np.bool_)
