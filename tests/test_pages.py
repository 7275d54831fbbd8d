"""Nothing is an orphan: every command is in the help's panels and the README, every page is in an index."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from typer.core import TyperGroup
from typer.main import get_command

from flows.cli.app import PANELS, app
from trunkline_edge import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def commands_of(group: object) -> dict[str, object]:
    assert isinstance(group, TyperGroup)
    return dict(group.commands)


def lines_of(program: str) -> str:
    """Return what the README's table of commands has in its first column of a program."""
    return "\n".join(line.split("|")[1] for line in README.splitlines() if line.startswith(f"| `{program} "))


def test_every_command_has_its_panel_and_every_panel_its_commands() -> None:
    assert sorted(commands_of(get_command(app))) == sorted(name for names in PANELS.values() for name in names)


def test_every_command_is_in_the_readme() -> None:
    table = lines_of("trunkline")
    for name, command in commands_of(get_command(app)).items():
        assert re.search(rf"`trunkline {name}\b(?!-)", table), name
        if isinstance(command, TyperGroup):
            (line,) = re.findall(rf"`trunkline {name} (.+)`", table)
            assert sorted(line.split(" / ")) == sorted(command.commands)


def test_every_command_of_the_device_is_in_the_readme() -> None:
    (commands,) = (each for each in cli._parser()._actions if isinstance(each, argparse._SubParsersAction))
    named = re.findall(r"`trunkline-edge (.+)`", lines_of("trunkline-edge"))
    assert sorted(name for line in named for name in line.split(" / ")) == sorted(commands.choices)


def test_every_page_is_in_an_index() -> None:
    index = README.partition("## Where things are")[2]
    pages = {str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")}
    assert pages == {page for page in re.findall(r"\]\((docs/[^)#/]+)\)", index)}
    decisions = (ROOT / "docs" / "adr" / "README.md").read_text()
    kept = {path.name for path in (ROOT / "docs" / "adr").glob("0*.md")}
    assert kept == set(re.findall(r"\]\((0[^)#]+)\)", decisions))
