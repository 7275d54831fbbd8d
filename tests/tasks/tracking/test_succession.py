"""A person's say in who is champion, on a real MLflow store and a real repository."""

from __future__ import annotations

import resource
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mlflow
import pytest

from deploy.bundle.built import Built
from deploy.evaluation.verdict import Verdict
from tasks.steps.register import promote, register
from tasks.steps.train import record
from tasks.tracking import runs as tracking
from tasks.tracking.champion import champion_of
from tasks.tracking.promotions import read_history
from tasks.tracking.registry import NotBlessed, NotRegistered, blessed_bundle, registered_bundle
from tasks.tracking.succession import CannotPromote, Channel, finish_begun, promote_version, roll_back
from tests.tasks.skilled import skilled_home
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.store import products_in
from trunkline_edge.errors import BundleInvalid, TrunklineEdgeError

# MLflow warns of the types of its own request classes when it is imported.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint:UserWarning")


@dataclass(frozen=True)
class Shop:
    """Three registered versions, of which 1 and 2 have been champion in turn."""

    home: Path
    channel: Channel
    bundles: tuple[Built, ...]

    def in_force(self) -> tuple[str, int]:
        """Bundle id behind the pointer, and version behind the alias."""
        champion = champion_of(self.home / "repository", "tiny", "local")
        assert champion is not None
        return champion.bundle_id, int(tracking.connect().get_registered_model("tiny").aliases["champion"])

    def version(self, number: int) -> tuple[str, int]:
        return self.bundles[number - 1].bundle_id, number


@pytest.fixture
def shop(chain: Any) -> Shop:
    run_id = record.fn(chain.spec, chain.data, chain.trained)
    bundles, against = [chain.bundle], None
    bundles += [_with_threshold(chain.home / "cache", chain.bundle, threshold) for threshold in (1e-6, 2e-6)]
    for number, bundle in enumerate(bundles, start=1):
        registered = register.fn(chain.spec, chain.data, bundle, run_id)
        assert registered.version == number
        if number < 3:
            assert promote.fn(chain.spec, bundle, registered, Verdict(True, (f"reason {number}",), against=against))
            against = bundle.bundle_id
    return Shop(chain.home, Channel("tiny", "local"), tuple(bundles))


def _with_threshold(cache: Path, bundle: Built, threshold: float) -> Built:
    """Return another bundle of the same graphs: one that rejects a little sooner."""
    folder = cache / f"{bundle.folder}-{threshold}"
    shutil.copytree(cache / bundle.folder, folder)
    manifest = Manifest.from_bytes((folder / "manifest.json").read_bytes())
    heads = tuple(replace(head, threshold=threshold) if head.name == "intent" else head for head in manifest.heads)
    manifest = replace(manifest, heads=heads)
    (folder / "manifest.json").write_bytes(manifest.to_bytes())
    return replace(bundle, folder=folder.relative_to(cache), bundle_id=manifest.bundle_id)


def test_where_channels_differ_nobody_is_taken_for_the_champion_or_blamed(shop: Shop) -> None:
    assert registered_bundle("tiny").version == 2
    promote_version(Channel("tiny", "beta", shop.channel.settings), 3, "beta only")
    with pytest.raises(NotRegistered, match=r"beta version 3, local version 2; name the version that is meant"):
        registered_bundle("tiny")
    assert registered_bundle("tiny", 2).bundle_id == shop.version(2)[0]
    assert finish_begun(shop.channel) is None
    assert shop.in_force() == shop.version(2)
    aliases = tracking.connect().get_registered_model("tiny").aliases
    assert {name: int(number) for name, number in aliases.items()} == {
        "challenger": 3, "champion": 2, "champion-beta": 3,
    }, "each channel has an alias of its own"  # fmt: skip


def test_whose_alias_was_moved_by_hand_is_told_how_to_promote_on_that_channel(shop: Shop) -> None:
    beta = Channel("tiny", "beta", shop.channel.settings)
    promote_version(beta, 3, "beta only")
    tracking.connect().set_registered_model_alias("tiny", "champion-beta", "1")
    told = finish_begun(beta)
    assert told is not None and "`trunkline promote 1 --product tiny --channel beta --reason TEXT`" in told


