from __future__ import annotations

from pathlib import Path

import pytest

from trunkline_edge.bundle.answers import Answers, read_answers, write_answers

A, B = "a" * 64, "b" * 64


def test_counts_outlive_the_process_and_begin_anew_with_another_bundle(tmp_path: Path) -> None:
    counts = Answers(A).plus(A, is_rejected=True).plus(A, is_rejected=False)
    write_answers(tmp_path, counts)
    assert read_answers(tmp_path) == Answers(A, 2, 1)
    assert counts.plus(B, is_rejected=False) == Answers(B, 1, 0)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'{"bundle_id": "a", "answered": 1, "rejected": 2}'])
def test_counts_that_cannot_be_are_none(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "answers.json").write_bytes(raw)
    assert read_answers(tmp_path) is None
    assert read_answers(tmp_path / "nowhere") is None
