from __future__ import annotations

import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.signer import Signature, Signer
from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.metadata import Metadata, Root, TargetFile
from tuf.ngclient import Updater

from deploy.edge.tests.mirror import URL, Mirror
from deploy.edge.tests.tiny_bundle import DOMAIN, HEADS, Recipe
from deploy.repository import authors, bins, release
from deploy.repository.channels import OTHERWISE
from deploy.repository.keys import KeyFolder, KeyUnusable
from deploy.repository.release import ReleaseRefused
from deploy.repository.roles import MODELS, NameRefused, checked_name, is_due
from deploy.repository.signed import KeyMissing, SignedRepository
from trunkline_edge.bundle import store
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.errors import DigestMismatch

NOW = datetime.now(UTC).replace(microsecond=0)


class Killed(BaseException):
    """What stands for `kill -9`: nothing catches it."""


@pytest.fixture
def repository(tmp_path: Path) -> SignedRepository:
    """A repository with channel `stable` and nothing in it."""
    made = SignedRepository(tmp_path / "published", KeyFolder(tmp_path / "keys"))
    release.init(made, ["stable"])
    return made


@pytest.fixture
def bundle(tmp_path: Path) -> tuple[Path, Manifest]:
    return tmp_path / "bundle", Recipe().write(tmp_path / "bundle")


class Client:
    """A device's TUF client with a memory of its own, at its strictest: every file that a channel leads to."""

    def __init__(self, folder: Path, repository: SignedRepository) -> None:
        self.folder, self.repository = folder, repository
        self.root = (repository.folder / "metadata" / "1.root.json").read_bytes()

    def updater(self) -> Updater:
        folder = str(self.folder)
        mirror = Mirror(self.repository.folder)
        return Updater(
            folder, f"{URL}/metadata", folder, f"{URL}/targets", fetcher=mirror, bootstrap=self.root
        )  # fmt: skip

    def pointer(self) -> dict[str, object] | None:
        """Follow channel `stable` of product `tiny`, fetch all behind it, and return the pointer."""
        updater = self.updater()
        updater.refresh()
        target = updater.get_targetinfo("channels/stable/tiny.json")
        if target is None:
            return None
        pointer: dict[str, object] = json.loads(Path(updater.download_target(target)).read_bytes())
        manifest = self.fetched(updater, f"m/{pointer['bundle_id']}.json")
        for entry in Manifest.from_bytes(manifest).files:
            self.fetched(updater, f"m/{entry.sha256}")
        return pointer

    def fetched(self, updater: Updater, path: str) -> bytes:
        target = updater.get_targetinfo(path)
        assert target is not None, path
        return Path(updater.download_target(target)).read_bytes()


@pytest.fixture
def client(tmp_path: Path, repository: SignedRepository) -> Client:
    return Client(tmp_path / "client", repository)


# keys


def test_key_files_are_readable_by_their_owner_alone(repository: SignedRepository) -> None:
    files = [repository.keys.folder, *repository.keys.folder.glob("*.pem")]
    assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o700] + [0o600] * 9


def test_a_key_that_others_can_read_signs_nothing(repository: SignedRepository) -> None:
    next(repository.keys.folder.glob("timestamp-*.pem")).chmod(0o644)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        release.refresh(repository, everything=True)


def test_keys_of_a_person_are_locked_with_the_passphrase_and_those_of_the_pipeline_are_not(
    tmp_path: Path, bundle: tuple[Path, Manifest]
) -> None:
    locked = KeyFolder(tmp_path / "keys", b"sesame")
    release.init(SignedRepository(tmp_path / "published", locked), ["stable"])
    unattended = SignedRepository(tmp_path / "published", KeyFolder(tmp_path / "keys"))
    found = release.publish(unattended, bundle[0])
    with pytest.raises(KeyUnusable, match="TRUNKLINE_KEY_PASSPHRASE"):
        release.promote(unattended, "stable", "tiny", found.bundle_id, 1)
    with pytest.raises(KeyUnusable, match="passphrase in TRUNKLINE_KEY_PASSPHRASE right"):
        wrong = SignedRepository(tmp_path / "published", KeyFolder(tmp_path / "keys", b"open"))
        release.promote(wrong, "stable", "tiny", found.bundle_id, 1)
    right = SignedRepository(tmp_path / "published", locked)
    assert release.promote(right, "stable", "tiny", found.bundle_id, 1).sequence == 1