def test_a_person_promotes_rolls_back_and_all_is_logged_with_who_and_why(shop: Shop) -> None:
    tracking.connect().set_model_version_tag("tiny", "3", "verdict", "kept as challenger: slots is worse")
    promote_version(shop.channel, 3, "the customer asked for it")
    assert shop.in_force() == shop.version(3)
    assert roll_back(shop.channel, "the customer was wrong").version == 2
    assert shop.in_force() == shop.version(2)
    assert roll_back(shop.channel, "and 2 is no better").version == 1
    assert shop.in_force() == shop.version(1)
    with pytest.raises(CannotPromote, match="no champion of tiny on channel local came before this one"):
        roll_back(shop.channel, "further")
    log = read_history(shop.home).promotions
    assert [(line.version, line.replaced_version, line.how) for line in log] == [
        (1, None, "verdict"), (2, 1, "verdict"), (3, 2, "person"), (2, 3, "rollback"), (1, 2, "rollback"),
    ]  # fmt: skip
    assert log[2].why == ("the customer asked for it", "its verdict was: kept as challenger: slots is worse")
    assert log[3].why == ("the customer was wrong",)
    assert all("@" in line.who for line in log)
    tags = tracking.connect().get_model_version("tiny", "3").tags
    assert tags["verdict"] == "kept as challenger: slots is worse", "a person's decision leaves the verdict as it was"
    assert tags["promoted_why"].startswith("the customer asked for it; ")


def test_a_version_that_is_not_registered_is_refused_with_those_that_are(shop: Shop) -> None:
    with pytest.raises(CannotPromote, match="tiny has no version 9 in the registry; registered: 1, 2, 3"):
        promote_version(shop.channel, 9, "why not")
    with pytest.raises(CannotPromote, match="other has no version 1 in the registry; registered: none"):
        promote_version(Channel("other", "local"), 1, "why not")


def test_a_skill_is_refused_as_the_champion_of_a_product_of_its_own(home: Path) -> None:
    skilled_home(home)
    with pytest.raises(CannotPromote, match="`trunkline skill add manners --on tiny`"):
        promote_version(Channel("tiny~manners", "local"), 3, "why not")
    assert products_in(home / "repository") == ["tiny"]


def test_the_champion_itself_is_not_promoted_again(shop: Shop) -> None:
    with pytest.raises(CannotPromote, match="version 2 of tiny is the champion of local already"):
        promote_version(shop.channel, 2, "to be sure")
    assert len(read_history(shop.home).promotions) == 2


@pytest.mark.parametrize("damage", ["a graph changed", "a graph gone", "another bundle's files", "all gone"])
def test_a_version_whose_files_are_not_those_registered_is_refused(shop: Shop, damage: str) -> None:
    model = Path(mlflow.artifacts.download_artifacts("models:/tiny/3"))
    (manifest,) = (path for path in model.rglob("manifest.json") if path.parent.name != "otherwise")
    graph = manifest.with_name("intent.onnx")
    if damage == "a graph changed":
        graph.write_bytes(graph.read_bytes()[:-1] + b"!")
    elif damage == "a graph gone":
        graph.unlink()
    elif damage == "all gone":
        shutil.rmtree(model)
    else:
        shutil.copytree(shop.home / "cache" / shop.bundles[0].folder, manifest.parent, dirs_exist_ok=True)
    with pytest.raises(BundleInvalid):
        promote_version(shop.channel, 3, "I like it")
    assert shop.in_force() == shop.version(2)
    assert len(read_history(shop.home).promotions) == 2
    assert not (shop.home / "repository" / "bundles" / f"{shop.bundles[2].bundle_id}.json").exists()


def test_a_rollback_to_damaged_files_leaves_the_champion_in_force(shop: Shop) -> None:
    for file in (shop.home / "repository" / "store").iterdir():
        file.write_bytes(file.read_bytes()[:-1] + b"!")
    with pytest.raises(TrunklineEdgeError):
        roll_back(shop.channel, "2 is bad")
    assert shop.in_force() == shop.version(2)
    assert len(read_history(shop.home).promotions) == 2


def test_a_version_is_blessed_once_a_verdict_or_a_person_has_made_it_champion(shop: Shop) -> None:
    assert [blessed_bundle("tiny", number).version for number in (1, 2)] == [1, 2]
    with pytest.raises(NotBlessed, match="version 3 of 'tiny' was never champion"):
        blessed_bundle("tiny", 3)
    promote_version(shop.channel, 3, "the customer asked for it")
    assert blessed_bundle("tiny").bundle_id == shop.bundles[2].bundle_id
    with pytest.raises(NotRegistered):
        blessed_bundle("tiny", 4)


def test_a_disk_that_is_full_is_no_fault_of_the_version_that_was_asked_for(shop: Shop) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))  # no file can grow; MLflow notes what it hands out
        with pytest.raises(OSError, match=r"registered_model_meta|too large"):
            blessed_bundle("tiny", 1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert blessed_bundle("tiny", 1).version == 1
