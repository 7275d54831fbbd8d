from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deploy.edge.tests.tiny_bundle import TEXTS, Recipe
from deploy.skills.base import NoBase, read_states, trunk_of
from trunkline_edge.understanding.session import Runtime, open_folder


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    folder = tmp_path_factory.mktemp("base")
    Recipe().write(folder)
    return open_folder(folder)


def test_states_are_those_that_a_device_has_of_the_same_text(runtime: Runtime) -> None:
    heard: list[int] = []
    states = read_states(runtime, [*TEXTS, "", "?!"] * 20, heard.append)
    assert (len(states), heard) == (20 * len(TEXTS) + 40, [100, 20 * len(TEXTS) - 60])
    for number, text in enumerate(TEXTS):
        assert np.array_equal(states.row(number), runtime.hear(text).tensors["hidden"][0])
    assert not states.row(len(TEXTS)).any()  # without a word


def test_a_trunk_of_several_tensors_carries_no_skill(runtime: Runtime) -> None:
    assert trunk_of(runtime.manifest).name == "trunk"
    trunk, *heads = runtime.manifest.graphs
    split = replace(runtime.manifest, graphs=(replace(trunk, outputs=("low", "hidden")), *heads))
    with pytest.raises(NoBase, match="1 graphs that write low, hidden; skills stand on one"):
        trunk_of(split)


def test_nothing_is_read_of_no_rows(runtime: Runtime, tmp_path: Path) -> None:
    assert len(read_states(runtime, [])) == 0
