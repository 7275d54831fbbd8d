"""README promises commands and files; these tests keep it to its word."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", sorted(set(re.findall(r"(?:^|[ `/])trunkline ([a-z]+)", README))))
def test_every_command_of_the_readme_exists(command: str) -> None:
    code = f"import sys; sys.argv = ['trunkline', {command!r}, '--help']; from flows.cli.app import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert "--help" in done.stdout


@pytest.mark.parametrize("word", sorted(set(re.findall(r"^ +make ([a-z]+)$", README, re.MULTILINE))))
def test_every_make_word_of_the_readme_is_a_target(word: str) -> None:
    assert re.search(rf"^{word}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_file_that_the_readme_names_is_there() -> None:
    named = set(re.findall(r"`((?:specs|docs|flows|tasks|model|deploy|schemas)/[\w./-]*)`", README))
    prose = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)  # rows in it have mark-up like links
    named |= {target for target in re.findall(r"\]\(([\w./-]+)\)", prose)}
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_no_figure_of_the_readme_is_still_to_be_filled_in() -> None:
    assert "@@" not in README
