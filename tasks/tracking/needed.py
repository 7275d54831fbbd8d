"""Which bundles a home still needs, and which of MLflow's files nobody can come back to."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator
from pathlib import Path

from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from tasks.settings import Settings
from tasks.tracking import runs as tracking
from tasks.tracking.champion import champion_of, channels_in
from tasks.tracking.promotions import intended, one_before, read_history
from tasks.tracking.registry import BUNDLE, CHALLENGER, registered_models, skill_versions
from trunkline_edge.bundle.skills import read_skills
from trunkline_edge.bundle.store import stored_manifests


def needed_bundles(settings: Settings, keep: int) -> frozenset[str]:
    """Return the ids of champions, challengers, the champions before, the last `keep` promotions of each product, and
    skills: those that this machine answers with, and the newest ones on the trunks of all these.

    Raises `PromotionUnfinished` where an unreadable intent hides a bundle.
    """
    history = read_history(settings.home).promotions
    needed: set[str] = set()
    for product, channel in channels_in(settings.repository):
        champion = champion_of(settings.repository, product, channel)
        if champion is not None:
            needed.add(champion.bundle_id)
            before = one_before(history, product, channel, champion.bundle_id)
            needed |= {before.bundle_id} if before else set()
        here = [line.bundle_id for line in history if (line.product, line.channel) == (product, channel)]
        needed |= set(here[-keep:] if keep else ())
    for skills in (settings.repository / "skills").glob("*.json"):
        needed |= set(read_skills(skills).values())
    for intent in (settings.home / "promotions").glob("*.json"):
        under_way = intended(settings.home, intent.stem)
        needed |= {under_way.bundle_id} if under_way else set()
    needed |= set(_challengers())
    return frozenset(needed | set(_skills_on(settings.repository, needed)))


def _challengers() -> Iterator[str]:
    client = tracking.connect()
    for model in registered_models():
        if CHALLENGER in model.aliases:
            yield client.get_model_version_by_alias(model.name, CHALLENGER).tags.get(BUNDLE, "")


def _skills_on(repository: Path, bundles: Collection[str]) -> Iterator[str]:
    """Yield the newest version of each skill on the trunks of these bundles, in every precision of their weights."""
    trunks = {manifest.trunk_id for manifest in stored_manifests(repository, bundles)}
    for skill in stored_manifests(repository, [each.bundle_id for each in skill_versions()]):
        if skill.trunk_id in trunks:
            yield skill.bundle_id


def dead_runs(steps: Container[str]) -> list[str]:
    """Return the ids of runs that failed or were killed, became no version, and have no training to go on with.

    steps: the folders of trainings that stay, by name.
    """
    registered = {version.run_id for version in tracking.connect().search_model_versions()}
    ended = [run for status in ("FAILED", "KILLED") for run in tracking.all_runs(f"attributes.status = '{status}'")]
    return [
        str(run.info.run_id)
        for run in ended
        if run.info.run_id not in registered and run.data.tags.get(tracking.KEY, "")[:16] not in steps
    ]


def remove_run(run_id: str) -> None:
    """Delete a run with its files. MLflow keeps its row among the deleted ones; `mlflow gc` empties these."""
    client = tracking.connect()
    get_artifact_repository(client.get_run(run_id).info.artifact_uri).delete_artifacts()  # MLflow has no type for it
    client.delete_run(run_id)
