from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import schemas.data.sources.registry
import schemas.data.validate
from schemas.data.contract import REASONS
from schemas.data.too_small import find_too_small
from schemas.spec.load import load_spec
from trunkline_edge.understanding.text import normalise

if TYPE_CHECKING:
    from tests.schemas.conftest import Desk

SHARED_DATA = Path(__file__).parents[4] / "shared" / "data"
SPECS = Path(__file__).parents[3] / "specs"

# One desk serves all examples of a property: every validation has a fresh folder on it anyway.
example = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])

words = st.sampled_from(["on", "off", "ON", " on", "café", "cafe\u0301", "a\x00b", "", "💡", "x" * 600])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["start", "end", "label"]), inner),
    max_leaves=4,
)
spans = st.lists(
    st.fixed_dictionaries({"start": st.integers(-1, 5), "end": st.integers(-1, 5), "label": st.sampled_from("ab")}),
    max_size=3,
)
labels = st.fixed_dictionaries(
    {},
    optional={
        "intent": st.sampled_from(["a", "b"]) | anything,
        "slots": spans | anything,
        "topics": st.lists(st.sampled_from("ab"), max_size=2) | anything,
        "urgency": st.floats(0, 1) | anything,
    },
)
likely_rows = st.fixed_dictionaries(
    {"text": words},
    optional={
        "id": st.sampled_from(["1", "2"]) | st.none(),
        "split": st.sampled_from(["train", "valid", "test", None]) | anything,
        "lang": st.sampled_from(["en", "de-AT", "?"]) | anything,
        "source": st.none() | anything,
        "labels": labels | anything,
    },
)
broken = st.binary(max_size=20).map(lambda raw: b"|" + raw.replace(b"\n", b""))
lines = st.lists(likely_rows | anything | broken, max_size=12)
texts = st.sampled_from(["on", "ON", " on", "café", "cafe\u0301", "💡"]) | st.text("ab ", min_size=1)


@example
@given(lines=lines)
def test_every_row_is_either_good_or_quarantined(desk: Desk, lines: list[Any]) -> None:
    outcome = desk.judge(*lines)
    bad = desk.bad(outcome)
    assert outcome.read == len(lines)
    assert outcome.good + outcome.quarantined == outcome.read
    assert outcome.quarantined == len(bad)
    assert all(row["reasons"] and set(row["reasons"]) <= REASONS.keys() for row in bad)
    assert outcome.reasons == {code: sum(code in row["reasons"] for row in bad) for code in outcome.reasons}
    if outcome.dataset is not None:
        good = desk.good(outcome, "train", "valid", "test")
        assert len(good) == outcome.good == sum(outcome.dataset.counts.values())
        assert len({row["id"] for row in good}) == len(good)


@example
@given(texts=st.lists(texts))
def test_equal_texts_without_a_split_never_straddle_splits(desk: Desk, texts: list[str]) -> None:
    rows = [{"text": text, "labels": {"intent": "on"}} for text in texts]
    shares = {"valid_share": 0.4, "test_share": 0.4, "max_reject_share": 1}
    outcome = desk.judge(desk.row("anchor"), *rows, validate=shares)
    splits: dict[str, set[str]] = {}
    for row in desk.good(outcome, "train", "valid", "test"):
        splits.setdefault(normalise(row["text"]), set()).add(row["split"])
    assert all(len(found) == 1 for found in splits.values())


def test_assigned_splits_have_about_the_shares_of_the_spec(desk: Desk) -> None:
    rows = [{"text": f"utterance {number}", "labels": {"intent": "on"}} for number in range(2_000)]
    outcome = desk.judge(*rows, validate={"valid_share": 0.1, "test_share": 0.3})
    assert outcome.dataset is not None
    assert abs(outcome.dataset.counts["valid"] - 200) < 60
    assert abs(outcome.dataset.counts["test"] - 600) < 90


def test_rows_keep_the_order_of_the_files_across_chunks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas.data.sources.registry, "CHUNK_LINES", 7)
    texts = [f"utterance {number}" for number in range(50)]
    outcome = desk.judge(*(desk.row(text) for text in texts))
    assert [row["text"] for row in desk.good(outcome)] == texts


def test_validating_equal_content_again_changes_nothing(desk: Desk) -> None:
    path = desk.file(desk.row(), desk.row("b"), b"broken")
    first, second = desk.run(desk.spec(path)), desk.run(desk.spec(path))
    assert (first.dataset, first.quarantine, first.reasons) == (second.dataset, second.quarantine, second.reasons)
    assert len(desk.good(second)) == 2
    assert first.dataset is not None
    assert [path.name for path in (desk.home / "cache").iterdir()] == [first.dataset.digest]


