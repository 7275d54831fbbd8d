from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline_edge.understanding.confidence import confidence_of
from trunkline_edge.understanding.decode import softmax
from trunkline_edge.understanding.result import OUT_OF_SCOPE

LOGITS = st.lists(st.floats(-12, 12), min_size=3, max_size=3).map(lambda values: softmax(np.asarray(values)))
LABELS = ("on", "off", "ask")
KNOWING = ("on", "off", OUT_OF_SCOPE)


@given(LOGITS)
def test_of_an_intent_alone_it_is_its_probability(intent: np.ndarray) -> None:
    assert confidence_of(intent, LABELS, None) == pytest.approx(intent.max(), abs=1e-5)


@given(LOGITS, LOGITS)
def test_it_lies_between_the_least_and_the_most_likely_claim(intent: np.ndarray, domain: np.ndarray) -> None:
    claims = [intent.max(), domain.max(), 1 - intent[2]]
    assert min(claims) - 1e-5 <= confidence_of(intent, KNOWING, domain) <= max(claims) + 1e-5


@given(LOGITS, LOGITS, LOGITS)
def test_a_surer_domain_never_makes_an_answer_less_sure(intent: np.ndarray, one: np.ndarray, other: np.ndarray) -> None:
    less, more = sorted((one, other), key=lambda p: float(p.max()))
    assert confidence_of(intent, KNOWING, less) <= confidence_of(intent, KNOWING, more) + 1e-12