def test_no_printed_value_shows_the_passphrase(tmp_path: Path) -> None:
    assert "sesame" not in repr(KeyFolder(tmp_path, b"sesame"))


def test_one_key_of_two_is_not_enough_and_the_missing_file_is_named(repository: SignedRepository) -> None:
    gone = next(repository.keys.folder.glob("targets-*.pem"))
    gone.unlink()
    with pytest.raises(KeyMissing, match=gone.name):
        authors.add_author(repository, "eve")


# publish and promote


def test_a_client_gets_what_the_channel_points_at(
    repository: SignedRepository, bundle: tuple[Path, Manifest], client: Client
) -> None:
    found = release.publish(repository, bundle[0])
    assert client.pointer() is None
    release.promote(repository, "stable", "tiny", found.bundle_id, 7)
    assert client.pointer() == {
        "product": "tiny", "bundle_id": bundle[1].bundle_id, "version": 7, "sequence": 1,
    }  # fmt: skip


def test_of_a_bundle_with_one_new_head_only_that_head_is_added(
    repository: SignedRepository, bundle: tuple[Path, Manifest], tmp_path: Path
) -> None:
    release.publish(repository, bundle[0])
    other = Recipe(heads=tuple(head for head in HEADS if head != DOMAIN))
    other.write(tmp_path / "other")
    assert set(release.publish(repository, tmp_path / "other").files) == {"golden.jsonl", "manifest.json"}


def test_publishing_twice_changes_nothing(repository: SignedRepository, bundle: tuple[Path, Manifest]) -> None:
    release.publish(repository, bundle[0])
    before = release.status(repository)
    again = release.publish(repository, bundle[0])
    assert (again.files, again.bytes) == ((), 0)
    assert release.status(repository) == before


def test_the_other_precision_of_a_bundle_is_known_by_its_id(
    repository: SignedRepository, bundle: tuple[Path, Manifest], tmp_path: Path
) -> None:
    release.publish(repository, bundle[0])
    pair = tmp_path / "pair"
    first, other = Recipe(scale=1.5).write(pair), Recipe(scale=2.0).write(pair / OTHERWISE)
    release.publish(repository, pair)
    assert release.others_of(repository) == {first.bundle_id: other.bundle_id}


def test_a_file_that_is_not_the_one_the_manifest_names_is_not_published(
    repository: SignedRepository, bundle: tuple[Path, Manifest]
) -> None:
    (bundle[0] / "trunk.onnx").write_bytes(b"other")
    with pytest.raises(DigestMismatch, match=r"trunk\.onnx"):
        release.publish(repository, bundle[0])
    assert repository.targets(MODELS).targets == {}


def test_every_move_of_a_channel_has_a_higher_sequence_also_back(
    repository: SignedRepository, bundle: tuple[Path, Manifest], tmp_path: Path
) -> None:
    first = release.publish(repository, bundle[0]).bundle_id
    Recipe(golden_texts=("rain",)).write(tmp_path / "other")
    second = release.publish(repository, tmp_path / "other").bundle_id
    moves = [release.promote(repository, "stable", "tiny", each, 1) for each in (first, second, second, first)]
    assert [move.sequence for move in moves] == [1, 2, 2, 3]


def test_a_bundle_that_is_not_published_cannot_be_promoted(repository: SignedRepository) -> None:
    with pytest.raises(ReleaseRefused, match="publish"):
        release.promote(repository, "stable", "tiny", "0" * 64, 1)


def test_an_unknown_channel_is_refused_with_those_there_are(repository: SignedRepository) -> None:
    with pytest.raises(ReleaseRefused, match="there are: stable"):
        release.promote(repository, "beta", "tiny", "0" * 64, 1)


def test_init_again_adds_a_channel_and_leaves_the_rest(repository: SignedRepository, client: Client) -> None:
    assert release.init(repository, ["stable", "beta"]) == ["channel-beta"]
    assert release.channels_of(repository) == ["stable", "beta"]
    client.updater().refresh()


@given(st.text(max_size=70))
@settings(deadline=None)
def test_a_name_is_one_path_part_or_refused(name: str) -> None:
    try:
        checked = checked_name(name)
    except NameRefused:
        return
    assert Path("folder", checked).parent == Path("folder") and not set(checked) & set("/\\.*?[")


