"""What MLflow's registry knows of a product's bundles, and the lock under which pointer and aliases are changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import mlflow
import yaml
from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.exceptions import MlflowException
from mlflow.models import Model

from schemas.errors import UserError
from schemas.spec.product import DEFAULT_CHANNEL
from tasks.settings import Settings
from tasks.tracking import runs as tracking
from tasks.tracking.champion import champions_of
from trunkline_edge.bundle.manifest import Manifest

CHALLENGER = "challenger"
BUNDLE, VERDICT, PROMOTED_BY = "bundle_id", "verdict", "promoted_by"

DESCRIPTION = 5_000
"""Characters that the registry has room for; SQLite keeps longer ones, PostgreSQL refuses them."""


def champion_alias(channel: str) -> str:
    """Return the alias of a channel's champion: on the channel that specs have by default it is the word alone."""
    return "champion" if channel == DEFAULT_CHANNEL else f"champion-{channel}"


class NotRegistered(UserError):
    """The registry has no such version, or its files are not the registered ones."""


class NotBlessed(UserError):
    """A version is registered, and neither a verdict nor a person has ever made it champion."""


@dataclass(frozen=True)
class RegisteredBundle:
    """A version of the registry and where its files are."""

    product: str
    version: int
    bundle_id: str
    folder: Path
    """`manifest.json` and the files that it names; these are not hashed yet."""
    promoted_by: str | None
    """Who last made it champion; None: nobody ever."""
    verdict: str | None
    """What the gate said of it."""


def registered_bundle(product: str, version: int | None = None) -> RegisteredBundle:
    """Return the bundle of a version, without one that of the champion.

    Raises:
        NotRegistered: there is none, its files are gone, or channels have different champions and no version is named.
    """
    found = _only_champion(product) if version is None else _version(product, version)
    number, bundle_id = int(found.version), found.tags.get(BUNDLE)
    try:
        folder = folder_of(found)
    except (MlflowException, FileNotFoundError) as error:
        raise NotRegistered(
            f"version {number} of {product!r} is registered, but its files are not to be had: {error}; "
            "TRUNKLINE_HOME must be the home that the registry belongs to"
        ) from None
    in_folder = Manifest.from_bytes((folder / "manifest.json").read_bytes()).bundle_id
    if in_folder != bundle_id:
        raise NotRegistered(
            f"version {number} of {product!r} is registered as bundle {str(bundle_id)[:12]}, its files are "
            f"{in_folder[:12]}; register it again with `trunkline retrain`"
        )
    return RegisteredBundle(product, number, bundle_id, folder, found.tags.get(PROMOTED_BY), found.tags.get(VERDICT))


