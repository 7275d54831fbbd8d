"""A home with a champion and the versions of a skill that was trained for several trunks; nothing is trained here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from mlflow import MlflowClient

from deploy.edge.tests.tiny_bundle import TRUNK_ID, Recipe
from deploy.edge.tests.tiny_skill import THANKS, SkillRecipe, mine
from deploy.repository.channels import point, publish
from tasks.settings import database_uri
from tasks.tracking.registry import BUNDLE, CHALLENGER
from trunkline_edge.bundle.manifest import Manifest

NO_LONGER_HERE, OLD, OWN, OTHER_PRECISION = range(4)
TRUNKS: tuple[tuple[str, float, Literal["fp32", "int8"]], ...] = (
    ("8" * 64, 3.0, "fp32"),
    (TRUNK_ID, 1.0, "fp32"),
    (TRUNK_ID, 1.0, "fp32"),
    (TRUNK_ID, 2.0, "int8"),
)
"""Of each version: weights, scale of the graph, precision."""


def skilled_home(home: Path) -> list[str]:
    """Make `tiny` champion in fp32 and register `manners`; returns the bundle ids of its versions.

    These are one on the weights of no bundle here, two on the champion's trunk, and one on the same weights in int8.
    """
    client, repository = MlflowClient(tracking_uri=database_uri(home / "mlflow.db")), home / "repository"
    point(repository, "tiny", "local", _written(home / "built", Recipe().write(home / "built"), repository, 1))
    client.create_registered_model("tiny~manners")
    made = []
    for number, (trunk_id, scale, precision) in enumerate(TRUNKS, start=1):
        base, folder = home / f"base{number}", home / f"skill{number}"
        Recipe(scale=scale).write(base)
        manifest = SkillRecipe(heads=(mine("nice", threshold=0.5 + number / 100), THANKS)).write(base, folder)
        graphs = [replace(each, precision=precision) if each.name == "trunk" else each for each in manifest.graphs]
        manifest = replace(manifest, trunk_id=trunk_id, graphs=tuple(graphs))
        made.append(_written(folder, manifest, repository, number))
        tags = {BUNDLE: made[-1], "data_digest": "d" * 64, "trunk": manifest.files_of("trunk")[0].sha256}
        client.create_model_version("tiny~manners", str(folder), tags=tags)
    client.set_registered_model_alias("tiny~manners", CHALLENGER, str(len(made)))
    return made


def _written(folder: Path, manifest: Manifest, repository: Path, version: int) -> str:
    (folder / "manifest.json").write_bytes(manifest.to_bytes())
    return publish(repository, folder, version).bundle_id
