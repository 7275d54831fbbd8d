from __future__ import annotations

from deploy.evaluation.verdict import Verdict
from tasks.records import Made, Registered, Scored
from tasks.reports.model_card import model_card
from tests.tasks.conftest import Chain


def test_the_card_names_the_languages_that_the_bundle_understands(chain: Chain) -> None:
    scored = Scored("score/x", chain.bundle.bundle_id, "test", 12, {}, 0.9, {"p50": 0.4, "p95": 0.6})
    made = Made(chain.data, chain.trained, "ab" * 16, chain.exported, chain.bundle, scored)
    page = model_card(
        chain.spec, made, Registered("tiny", 1, "models:/tiny/1"), Verdict(promote=True, reasons=()), {}, ("de", "fr")
    )
    assert "as a speech recogniser writes it down; language: de, fr\n" in page
