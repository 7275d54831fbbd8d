"""An author and a team, each with a home, as they type it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.edge.tests.tiny_bundle import Recipe
from deploy.edge.tests.tiny_skill import SkillRecipe
from flows.cli.app import app


def test_an_author_signs_at_home_and_the_team_takes_what_he_sends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Recipe().write(tmp_path / "base")
    SkillRecipe("coffee").pack(tmp_path / "base", tmp_path / "coffee.tls")

    def said(home: str, *arguments: str) -> str:
        done = CliRunner().invoke(app, arguments, env={"TRUNKLINE_HOME": str(tmp_path / home)}, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    said("team", "release", "init")
    signed = said("his", "skill", "sign", "coffee.tls", "--author", "acme")
    assert "signed: skills/acme/coffee." in signed
    assert "the team: trunkline release author add acme --from acme.signed.json" in signed
    key = signed.partition("key ")[2][:16]
    assert f"acme signs with key {key}" in said(
        "team", "release", "author", "add", "acme", "--from", "acme.signed.json"
    )
    again = said("his", "skill", "sign", "coffee.tls", "--author", "acme")
    assert "the team: trunkline release author take acme acme.signed.json" in again
    assert "signed by acme until" in said("team", "release", "author", "take", "acme", "acme.signed.json")
    (role,) = [
        each
        for each in json.loads(said("team", "release", "status", "--json"))["roles"]
        if each["role"] == "author-acme"
    ]
    assert (role["targets"], role["keys_here"]) == (1, 0)
    said("team", "release", "author", "revoke", "acme")
    assert "author-acme" not in said("team", "release", "status", "--json")