# authors


def test_an_author_signs_his_own_folder_and_nothing_else(repository: SignedRepository, client: Client) -> None:
    key = authors.add_author(repository, "eve")
    assert key.exists()
    contents = {"skills/eve/timer": b"hers", "skills/bob/timer": b"not hers", "m/" + "0" * 64: b"not hers"}
    with repository.change():
        release.add_targets(repository, "author-eve", contents)
    updater = client.updater()
    assert client.fetched(updater, "skills/eve/timer") == b"hers"
    assert updater.get_targetinfo("skills/bob/timer") is None
    assert updater.get_targetinfo("m/" + "0" * 64) is None


def test_what_a_revoked_author_signed_counts_for_nothing(repository: SignedRepository, client: Client) -> None:
    authors.add_author(repository, "eve")
    with repository.change():
        release.add_targets(repository, "author-eve", {"skills/eve/timer": b"hers"})
    assert client.updater().get_targetinfo("skills/eve/timer") is not None
    authors.revoke_author(repository, "eve")
    assert client.updater().get_targetinfo("skills/eve/timer") is None
    authors.add_author(repository, "eve")
    assert client.updater().get_targetinfo("skills/eve/timer") is None


def test_authors_are_added_once_and_unknown_ones_not_revoked(repository: SignedRepository) -> None:
    authors.add_author(repository, "eve")
    with pytest.raises(ReleaseRefused, match="there already"):
        authors.add_author(repository, "eve")
    with pytest.raises(ReleaseRefused, match="there are: eve"):
        authors.revoke_author(repository, "bob")


# refresh


def later(repository: SignedRepository, days: float) -> SignedRepository:
    return SignedRepository(repository.folder, repository.keys, now=lambda: NOW + timedelta(days=days))


def test_refresh_signs_what_is_in_the_second_half_of_its_life(repository: SignedRepository) -> None:
    assert release.refresh(repository).signed == ()
    assert set(release.refresh(later(repository, 4)).signed) == {"snapshot", "timestamp", "channel-stable"}
    assert set(release.refresh(later(repository, 20)).signed) == {"snapshot", "timestamp", "channel-stable", "models"}


def test_a_repository_that_is_refreshed_in_time_never_expires(repository: SignedRepository) -> None:
    for day in range(0, 700, 3):
        release.refresh(later(repository, day))
        assert min(role.days_left for role in release.status(later(repository, day))) > 0


def test_refresh_says_which_role_it_cannot_sign_and_signs_the_others(repository: SignedRepository) -> None:
    next(repository.keys.folder.glob("channel-*.pem")).unlink()
    done = release.refresh(later(repository, 4))
    assert set(done.signed) == {"snapshot", "timestamp"}
    assert "bring them back" in done.unsigned["channel-stable"]


def test_refresh_without_roots_keys_leaves_the_root_alone(
    repository: SignedRepository, client: Client, tmp_path: Path
) -> None:
    away = [path.rename(tmp_path / path.name) for path in repository.keys.folder.glob("root-*.pem")]
    done = release.refresh(later(repository, 200), everything=True)
    assert "root takes 2 of 3 keys, 0 are at hand" in done.unsigned["root"]
    assert "targets" in done.signed
    roots = repository.folder / "metadata"
    assert [path.name for path in roots.glob("*.root.json")] == ["1.root.json"]
    client.updater().refresh()
    for path in away:
        path.rename(repository.keys.folder / path.name)
    assert "root" in release.refresh(later(repository, 200), everything=True).signed
    client.updater().refresh()
    root = Metadata[Root].from_file(str(roots / "2.root.json"))
    root.signed.verify_delegate("root", root.signed_bytes, root.signatures)


def test_what_a_device_would_refuse_is_not_written(
    repository: SignedRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.read_bytes() for path in repository.folder.rglob("*.json")}

    def sign_badly(self: Metadata[Root], signer: Signer, append: bool) -> None:
        self.signatures[signer.public_key.keyid] = Signature(signer.public_key.keyid, "00")

    monkeypatch.setattr(Metadata, "sign", sign_badly)
    with pytest.raises(UnsignedMetadataError, match="was signed by 0/1 keys"):
        release.refresh(later(repository, 4))
    assert {path: path.read_bytes() for path in repository.folder.rglob("*.json")} == before


