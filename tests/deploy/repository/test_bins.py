"""Hash bins, over the reference client of a device."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tuf.api.exceptions import RepositoryError

from deploy.edge.tests.tiny_bundle import HEADS, INTENT, Recipe
from deploy.edge.tests.update.fleet import Fleet, new_fleet
from deploy.repository import bins, release
from deploy.repository.bins import A_BUNDLE, BIN_BYTES, FEW, NAME_BYTES, bits_for
from deploy.repository.roles import MODELS


def recipe(number: int) -> Recipe:
    """A bundle whose head and golden answers are its own."""
    return Recipe(heads=(replace(INTENT, bias=(0.01 * number, 0.1, 0.0)), *HEADS[1:]))


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """A fleet for which a dozen files are many."""
    monkeypatch.setattr(bins, "FEW", 12)
    return new_fleet(tmp_path)


def published(fleet: Fleet, until_bits: int) -> int:
    """Release bundle after bundle until there are so many bins; returns how many bundles that took."""
    number = 0
    while (found := fleet.repository.bins()) is None or found.bit_length < until_bits:
        number += 1
        fleet.release(recipe(number))
    return number


def test_a_few_files_need_no_bins_and_the_more_the_more() -> None:
    assert [bits_for(files) for files in (0, FEW, FEW + 1, 10_000, 100_000)] == [0, 0, 7, 8, 10]


@pytest.mark.parametrize("files", [FEW + 1, 3_000, 10_000, 100_000])
def test_in_bins_a_device_reads_less_than_in_one_list_or_in_twice_or_half_as_many(files: int) -> None:
    def read(bits: int) -> float:
        return BIN_BYTES * 2**bits + A_BUNDLE * NAME_BYTES * files / 2**bits

    bits = bits_for(files)
    assert read(bits) < NAME_BYTES * files / 5
    assert read(bits) <= 1.1 * min(read(bits - 1), read(bits + 1))


def test_a_device_finds_everything_in_bins_as_it_did_before(fleet: Fleet) -> None:
    fleet.release(recipe(0))
    assert fleet.agent().check().did == "installed"  # it has seen `models` without bins
    bundles = published(fleet, 4)
    assert not fleet.repository.targets(MODELS).targets
    (state,) = (each for each in release.status(fleet.repository) if each.role == MODELS)
    assert (state.bins, state.targets) == (16, len(bins.files_of(fleet.repository, MODELS)))
    assert fleet.agent().check().did == "installed"
    fleet.fetched()
    fleet.release(recipe(bundles + 1))
    assert fleet.agent().check().did == "installed"
    lists = [path for path in fleet.fetched() if "models" in path]
    assert 1 <= len(lists) <= 3  # of the manifest, the head and the golden answers; not `models` itself
    assert not any(path.endswith(".models.json") for path in lists)
    fleet.release(recipe(1))
    assert fleet.agent().check().did == "installed", "an old bundle is found again"


def test_more_files_get_more_bins_and_devices_follow(fleet: Fleet) -> None:
    bundles = published(fleet, 4)
    assert fleet.agent().check().did == "installed"
    assert published(fleet, 5) > 0
    named = bins.files_of(fleet.repository, MODELS)
    assert sum(path.endswith(".json") for path in named) > bundles
    assert fleet.agent().check().did == "installed"


def test_what_is_there_already_is_published_into_no_bin_again(fleet: Fleet) -> None:
    published(fleet, 4)
    before = {name: fleet.repository.targets(name).version for name in fleet.repository.bin_names()}
    assert release.publish(fleet.repository, fleet.folder / "built-1").files == ()
    assert before == {name: fleet.repository.targets(name).version for name in before}


def test_after_new_keys_for_models_its_bins_are_signed_with_them(fleet: Fleet) -> None:
    published(fleet, 4)
    old = {key.keyid for key in fleet.repository.role_keys(MODELS)[0]}
    (new,) = release.rotate(fleet.repository, MODELS)
    assert new not in old
    for name in fleet.repository.bin_names():
        assert list(fleet.repository.open(name).signatures) == [new]
    assert fleet.agent().check().did == "installed"


def test_a_bin_signed_with_another_key_is_refused(fleet: Fleet) -> None:
    published(fleet, 4)
    signer = fleet.repository.keys.signer("timestamp", fleet.repository.role_keys("timestamp")[0][0])
    assert signer is not None
    name = fleet.repository.bin_names()[0]
    models = fleet.repository.open(MODELS).signed
    forged = fleet.repository.open(name)
    forged.sign(signer)
    with pytest.raises(RepositoryError, match="0/1"):
        models.verify_delegate(name, forged.signed_bytes, forged.signatures)


def test_refresh_signs_the_bins_as_well(fleet: Fleet) -> None:
    published(fleet, 4)
    before = {name: fleet.repository.open(name).signed.version for name in fleet.repository.bin_names()}
    assert MODELS in release.refresh(fleet.repository, everything=True).signed
    assert all(fleet.repository.open(name).signed.version == version + 1 for name, version in before.items())
