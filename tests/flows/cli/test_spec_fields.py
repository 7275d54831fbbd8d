from __future__ import annotations

import pytest

from flows.cli.spec_fields import show_fields


def test_options_are_told_with_the_recipe_or_format_that_takes_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")

    def shown(field: str) -> str:
        show_fields(field, schema=False)
        return " ".join(capsys.readouterr().out.split())

    options = shown("data.options")
    assert "data[].options │ section │ │ options of the recipe or format" in options
    wordings = "whole number >= 1 <= 10,000 │ 20 │ most sentences that one template gives"
    assert f"data[].options.wordings (format: hassil) │ {wordings}" in options
    assert "data[].options.rows (recipe: home-assistant) │" in options
    assert "data[].options.sentences (recipe: opinions) │" in shown("data.options.sentences")
    assert "sharing.prior.clusters (kind: cluster) │" in shown("sharing.prior")