@given(st.floats(0, 400))
@settings(deadline=None)
def test_a_role_is_due_exactly_in_the_second_half_of_its_life(days_left: float) -> None:
    assert is_due("root", NOW + timedelta(days=days_left), NOW) == (days_left < 182.5)


def test_status_counts_days_keys_and_targets(repository: SignedRepository, bundle: tuple[Path, Manifest]) -> None:
    release.publish(repository, bundle[0])
    states = {state.role: state for state in release.status(later(repository, 5))}
    assert states["timestamp"].days_left < 2.1
    assert (states["root"].keys, states["root"].threshold, states["root"].keys_here) == (3, 2, 3)
    assert states["models"].targets == len(bundle[1].files) + 1


def test_status_lists_the_keys_of_a_role_and_says_which_are_here(repository: SignedRepository) -> None:
    first, *others = (key.keyid for key in repository.role_keys("root")[0])
    repository.keys.path("root", first).unlink()
    (root,) = (state for state in release.status(repository) if state.role == "root")
    assert root.keyids == {first: False, **dict.fromkeys(others, True)}
    assert (root.keys, root.keys_here) == (3, 2)


# rotate

ROLES = ("root", "targets", "snapshot", "timestamp", "models", "channel-stable")


@pytest.mark.parametrize("role", ROLES)
def test_after_a_rotation_old_clients_walk_on_and_the_old_key_counts_for_nothing(
    role: str, repository: SignedRepository, bundle: tuple[Path, Manifest], client: Client
) -> None:
    release.promote(repository, "stable", "tiny", release.publish(repository, bundle[0]).bundle_id, 1)
    client.pointer()
    old = {key.keyid for key in repository.role_keys(role)[0]}
    release.rotate(repository, role)
    assert old.isdisjoint(key.keyid for key in repository.role_keys(role)[0])
    for keyid in old:
        repository.keys.path(role, keyid).unlink()
    assert client.pointer() is not None
    release.refresh(repository, everything=True)
    assert client.pointer() is not None


def test_a_client_that_slept_through_many_rotations_walks_to_the_newest_root(
    repository: SignedRepository, bundle: tuple[Path, Manifest], client: Client
) -> None:
    release.promote(repository, "stable", "tiny", release.publish(repository, bundle[0]).bundle_id, 1)
    for role in ("root", "timestamp", "root", "targets", "snapshot", "root"):
        release.rotate(repository, role)
    assert client.pointer() is not None


def test_one_lost_root_key_is_replaced_with_the_other_two(repository: SignedRepository, client: Client) -> None:
    lost = repository.role_keys("root")[0][0].keyid
    repository.keys.path("root", lost).unlink()
    release.rotate(repository, "root", lost[:16])
    client.updater().refresh()
    assert lost not in {key.keyid for key in repository.role_keys("root")[0]}


def test_two_lost_root_keys_are_too_many(repository: SignedRepository) -> None:
    for key in repository.role_keys("root")[0][:2]:
        repository.keys.path("root", key.keyid).unlink()
    with pytest.raises(KeyMissing, match="root takes 2 of 3"):
        release.rotate(repository, "root")


def test_who_has_lost_roots_keys_is_not_sent_round_in_a_circle(repository: SignedRepository) -> None:
    for path in repository.keys.folder.glob("root-*.pem"):
        path.unlink()
    for role in ("root", "timestamp"):
        with pytest.raises(
            KeyMissing, match=r"no key can be replaced.*release init.*each device its 1\.root\.json"
        ) as told:
            release.rotate(repository, role)
        assert "rotate root" not in str(told.value)


def test_a_key_that_is_not_there_is_refused_with_those_that_are(repository: SignedRepository) -> None:
    (there,) = [key.keyid for key in repository.role_keys("timestamp")[0]]
    for wrong in ("zz", ""):
        with pytest.raises(ReleaseRefused, match=f"timestamp has no key '{wrong}'; it has {there[:16]}; without --key"):
            release.rotate(repository, "timestamp", wrong)
    assert [key.keyid for key in repository.role_keys("timestamp")[0]] == [there]


