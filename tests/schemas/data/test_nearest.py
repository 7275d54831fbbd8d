from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.data.dataset import Dataset
from schemas.data.nearest import nearest
from tests.schemas.conftest import Desk
from trunkline_edge.bundle.manifest import FeaturizerConfig
from trunkline_edge.understanding.featurizer import Featurizer

FEATURIZER = Featurizer(FeaturizerConfig(512, 3, 4, 16, 32), ["turn", "on", "the", "lamp"])
TEXTS = ("turn on the lamp", "turn off the lamp", "dim the hall", "what is the time", "lamp the on turn")


def dataset_of(desk: Desk) -> Dataset:
    found = desk.judge(*(desk.row(text) for text in TEXTS), desk.row("turn on the lmap", split="test")).dataset
    assert found is not None
    return found


def test_a_row_of_the_same_words_shares_all_and_a_misspelt_one_most(desk: Desk) -> None:
    found = nearest(dataset_of(desk), FEATURIZER, "turn on the lampp", 3)
    assert [row.text for row in found] == ["turn on the lamp", "lamp the on turn", "turn off the lamp"]
    assert found[0].share == found[1].share < 1
    assert found[0].labels["intent"] == "on"
    assert nearest(dataset_of(desk), FEATURIZER, "TURN on, the lamp", 1)[0].share > 0.9


def test_nothing_is_near_to_nothing(desk: Desk) -> None:
    assert nearest(dataset_of(desk), FEATURIZER, "", 3) == []


@given(st.text("tlamponhe ", max_size=20), st.integers(1, 6))
def test_the_nearest_are_those_of_all_rows(tmp_path_factory, text: str, count: int) -> None:
    global _SHARED
    _SHARED = _SHARED or dataset_of(Desk(tmp_path_factory.mktemp("rows")))
    every = nearest(_SHARED, FEATURIZER, text, len(TEXTS))
    assert [row.share for row in every] == sorted((row.share for row in every), reverse=True)
    assert all(0 < row.share <= 1 for row in every)
    assert nearest(_SHARED, FEATURIZER, text, count) == every[:count]


_SHARED: Dataset | None = None
