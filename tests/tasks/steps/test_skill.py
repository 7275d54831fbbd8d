from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from deploy.edge.tests.tiny_bundle import Recipe
from tasks.steps.skill import words_of


def test_a_base_that_skips_other_words_reads_in_another_way(tmp_path: Path) -> None:
    manifest = Recipe().write(tmp_path)
    other = replace(manifest, featurizer=replace(manifest.featurizer, skips=("um",)))
    assert words_of(manifest) == words_of(Recipe(scale=2.0).write(tmp_path / "other")) != words_of(other)
