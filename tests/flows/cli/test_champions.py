"""The history of champions as a terminal and a pipe show it."""

from __future__ import annotations

import os
import pty
import re
import subprocess

import pytest

from tasks.tracking.promotions import conclude, intend
from tests.flows.conftest import Desk

WHY = (
    "intent accuracy 0.9712 against 0.9688 of the champion: no loss beyond the margin of 0.005",
    "the language pt-BR and the family climate_control_of_rooms are judged apart: neither is worse than it was before",
)


@pytest.fixture
def promoted(bare: Desk) -> Desk:
    """A home in which two bundles became champion."""
    for version, bundle_id, replaced in ((1, "a1" * 32, None), (12, "b2" * 32, "a1" * 32)):
        promotion = intend(
            bare.home, product="home", channel="stable", bundle_id=bundle_id, version=version, replaced=replaced,
            replaced_version=1 if replaced else None, why=WHY, how="verdict",
        )  # fmt: skip
        conclude(bare.home, promotion)
    return bare


def on_terminal(desk: Desk, *arguments: str) -> str:
    """Return what a command shows on a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    environment = desk.environment | {"COLUMNS": "80", "TERM": "dumb"}
    with subprocess.Popen([*desk.command, *arguments], cwd=desk.folder, env=environment, stdout=theirs) as child:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65_536):
                shown += part
        except OSError:  # how a terminal ends on Linux
            pass
    os.close(ours)
    assert child.returncode == 0
    return shown.decode().replace("\r\n", "\n")


def test_eighty_columns_break_no_word(promoted: Desk) -> None:
    shown = on_terminal(promoted, "history")
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 80
    assert {word for why in WHY for word in why.split()} <= set(shown.split())
    assert [line.split("  ", 1)[1] for line in lines if "bundle" in line] == [
        "home/stable  version 1  bundle a1a1a1a1a1a1", "home/stable  version 12  bundle b2b2b2b2b2b2"]  # fmt: skip


def test_a_pipe_gets_each_reason_on_one_line(promoted: Desk) -> None:
    promoted.environment["COLUMNS"] = "40"
    lines = promoted.run("history").stdout.splitlines()
    assert [line.strip() for line in lines].count(WHY[0]) == 2
    assert [line.strip() for line in lines].count(WHY[1]) == 2


def test_the_table_of_versions_keeps_date_version_and_bundle_whole(retrained: Desk) -> None:
    shown = on_terminal(retrained, "history", "--versions")
    (line,) = [line for line in shown.splitlines() if "tiny 1 " in line]
    assert re.match(r"\s*\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +tiny 1 +[0-9a-f]{12} ", line)
    assert max(map(len, shown.splitlines())) <= 80
