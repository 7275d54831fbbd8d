"""`trunkline skill` as it is called for skills that were trained for several trunks."""

from __future__ import annotations

import re

import pytest

from tests.flows.conftest import Desk
from tests.tasks.skilled import OLD, OWN, skilled_home
from trunkline_edge.bundle.skills import read_skills, write_skills

# MLflow warns of the types of its own request classes when it is imported.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint:UserWarning")


def test_the_version_on_the_champions_own_trunk_is_packed_added_and_listed(bare: Desk) -> None:
    made = skilled_home(bare.home)
    assert bare.run("clean", "--keep", "0").returncode == 0
    packed = bare.run("skill", "pack", "manners", str(bare.home / "manners.tls"))
    assert packed.returncode == 0 and "manners version 3, " in packed.stdout, packed.stderr
    added = bare.run("skill", "add", "manners")
    assert added.returncode == 0, added.stderr
    assert read_skills(bare.home / "repository" / "skills" / "tiny.json") == {"manners": made[OWN]}
    listed = bare.run("skill", "list").stdout
    assert re.search(r"manners +│ 3 .*│ added +│ yes", listed), listed
    assert re.search(r"manners +│ 4 .*│ +│ no: .*stands on", listed), listed
    assert listed.count("│ manners ") == 2, "of the others the bundles are gone"


def test_an_older_version_that_this_machine_answers_with_is_listed_as_such(bare: Desk) -> None:
    made = skilled_home(bare.home)
    skills = bare.home / "repository" / "skills" / "tiny.json"
    write_skills(skills, {"manners": made[OLD]})
    assert re.findall(r"manners +│ (\d) .*│ (added)? +│", bare.run("skill", "list").stdout) == [
        ("1", ""), ("2", "added"), ("3", ""), ("4", ""),
    ]  # fmt: skip


def test_a_version_whose_bundle_is_gone_is_told_with_what_makes_it_again(bare: Desk) -> None:
    made = skilled_home(bare.home)
    (bare.home / "repository" / "bundles" / f"{made[OWN]}.json").unlink()
    for command in (("add", "manners"), ("pack", "manners", str(bare.home / "manners.tls"))):
        refused = bare.run("skill", *command)
        assert refused.returncode == 2, refused.stderr
        assert "`trunkline skill train ... --on tiny --precision fp32` makes it again" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_a_damaged_version_is_told_below_the_others(bare: Desk) -> None:
    made = skilled_home(bare.home)
    (bare.home / "repository" / "bundles" / f"{made[OWN]}.json").write_bytes(b"{")
    done = bare.run("skill", "list")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("│ manners ") == 2
    assert "cannot be read: " in done.stdout and made[OWN][:12] in done.stdout