def test_progress_tells_the_rows_read_so_far(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas.data.sources.registry, "CHUNK_LINES", 2)
    seen: list[int] = []
    spec = desk.spec(desk.file(desk.row("a"), b"x", desk.row("c")))
    cache, quarantine, scratch = desk.home / "c", desk.home / "q", desk.home / "s"
    scratch.mkdir()
    schemas.data.validate.validate(spec, cache=cache, quarantine=quarantine, scratch=scratch, on_rows=seen.append)
    assert seen == [2, 3]


def test_too_many_bad_rows_refuse_the_data_set_but_not_its_quarantine(desk: Desk) -> None:
    outcome = desk.judge(desk.row(), b"x", b"y", validate={"max_reject_share": 0.5})
    assert outcome.dataset is None
    assert outcome.refused is not None and "2 of 3 rows are bad (67%, allowed 50%)" in outcome.refused
    assert (outcome.read, outcome.good, len(desk.bad(outcome))) == (3, 1, 2)
    assert list((desk.home / "cache").iterdir()) == []


def test_a_set_in_which_every_row_is_bad_is_refused(desk: Desk) -> None:
    outcome = desk.judge(b"x", b"y")
    assert (outcome.good, outcome.quarantined) == (0, 2)
    assert outcome.refused is not None and "no good row is in train" in outcome.refused


def test_a_main_head_without_a_train_label_refuses_the_data_set(desk: Desk) -> None:
    outcome = desk.judge(desk.row(labels={"slots": []}), desk.row(split="test"))
    assert outcome.dataset is None
    assert outcome.refused is not None and "no row of train has a label for `intent`" in outcome.refused


def test_a_head_that_the_rows_call_by_another_name_is_told_what_they_label(desk: Desk) -> None:
    outcome = desk.judge(desk.row(), desk.row("b"), heads={"intnet": {"kind": "class"}})
    assert str(outcome.refused).endswith(
        "no row of train has a label for `intnet`; the rows label `intent`: give the head that name, or use `rename`"
    )


def data_issues(outcome: schemas.data.validate.Validation) -> dict[str, str]:
    assert outcome.dataset is not None
    return {issue.code: issue.message for issue in outcome.dataset.data_issues}


def test_a_label_that_valid_lacks_is_told_as_one_that_test_lacks(desk: Desk) -> None:
    rows = [desk.row(f"{label}{i}", labels={"intent": label}) for label in ("on", "off") for i in range(3)]
    held_out = [desk.row(f"v{split}", split=split, labels={"intent": "on"}) for split in ("valid", "test")]
    outcome = desk.judge(*rows, *held_out)
    assert outcome.dataset is not None
    assert [issue.message for issue in outcome.dataset.data_issues if issue.code == "unasked_label"] == [
        "head `intent`: valid never asks for 1 of 2 labels (off); epoch and threshold are chosen without these",
        "head `intent`: test never asks for 1 of 2 labels (off); its score says nothing of these",
    ]


def test_data_issues_name_bare_heads_rare_labels_leaks_unseen_labels_and_empty_splits(desk: Desk) -> None:
    outcome = desk.judge(
        desk.row("a"),
        desk.row("b", labels={"intent": "off"}),
        desk.row("c"),
        desk.row("A", split="test", id="leaked", labels={"intent": "dim"}),
    )
    found = data_issues(outcome)
    assert set(found) == {
        *("head_without_labels", "rare_class", "leak", "unseen_label", "empty_split"),
        *("unasked_label", "few_test_rows"),
    }
    assert found["few_test_rows"].startswith("1 rows of test tell nothing between two nets")
    assert "test never asks for 2 of 2 labels (off, on)" in found["unasked_label"]
    assert "leaked" in found["leak"]
    assert "off" in found["rare_class"]
    assert "dim" in found["unseen_label"]
    assert "valid" in found["empty_split"]
    assert outcome.dataset is not None
    assert outcome.dataset.labels["intent"] == ("off", "on")
    assert outcome.dataset.label_counts["intent"] == {"off": 1, "on": 2}


def test_a_head_with_one_label_and_too_few_test_rows_are_findings(desk: Desk) -> None:
    rows = [desk.row(f"say {n}", split=split) for split, rows in (("train", 9), ("test", 12)) for n in range(rows)]
    found = data_issues(desk.judge(*rows))
    assert found["one_label"].startswith("head `intent`: every row of train has the label on, so there is nothing")
    assert found["few_test_rows"].startswith("12 rows of test tell differences of 50 points at best between two nets")
    enough = [desk.row(f"ask {n}", split="test") for n in range(30)]
    assert "few_test_rows" not in data_issues(desk.judge(*rows, *enough))


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([0.9], "1 labels of valid do not differ, so they tell no r2; give at least 30 rows of valid different"),
        ([0.5] * 40, "40 labels of valid do not differ, so they tell no r2"),
        ([0.1, 0.2], "of 2 labels of valid an r2 tells little"),
        ([n / 40 for n in range(40)], None),
        ([], None),
    ],
)
def test_held_out_numbers_that_do_not_differ_or_are_few_are_findings(
    desk: Desk, numbers: list[float], told: str | None
) -> None:
    heads = {"intent": {"kind": "class"}, "urgency": {"kind": "score"}, "mood": {"kind": "score", "auxiliary": True}}
    rows = [desk.row(f"say {n}", labels={"intent": "on", "urgency": n, "mood": n}) for n in range(9)]
    held_out = [
        desk.row(f"ask {n}", split="valid", labels={"urgency": number, "mood": 1}) for n, number in enumerate(numbers)
    ]
    found = data_issues(desk.judge(*rows, *held_out, heads=heads)).get("flat_numbers")
    assert found is None if told is None else found is not None and found.startswith(f"head `urgency`: {told}")


