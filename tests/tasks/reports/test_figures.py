from __future__ import annotations

from pathlib import Path

import numpy as np

from schemas.evaluation.matrix import Table
from schemas.evaluation.metrics import score_head
from tasks.reports.figures import OTHERS, confusion_matrix, draw_calibration, draw_confusion, draw_table


def confusion_of(labels: int) -> dict[tuple[str, str], int]:
    rng = np.random.default_rng(0)
    names = [f"intent_with_a_name_{i}" for i in range(labels)]
    confusion = {(name, name): 20 for name in names}
    for _ in range(3 * labels):
        gold, found = rng.choice(names, 2)
        confusion[str(gold), str(found)] = confusion.get((str(gold), str(found)), 0) + 1
    return confusion


def test_many_labels_are_put_together_and_no_row_is_lost() -> None:
    confusion = confusion_of(150)
    labels, matrix = confusion_matrix(confusion, 24)
    assert (len(labels), labels[-1]) == (24, OTHERS)
    assert matrix.sum() == sum(confusion.values())


def test_few_labels_keep_a_row_each() -> None:
    labels, matrix = confusion_matrix({("a", "a"): 2, ("a", "b"): 1, ("b", "b"): 3}, 24)
    assert labels == ["a", "b"]
    assert matrix.tolist() == [[2, 1], [0, 3]]


def test_the_picture_stays_small_with_many_labels(tmp_path: Path) -> None:
    picture = tmp_path / "confusion.png"
    draw_confusion("intent", confusion_of(150), picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
    width, height = (int.from_bytes(picture.read_bytes()[16 + 4 * i : 20 + 4 * i]) for i in range(2))
    assert max(width, height) < 2_000


def test_a_table_is_drawn_whatever_it_holds(tmp_path: Path) -> None:
    nan = float("nan")
    for number, values in enumerate([((0.0,),), ((nan, 1e-6), (-3.0, nan)), ((nan,), (nan,)), ((1.0,) * 60,) * 50]):
        rows, columns = (tuple(f"head_{i}" for i in range(size)) for size in (len(values), len(values[0])))
        picture = tmp_path / f"{number}.png"
        draw_table(Table("t", "What a table shows, in as many words as it takes", rows, columns, values), picture)
        assert picture.read_bytes().startswith(b"\x89PNG")
        width, height = (int.from_bytes(picture.read_bytes()[16 + 4 * i : 20 + 4 * i]) for i in range(2))
        assert max(width, height) < 4_000


def test_the_calibration_of_a_head_is_drawn_also_when_nothing_passes(tmp_path: Path) -> None:
    likeliest = [("on", 0.9), ("on", 0.6), ("off", 0.99)]
    score = score_head("class", ["on", "off", "off"], ["on", "on", "off"], likeliest)
    for threshold in (0.0, 0.7, 1.0):
        picture = tmp_path / f"{threshold}.png"
        draw_calibration("intent", score, threshold, picture)
        assert picture.read_bytes().startswith(b"\x89PNG")
