from __future__ import annotations

from deploy.evaluation.details import LabelScore, Mistake, label_scores, worst_mistakes

TEXTS = ["turn on the lamp", "stop", "lamp and fan", "hello"]
INTENTS = ["on", "off", "on", None]
ANSWERS = ["on", "on", "on", "off"]
SPANS = [[(12, 16, "thing")], [], [(0, 4, "thing"), (9, 12, "thing")], None]
FOUND = [[(12, 16, "thing")], [(0, 4, "room")], [(0, 4, "thing")], []]


def test_each_label_has_its_precision_and_recall_the_worst_first() -> None:
    assert label_scores("intent", INTENTS, ANSWERS) == [
        LabelScore("intent", "off", 1, 0.0, 0.0, 0.0),
        LabelScore("intent", "on", 2, 2 / 3, 1.0, 0.8),
    ]
    assert label_scores("slots", SPANS, FOUND) == [
        LabelScore("slots", "room", 0, 0.0, 0.0, 0.0),
        LabelScore("slots", "thing", 3, 1.0, 2 / 3, 0.8),
    ]
    assert label_scores("tags", [["a", "b"], []], [["a"], [""]])[1] == LabelScore("tags", "a", 1, 1.0, 1.0, 1.0)


def test_the_surest_mistakes_come_first_with_their_words() -> None:
    found = worst_mistakes(
        TEXTS, [0.9, 0.8, 0.95, 1.0], {"intent": INTENTS, "slots": SPANS}, {"intent": ANSWERS, "slots": FOUND}
    )
    assert found == (
        Mistake("lamp and fan", "slots", "thing=lamp, thing=fan", "thing=lamp", 0.95),
        Mistake("stop", "intent", "off", "on", 0.8),
        Mistake("stop", "slots", "(nothing)", "room=stop", 0.8),
    )


def test_scores_of_numbers_have_no_mistakes() -> None:
    assert worst_mistakes(["a"], [1.0], {"mood": [0.5]}, {"mood": [0.1]}) == ()