def test_labels_that_differ_only_in_case_or_white_space_are_a_finding(desk: Desk) -> None:
    labels = ["order", "Order", "order ", "cancel", " cancel", "make tea"]
    rows = [desk.row(f"say {n}", labels={"intent": label}) for n, label in enumerate(labels)]
    held_out = desk.row("ask", split="test", labels={"intent": "make  tea", "topics": ["a", "A"]})
    dataset = desk.judge(*rows, held_out).dataset
    assert dataset is not None
    found = [issue.message for issue in dataset.data_issues if issue.code == "alike_labels"]
    assert found == [
        "head `intent`: labels that differ only in case or white space are different labels: ' cancel' and 'cancel', "
        "'Order' and 'order' and 'order ', 'make  tea' and 'make tea'; if they mean the same, write them alike",
        "head `topics`: labels that differ only in case or white space are different labels: 'A' and 'a'; "
        "if they mean the same, write them alike",
    ]
    assert "alike_labels" not in data_issues(desk.judge(rows[0], rows[3]))


def test_true_and_false_are_labels_of_a_class_head(desk: Desk) -> None:
    rows = [desk.row("on", labels={"intent": True}), desk.row("off", labels={"intent": False})]
    outcome = desk.judge(*rows)
    assert [row["labels"]["intent"] for row in desk.good(outcome)] == ["true", "false"]


def test_what_no_net_can_be_trained_on_is_told(desk: Desk) -> None:
    bare = desk.judge(desk.row("turn it on"), desk.row("turn it off", labels={"intent": "off"})).dataset
    assert bare is not None and str(find_too_small(bare)).startswith("no good row is in valid, so nothing says when")
    strange = desk.judge(desk.row("alpha beta"), desk.row("gamma"), desk.row("delta", split="valid")).dataset
    assert strange is not None and str(find_too_small(strange)).startswith("no word is twice in the 2 rows of train")
    fine = desk.judge(desk.row("turn on"), desk.row("turn off"), desk.row("delta", split="valid")).dataset
    assert fine is not None and find_too_small(fine) is None


def test_a_closed_label_set_keeps_the_order_of_the_spec_and_counts_what_is_missing(desk: Desk) -> None:
    heads = {"intent": {"kind": "class", "labels": ["on", "off", "dim"]}}
    outcome = desk.judge(desk.row(), desk.row("b", labels={"intent": "off"}), heads=heads)
    assert outcome.dataset is not None
    assert outcome.dataset.labels == {"intent": ("on", "off", "dim")}
    assert outcome.dataset.label_counts == {"intent": {"on": 1, "off": 1, "dim": 0}}


def test_label_shares_far_from_those_of_the_champion_are_a_finding(desk: Desk) -> None:
    def share(n_on: int) -> list[dict[str, Any]]:
        return [desk.row(f"text {number}", labels={"intent": "on" if number < n_on else "off"}) for number in range(20)]

    champion = desk.judge(*share(10)).dataset
    near, far = (desk.run(desk.spec(desk.file(*share(n_on))), champion) for n_on in (11, 15))
    assert "label_drift" not in data_issues(near)
    assert "0.25" in data_issues(far)["label_drift"]


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason=f"no {SHARED_DATA}")
@pytest.mark.parametrize(
    ("name", "train", "valid", "test", "reasons"),
    [
        ("atis", 4_477, 500, 893, {"conflicting_labels": 1}),
        ("snips", 13_083, 700, 700, {"conflicting_labels": 1}),
        ("clinc150", 15_100, 3_100, 5_500, {}),
        ("sentiment", 8_544, 1_101, 2_210, {}),
    ],
)
def test_public_data_sets_stay_whole(
    desk: Desk, name: str, train: int, valid: int, test: int, reasons: dict[str, int]
) -> None:
    outcome = desk.run(load_spec(SPECS / f"{name}.yaml", data=[SHARED_DATA / f"{name}.jsonl"]))
    assert outcome.dataset is not None
    assert outcome.dataset.counts == {"train": train, "valid": valid, "test": test}
    assert outcome.reasons == reasons
