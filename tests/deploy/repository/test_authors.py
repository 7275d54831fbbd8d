"""Hand-overs: what an author signs on his own machine, taken by the team or refused."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tuf.api.metadata import Delegations, Metadata, TargetFile, Targets

from deploy.edge.tests.tiny_bundle import Recipe
from deploy.edge.tests.tiny_skill import SkillRecipe
from deploy.repository import authors, release
from deploy.repository.handover import HandOver, HandOverRefused, sign
from deploy.repository.keys import KeyFolder
from deploy.repository.release import ReleaseRefused
from deploy.repository.signed import KeyMissing, SignedRepository

NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass
class Desks:
    """The team's repository, and the machine of an author."""

    folder: Path
    repository: SignedRepository
    author: str = "acme"

    @property
    def keys(self) -> KeyFolder:
        return KeyFolder(self.folder / self.author)

    def packed(self, name: str) -> Path:
        """Return a packed skill of this name."""
        base, packed = self.folder / "base", self.folder / f"{name}.tls"
        if not base.exists():
            Recipe().write(base)
        SkillRecipe(name).pack(base, packed)
        return packed

    def signed(self, *skills: Path, now: datetime = NOW) -> HandOver:
        """Sign as the author, and carry it over as a file."""
        state = self.folder / f"{self.author}.json"
        (carried := self.folder / "carried.json").write_bytes(
            sign(state, self.keys, self.author, skills, now).to_bytes()
        )
        return HandOver.read(carried)

    def resigned(self, handed: HandOver, targets: Targets) -> HandOver:
        """Return a hand-over with other metadata, signed with the author's own key."""
        signer = self.keys.signer(f"author-{self.author}", handed.key)
        assert signer is not None
        signed = Metadata(targets)
        signed.sign(signer)
        return replace(handed, signed=signed)

    def published(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.repository.folder)): path.read_bytes()
            for path in self.repository.folder.rglob("*")
            if path.is_file()
        }


@pytest.fixture
def desks(tmp_path: Path) -> Desks:
    repository = SignedRepository(tmp_path / "published", KeyFolder(tmp_path / "keys"))
    release.init(repository, ["stable"])
    return Desks(tmp_path, repository)


def test_an_author_is_added_with_the_key_of_his_own_machine_and_the_team_cannot_sign_for_him(desks: Desks) -> None:
    handed = desks.signed(desks.packed("coffee"))
    assert authors.add_author(desks.repository, "acme", handed) is None
    assert [key.keyid for key in desks.repository.role_keys("author-acme")[0]] == [handed.key.keyid]
    assert list(desks.repository.targets("author-acme").targets) == list(handed.files)
    with (
        pytest.raises(KeyMissing, match=r"acme signs on his own machine: `trunkline skill sign \.\.\. --author acme`"),
        desks.repository.change(),
    ):
        release.add_targets(desks.repository, "author-acme", {"skills/acme/x": b"not his"})


def test_what_was_signed_before_stays_and_only_what_is_new_is_carried(desks: Desks) -> None:
    authors.add_author(desks.repository, "acme", desks.signed(desks.packed("coffee")))
    second = desks.signed(desks.packed("tea"), now=NOW + timedelta(hours=1))
    assert [path.split("/")[2].split(".")[0] for path in second.files] == ["tea"]
    taken = authors.take(desks.repository, "acme", second)
    assert taken.added == tuple(second.files) and taken.gone == ()
    assert len(desks.repository.targets("author-acme").targets) == 2


def test_a_hand_over_taken_twice_changes_nothing(desks: Desks) -> None:
    authors.add_author(desks.repository, "acme", handed := desks.signed(desks.packed("coffee")))
    before = desks.published()
    assert authors.take(desks.repository, "acme", handed) == authors.Accepted((), ())
    assert desks.published() == before


def test_signing_again_without_a_skill_gives_new_days(desks: Desks) -> None:
    authors.add_author(desks.repository, "acme", desks.signed(desks.packed("coffee")))
    authors.take(desks.repository, "acme", desks.signed(now=NOW + timedelta(days=1) - timedelta(minutes=1)))
    assert desks.repository.targets("author-acme").expires > NOW + timedelta(days=90)


def test_an_author_who_lost_his_notes_signs_on_and_what_he_forgot_is_told(desks: Desks) -> None:
    authors.add_author(desks.repository, "acme", first := desks.signed(desks.packed("coffee")))
    (desks.folder / "acme.json").unlink()
    second = desks.signed(desks.packed("tea"), now=NOW + timedelta(hours=1))
    with pytest.raises(HandOverRefused, match="not signed with the key that this repository knows acme by"):
        authors.take(desks.repository, "acme", second)
    authors.revoke_author(desks.repository, "acme")
    authors.add_author(desks.repository, "acme", second)
    assert list(desks.repository.targets("author-acme").targets) == list(second.files) != list(first.files)


def _version(targets: Targets, version: int) -> None:
    targets.version = version


def _expires(targets: Targets, days: float) -> None:
    targets.expires = NOW + timedelta(days=days)


def _names(targets: Targets, path: str, raw: bytes = b"x") -> None:
    targets.targets[path] = TargetFile.from_data(path, raw, ["sha256"])


