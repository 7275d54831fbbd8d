from __future__ import annotations

from pathlib import Path

import pytest

from trunkline_edge.errors import ServiceRefused
from trunkline_edge.token import VARIABLE, read_token

TOKEN = "correct-horse-battery"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    path.chmod(0o600)
    return path


def test_a_token_comes_from_a_file_of_ones_own_or_the_environment(file: Path) -> None:
    assert read_token(file, {VARIABLE: "of-the-environment"}) == TOKEN
    assert read_token(None, {VARIABLE: TOKEN}) == TOKEN
    assert read_token(None, {}) is None
    assert read_token(None, {VARIABLE: ""}) is None


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_file_that_others_may_touch_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(ServiceRefused, match="chmod 600"):
        read_token(file, {})


@pytest.mark.parametrize(
    "token", ["", "short", "with a space in it", "x" * 1025, "größer-als-sechzehn", "line\nline-line-line"]
)
def test_a_weak_or_garbled_token_is_refused_and_not_shown(file: Path, token: str) -> None:
    file.write_text(token)
    with pytest.raises(ServiceRefused) as refused:
        read_token(file, {})
    assert not token or token not in str(refused.value)


def test_a_missing_file_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ServiceRefused, match="nowhere"):
        read_token(tmp_path / "nowhere", {})
