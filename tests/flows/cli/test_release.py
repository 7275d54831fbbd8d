from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from mlflow import MlflowClient

from deploy.repository.channels import OTHERWISE
from tests.flows.conftest import Desk

# MLflow warns of the types of its own request classes when it is imported.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint:UserWarning")


@pytest.fixture
def released(retrained: Desk, tmp_path: Path) -> Desk:
    """A copy of the retrained home, with a signed repository and keys."""
    desk = retrained.moved_to(tmp_path / "home")
    done = desk.run("release", "init")
    assert done.returncode == 0, done.stderr
    return desk


def test_a_champion_is_published_and_a_channel_moved_to_it(released: Desk) -> None:
    published = released.run("release", "publish", "--product", "tiny")
    assert (published.returncode, "trunk" in published.stdout) == (0, True), published.stderr
    assert released.run("release", "promote", "stable", "--product", "tiny", "--version", "1").returncode == 0
    found = json.loads(released.run("release", "status", "--json").stdout)
    (pointer,) = found["channels"]["stable"]
    assert (pointer["product"], pointer["version"], pointer["sequence"]) == ("tiny", 1, 1)
    assert {role["role"] for role in found["roles"]} >= {"root", "targets", "models", "channel-stable"}
    assert "tiny version 1" in released.run("release", "status").stdout


@pytest.mark.slow
def test_a_retrain_on_the_champions_trunk_publishes_heads_alone_in_both_precisions(
    released: Desk, tmp_path: Path
) -> None:
    assert released.run("release", "publish", "--product", "tiny").returncode == 0
    rows = tmp_path / "tiny.jsonl"
    new = [{"text": f"whyever is the {thing} on", "labels": {"intent": "on"}} for thing in ("lamp", "blind", "fan")]
    rows.write_text("\n".join([released.spec.with_suffix(".jsonl").read_text(), *map(json.dumps, new)]))
    keeps = ("--set", "train.start_from=champion", "--set", "train.freeze=trunk", "--set", "export.int8_drop=1")
    done = released.run("retrain", str(released.spec), "--data", str(rows), *keeps)
    assert done.returncode == 0, done.stderr
    released.run("promote", "2", "--product", "tiny", "--reason", "a test")
    published = released.run("release", "publish", "--product", "tiny", "--version", "2")
    assert published.returncode == 0, published.stderr
    files = published.stdout.partition(": ")[2].rpartition("; ")[0].split(", ")
    assert set(files) == {"intent.onnx", "slots.onnx", "golden.jsonl", "manifest.json"}, published.stdout
    assert files.count("manifest.json") == 2, "of both precisions"


@pytest.mark.parametrize("what", [("nothing",), ("tiny", "--version", "99")])
def test_what_is_not_registered_is_not_published(released: Desk, what: tuple[str, ...]) -> None:
    done = released.run("release", "publish", "--product", *what)
    assert (done.returncode, "the registry has no" in done.stderr) == (2, True)


def test_what_was_never_champion_is_not_published(released: Desk) -> None:
    registry = f"sqlite:///{released.home / 'mlflow.db'}"
    MlflowClient(registry, registry).delete_model_version_tag("tiny", "1", "promoted_by")
    done = released.run("release", "publish", "--product", "tiny", "--version", "1")
    assert (done.returncode, "trunkline promote 1 --product tiny" in done.stderr) == (2, True), done.stderr


def test_a_registered_bundle_whose_file_has_changed_is_not_published(released: Desk) -> None:
    found = (released.home / "artifacts").rglob("trunk*.onnx")
    (trunk,) = {path for path in found if not {"code", OTHERWISE} & set(path.parts)}
    trunk.write_bytes(trunk.read_bytes() + b"x")
    done = released.run("release", "publish", "--product", "tiny")
    assert (done.returncode, trunk.name in done.stderr) == (1, True)


def test_a_registered_bundle_whose_files_are_in_another_home_is_not_published(released: Desk) -> None:
    shutil.rmtree(released.home / "artifacts")
    done = released.run("release", "publish", "--product", "tiny")
    assert (done.returncode, "TRUNKLINE_HOME" in done.stderr) == (2, True), done.stderr


def test_commands_before_init_say_so(bare: Desk) -> None:
    for command in (("status",), ("refresh",), ("rotate", "root"), ("author", "add", "eve")):
        done = bare.run("release", *command)
        assert (done.returncode, "trunkline release init" in done.stderr) == (2, True)


def test_authors_keys_and_rotations_from_the_command_line(bare: Desk) -> None:
    assert bare.run("release", "init", "--channel", "stable", "--channel", "beta").returncode == 0
    handed = Path(bare.run("release", "author", "add", "eve").stdout.strip().rpartition(" ")[2])
    assert handed.is_file()
    assert bare.run("release", "author", "revoke", "eve").returncode == 0
    assert "timestamp" in bare.run("release", "rotate", "timestamp").stdout
    next((bare.home / "keys").glob("channel-beta-*.pem")).unlink()
    done = bare.run("release", "refresh", "--all")
    assert (done.returncode, "channel-beta" in done.stdout) == (1, True)