def _renames(targets: Targets) -> None:
    """Sign a file under the name of another skill."""
    (path, target), *_ = targets.targets.items()
    moved = TargetFile(target.length, target.hashes, path.replace("coffee", "milk"), target.unrecognized_fields)
    targets.targets = {moved.path: moved}


SPOILED: list[tuple[str, Any, str]] = [
    ("an old number", lambda targets: _version(targets, 7), "is it an old file"),
    ("a number without bounds", lambda targets: _version(targets, 2**62), "ahead of this machine's clock"),
    ("an expired one", lambda targets: _expires(targets, -1), "expired on"),
    ("one without an end", lambda targets: _expires(targets, 400), "longer than"),
    ("a file that did not come", lambda targets: _names(targets, "skills/acme/other.tls"), "has not come here"),
    ("a file of the channel", lambda targets: _names(targets, "channels/stable/tiny.json"), "skills/acme/[*] alone"),
    ("another skill's name", _renames, "has not come here"),
    ("others who sign", lambda targets: setattr(targets, "delegations", Delegations({}, {})), "lets others sign"),
]


@pytest.mark.parametrize(("spoil", "told"), [case[1:] for case in SPOILED], ids=[case[0] for case in SPOILED])
def test_what_an_author_may_not_sign_is_refused_and_nothing_written(desks: Desks, spoil: Any, told: str) -> None:
    authors.add_author(desks.repository, "acme", desks.signed())
    handed = desks.signed(desks.packed("coffee"), now=NOW + timedelta(hours=1))
    spoil(targets := handed.signed.signed)
    before = desks.published()
    with pytest.raises(HandOverRefused, match=told):
        authors.take(desks.repository, "acme", desks.resigned(handed, targets))
    assert desks.published() == before


def test_a_file_outside_his_folder_is_refused_also_where_it_comes_along(desks: Desks) -> None:
    authors.add_author(desks.repository, "acme", desks.signed())
    handed = desks.signed(desks.packed("coffee"), now=NOW + timedelta(hours=1))
    ((path, raw),) = handed.files.items()
    targets, elsewhere = handed.signed.signed, path.replace("acme", "globex")
    _names(targets, elsewhere, raw)
    targets.targets[elsewhere].unrecognized_fields = targets.targets[path].unrecognized_fields
    with pytest.raises(HandOverRefused, match=r"has signed skills/globex/coffee.*, and may sign skills/acme/\* alone"):
        authors.take(
            desks.repository, "acme", replace(desks.resigned(handed, targets), files={path: raw, elsewhere: raw})
        )


def test_what_is_changed_on_the_way_is_refused(desks: Desks) -> None:
    authors.add_author(desks.repository, "acme", desks.signed())
    handed = desks.signed(desks.packed("coffee"), now=NOW + timedelta(hours=1))
    ((path, raw),) = handed.files.items()
    flipped = bytearray(raw)
    flipped[len(raw) // 2] ^= 1
    with pytest.raises(HandOverRefused):
        authors.take(desks.repository, "acme", replace(handed, files={path: bytes(flipped)}))
    handed.signed.signed.version += 1  # signed before
    with pytest.raises(HandOverRefused, match="not signed with the key"):
        authors.take(desks.repository, "acme", handed)


def test_another_authors_hand_over_counts_for_nobody_else(desks: Desks) -> None:
    authors.add_author(desks.repository, "acme", desks.signed())
    eve = replace(desks, author="eve").signed(desks.packed("coffee"))
    with pytest.raises(HandOverRefused, match="of 'eve', not of 'acme'"):
        authors.take(desks.repository, "acme", eve)
    with pytest.raises(HandOverRefused, match="not signed with the key"):
        authors.take(desks.repository, "acme", replace(eve, author="acme"))
    with pytest.raises(ReleaseRefused, match=r"no author 'eve'.*release author add eve"):
        authors.take(desks.repository, "eve", eve)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"[" * 100_000,
        b"\xff\xfe",
        b"{}",
        b'{"author": "acme", "key": "00", "signed": {}, "files": {}}',
    ],
    ids=lambda raw: raw[:8].decode(errors="replace"),
)
def test_what_is_no_hand_over_is_refused_in_a_sentence(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "odd.json").write_bytes(raw)
    with pytest.raises(HandOverRefused, match=r"odd\.json: is no hand-over of `trunkline skill sign`"):
        HandOver.read(tmp_path / "odd.json")


def test_a_root_in_the_place_of_an_authors_metadata_is_no_hand_over(desks: Desks) -> None:
    value = json.loads(desks.signed().to_bytes())
    value["signed"] = json.loads((desks.repository.folder / "metadata" / "1.root.json").read_bytes())
    (path := desks.folder / "odd.json").write_text(json.dumps(value))
    with pytest.raises(HandOverRefused, match="metadata of the type root"):
        HandOver.read(path)


def test_a_bundle_is_no_skill_and_a_missing_file_is_named(desks: Desks) -> None:
    with pytest.raises(HandOverRefused, match=r"nothing\.tls: no such file"):
        desks.signed(desks.folder / "nothing.tls")
