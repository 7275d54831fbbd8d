from __future__ import annotations

import pytest

from deploy.evaluation.verdict import Verdict
from tasks.records import Registered
from tasks.steps.notify import WEBHOOK, send, verdict_text

SEVEN = Registered("home", 7, "models:/home/7")


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (Verdict(True, ("better",)), "home: version 7 is champion now. better"),
        (Verdict(False, ("worse",)), "home: version 7 was not promoted. worse"),
        (Verdict(False, ("same",), is_champion=True), "home: version 7 is champion already. same"),
    ],
)
def test_people_are_told_what_became_of_a_version_and_why(verdict: Verdict, said: str) -> None:
    assert verdict_text("home", SEVEN, verdict, "") == said


def test_a_hold_says_how_a_person_decides_and_what_asked_for_the_run() -> None:
    text = verdict_text("home", SEVEN, Verdict(False, ("straddles",), undecided=True), "drift: words")
    assert "on hold" in text and "trunkline promote 7 --product home --reason" in text
    assert "asked for: drift: words" in text


@pytest.mark.parametrize("address", ["file:///etc/passwd", "http://127.0.0.1:1/SECRET"])
def test_an_address_that_cannot_be_told_does_not_show_in_the_error(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WEBHOOK, address)
    with pytest.raises(OSError) as caught:
        send(WEBHOOK, "hello")
    assert "SECRET" not in str(caught.value) and "passwd" not in str(caught.value)
