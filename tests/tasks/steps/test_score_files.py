from __future__ import annotations

from pathlib import Path

import numpy as np

from schemas.evaluation.metrics import Scores, score_head
from tasks.steps.score_files import load_scores, save_scores


def test_scores_come_back_as_they_were(tmp_path: Path) -> None:
    intent = score_head("class", ["on", None, "off"], ["on", "on", "on"])
    slots = score_head("tag", [[(0, 4, "room")], [], None], [[(0, 4, "room")], [(1, 2, "x")], []])
    save_scores(tmp_path, Scores({"intent": intent, "slots": slots}, 3))
    found = load_scores(tmp_path)
    assert found.rows == 3
    assert found.metrics() == Scores({"intent": intent, "slots": slots}, 3).metrics()
    assert found.heads["intent"].confusion == intent.confusion
    assert np.array_equal(found.heads["slots"].rows, slots.rows)