def folder_of(version: ModelVersion) -> Path:
    """Return the bundle's folder among the files of a version; raises MlflowException, OSError or KeyError."""
    model = Path(mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{version.name}/{version.version}"))
    # `Model.load` takes a path for an address, and a `%` or `?` in it for a part of one.
    described = Model.from_dict(yaml.safe_load((model / "MLmodel").read_bytes()))
    return model / str(described.flavors["python_function"]["artifacts"]["bundle"]["path"])


def blessed_bundle(product: str, version: int | None = None) -> RegisteredBundle:
    """Return the bundle of a version that was champion once; raises `NotBlessed`, or as `registered_bundle` does."""
    found = registered_bundle(product, version)
    if found.promoted_by is None:
        raise NotBlessed(
            f"version {found.version} of {product!r} was never champion (its verdict: {found.verdict or 'none'}); if "
            f"devices are to run it, `trunkline promote {found.version} --product {product} --reason TEXT` first"
        )
    return found


def registered_models(where: str = "") -> Iterator[RegisteredModel]:
    """Yield all registered models, products and skills, that a filter of MLflow's leaves."""
    client = tracking.connect()
    token: str | None = ""
    while token is not None:
        page = client.search_registered_models(where or None, page_token=token or None)
        yield from page
        token = page.token or None


def versions(product: str, where: str = "") -> list[ModelVersion]:
    """Return the registered versions of a product, or those of them that a filter of MLflow's leaves."""
    return list(tracking.connect().search_model_versions(f"name = '{product}'{where}"))


def version_with(product: str, bundle_id: str) -> ModelVersion | None:
    """Return the version that is this bundle, if it is registered."""
    return next(iter(versions(product, f" and tags.{BUNDLE} = '{bundle_id}'")), None)


@dataclass(frozen=True)
class VersionRecord:
    """A registered version as people look back on it, champion or not."""

    product: str
    version: int
    bundle_id: str
    made: str
    """UTC, ISO 8601."""
    sentence_accuracy: float | None
    """On the held-out rows of its own data set; None where its run is gone."""
    verdict: str | None
    """What the gate said of it: the headline, a colon, the reasons."""


def version_records(product: str = "") -> list[VersionRecord]:
    """Return all versions of a product, or of every product, oldest first."""
    client = tracking.connect()
    named = [product] if product else [model.name for model in registered_models()]
    found = [each for name in sorted(named) if "~" not in name for each in versions(name)]
    return [
        VersionRecord(
            product=each.name,
            version=int(each.version),
            bundle_id=each.tags.get(BUNDLE, ""),
            made=datetime.fromtimestamp(each.creation_timestamp / 1000, UTC).isoformat(timespec="seconds"),
            sentence_accuracy=_sentence_accuracy(client, each.run_id),
            verdict=each.tags.get(VERDICT),
        )
        for each in sorted(found, key=lambda each: (each.name, int(each.version)))
    ]


def _sentence_accuracy(client: MlflowClient, run_id: str | None) -> float | None:
    """Return what a run says of its test rows, else of its valid rows."""
    try:
        measured = client.get_run(str(run_id)).data.metrics
    except MlflowException:
        return None
    return measured.get("test.sentence_accuracy", measured.get("valid.sentence_accuracy"))


@dataclass(frozen=True)
class SkillVersion:
    """A registered version of a skill, the newest on its trunk."""

    name: str
    version: int
    bundle_id: str
    data_digest: str
    trunk: str | None
    """SHA-256 of the trunk's graph: what binds a skill to it."""


def skill_model(product: str, skill: str) -> str:
    """Return the registered model's name of a skill; no product has a tilde in its name, and MLflow allows no point."""
    return f"{product}~{skill}"


def skill_versions(product: str | None = None) -> list[SkillVersion]:
    """Return the newest version of each skill on each trunk, by name and version; of one product, if that is named."""
    found = []
    for model in registered_models(f"name LIKE '{skill_model(product or '%', '%')}'"):
        owner, _, skill = model.name.partition("~")
        last = model.aliases.get(CHALLENGER)
        if last is None or product not in (None, owner):  # to LIKE, `_` is any character
            continue
        # What was trained last is the newest, also when that training made a version that had been made before.
        there = sorted(versions(model.name), key=lambda each: (str(each.version) == str(last), int(each.version)))
        for on, newest in {each.tags.get("trunk"): each for each in there}.items():
            tags = newest.tags
            found.append(SkillVersion(skill, int(newest.version), tags[BUNDLE], tags["data_digest"], on))
    return sorted(found, key=lambda each: (each.name, each.version))


def _version(product: str, version: int) -> ModelVersion:
    try:
        return tracking.connect().get_model_version(product, str(version))
    except MlflowException as error:
        raise NotRegistered(f"the registry has no version {version} of {product!r}: {error.message}") from None


def _only_champion(product: str) -> ModelVersion:
    """Return the champion's version where all channels have the same, so that nobody guesses which is meant."""
    champions = champions_of(Settings.from_environment().repository, product)
    if len(set(champions.values())) > 1:
        found = {name: version_with(product, bundle_id) for name, bundle_id in champions.items()}
        told = ", ".join(f"{name} version {each.version if each else 'unknown'}" for name, each in found.items())
        raise NotRegistered(f"channels of {product} have different champions: {told}; name the version that is meant")
    champion = next((version_with(product, each) for each in champions.values()), None)
    if champion is None:
        raise NotRegistered(f"the registry has no champion of {product!r}; `trunkline retrain SPEC` makes one")
    return champion


def champion_version(product: str, channel: str) -> ModelVersion | None:
    """Return the version that a channel's alias names, if the registry has one."""
    try:
        return tracking.connect().get_model_version_by_alias(product, champion_alias(channel))
    except MlflowException:
        return None


def describe_version(product: str, version: str, text: str, rest: str) -> None:
    """Write a version's description; one that is too long ends with where the rest of it is."""
    if len(text) > DESCRIPTION:
        end = f"\n\n(the rest: {rest})"
        text = text[: DESCRIPTION - len(end)] + end
    tracking.connect().update_model_version(product, version, description=text)


def registry_lock(settings: Settings, product: str) -> FileLock:
    """Guard read-decide-set of pointer and alias; MLflow has no compare-and-set."""
    settings.locks.mkdir(parents=True, exist_ok=True)
    return FileLock(settings.locks / f"registry-{product}.lock")