def test_a_change_that_is_refused_leaves_no_key_behind(repository: SignedRepository) -> None:
    for role in ("root", "targets"):
        next(repository.keys.folder.glob(f"{role}-*.pem")).unlink()
    next(repository.keys.folder.glob("root-*.pem")).unlink()
    before = set(repository.keys.folder.glob("*.pem"))
    refused: list[Callable[[], object]] = [
        lambda: release.rotate(repository, "timestamp"),
        lambda: release.rotate(repository, "channel-stable"),
        lambda: release.init(repository, ["beta"]),
        lambda: authors.add_author(repository, "eve"),
    ]
    for act in refused:
        with pytest.raises(KeyMissing):
            act()
        assert set(repository.keys.folder.glob("*.pem")) == before


def test_a_lost_timestamp_key_is_replaced(repository: SignedRepository, client: Client) -> None:
    next(repository.keys.folder.glob("timestamp-*.pem")).unlink()
    with pytest.raises(KeyMissing, match="rotate timestamp"):
        release.refresh(repository, everything=True)
    release.rotate(repository, "timestamp")
    client.updater().refresh()


# killed in the middle


def kill_at(write: int, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> bool:
    """Die before the n-th rename, as `kill -9` would: the `.part` file stays. Returns whether it came to that."""
    left = [write]
    replace = Path.replace

    def dying(self: Path, target: Path) -> Path:
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(store.Path, "replace", dying)
        try:
            act()
        except Killed:
            return True
    return False


def acts(repository: SignedRepository, bundle_id: str, tmp_path: Path) -> dict[str, Callable[[], object]]:
    return {
        "publish": lambda: release.publish(repository, tmp_path / "other"),
        "promote": lambda: release.promote(repository, "stable", "tiny", bundle_id, 2),
        "refresh": lambda: release.refresh(repository, everything=True),
        "author": lambda: authors.add_author(repository, f"a{len(repository.delegated())}"),
        **{f"rotate {role}": lambda role=role: release.rotate(repository, role) for role in ROLES},
    }  # fmt: skip


@pytest.mark.parametrize(
    "act",
    [
        *("publish", "promote", "refresh", "author", "publish, in bins", "rotate models, in bins"),
        *(f"rotate {role}" for role in ROLES),
    ],
)
def test_killed_before_any_write_it_serves_the_old_state_or_the_new_and_can_go_on(
    act: str, repository: SignedRepository, bundle: tuple[Path, Manifest], client: Client, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if act.endswith("bins"):  # which the publish makes, and the rotation finds
        monkeypatch.setattr(bins, "FEW", 4 if "rotate" in act else 9)
    bundle_id = release.publish(repository, bundle[0]).bundle_id
    release.promote(repository, "stable", "tiny", bundle_id, 1)
    Recipe(golden_texts=("rain",)).write(tmp_path / "other")
    fresh, kills = 0, 0
    while kill_at(kills, monkeypatch, acts(repository, bundle_id, tmp_path)[act.removesuffix(", in bins")]):
        kills += 1
        for each in (client, Client(tmp_path / f"fresh-{(fresh := fresh + 1)}", repository)):
            pointer = each.pointer()
            assert pointer is not None and pointer["version"] in (1, 2)
    assert kills >= (8 if act.endswith("bins") else 3)  # at least a role, the snapshot and the timestamp
    assert client.pointer() is not None


def test_a_first_init_that_was_killed_is_done_by_the_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writes = 0
    while True:
        repository = SignedRepository(tmp_path / f"{writes}" / "published", KeyFolder(tmp_path / f"{writes}" / "keys"))
        was_killed = kill_at(writes, monkeypatch, lambda made=repository: release.init(made, ["stable"]))
        release.init(repository, ["stable"])
        Client(tmp_path / f"client-{writes}", repository).updater().refresh()
        assert release.channels_of(repository) == ["stable"]
        if not was_killed:
            break
        writes += 1
    assert writes > 10


def test_no_role_names_a_file_by_any_hash_but_sha256(
    repository: SignedRepository, bundle: tuple[Path, Manifest]
) -> None:
    release.publish(repository, bundle[0])
    named: list[TargetFile] = list(repository.targets(MODELS).targets.values())
    assert {tuple(target.hashes) for target in named} == {("sha256",)}


def test_every_root_is_signed_by_its_own_keys(repository: SignedRepository) -> None:
    release.rotate(repository, "root")
    for number in (1, 2):
        root = Metadata[Root].from_file(str(repository.folder / "metadata" / f"{number}.root.json"))
        root.signed.verify_delegate("root", root.signed_bytes, root.signatures)
