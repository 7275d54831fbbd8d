from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deploy.edge.tests.tiny_bundle import (
    DOMAIN,
    HEADS,
    INTENT,
    SLOTS,
    TEXTS,
    TOPICS,
    Recipe,
    TinyHead,
    head_model,
    trunk_model,
)
from trunkline_edge.errors import BundleInvalid, DigestMismatch
from trunkline_edge.understanding.selftest import TOLERANCE, check_golden
from trunkline_edge.understanding.session import open_folder


def check(folder: Path) -> int:
    return check_golden(open_folder(folder), lambda entry: folder / entry.name)


def shifted(head: TinyHead, by: float) -> Any:
    """The head's graph with a greater bias: all its logits grow by as much."""
    return head_model(replace(head, bias=tuple(value + by for value in head.bias))).SerializeToString()


def test_a_good_bundle_repeats_all_its_answers(bundle: Path) -> None:
    assert check(bundle) == len(TEXTS)


def test_a_weight_changed_within_the_tolerance_passes(tmp_path: Path) -> None:
    by = TOLERANCE["fp32"] / 2
    Recipe(replaced={"urgency.onnx": shifted(HEADS[-1], by), "intent.onnx": shifted(INTENT, by)}).write(tmp_path)
    assert check(tmp_path) == len(TEXTS)


def test_a_weight_changed_beyond_the_tolerance_fails_naming_head_and_utterance(tmp_path: Path) -> None:
    Recipe(replaced={"urgency.onnx": shifted(HEADS[-1], TOLERANCE["fp32"] * 2)}).write(tmp_path)
    with pytest.raises(BundleInvalid, match=rf"'{TEXTS[0]}': logits of urgency differ by 0\.002, allowed 0\.001"):
        check(tmp_path)


def test_one_int8_graph_widens_the_tolerance(tmp_path: Path, bundle: Path) -> None:
    manifest = open_folder(bundle).manifest
    graphs = (replace(manifest.graphs[0], precision="int8"), *manifest.graphs[1:])
    Recipe(replaced={"urgency.onnx": shifted(HEADS[-1], 0.1)}, manifest={"graphs": graphs}).write(tmp_path)
    assert check(tmp_path) == len(TEXTS)


@pytest.mark.parametrize("head", [INTENT, DOMAIN, SLOTS, TOPICS], ids=lambda head: head.name)
def test_a_changed_label_fails_naming_the_utterance(tmp_path: Path, head: TinyHead) -> None:
    swapped = replace(head, labels=head.labels[::-1])
    Recipe(heads=(head,)).write(tmp_path)
    (tmp_path / "golden.jsonl").rename(tmp_path / "kept.jsonl")
    golden = (tmp_path / "kept.jsonl").read_bytes()
    Recipe(heads=(swapped,), replaced={"golden.jsonl": golden}).write(tmp_path)
    with pytest.raises(BundleInvalid, match=r"^golden utterance '[a-z ?]+': labels: found .*, expected .*"):
        check(tmp_path)


@pytest.mark.parametrize("kind", ["class", "multilabel"])
def test_the_labels_of_a_head_of_any_name_count(tmp_path: Path, kind: str) -> None:
    """A logit within the tolerance is no excuse for another label."""
    tie = TinyHead("mood", kind, ("good", "bad"), {}, (0.0001, -0.0001), threshold=0.5)
    other = head_model(replace(tie, bias=(-0.0001, 0.0001))).SerializeToString()
    Recipe(heads=(tie,), replaced={"mood.onnx": other}).write(tmp_path)
    with pytest.raises(BundleInvalid, match=rf"golden utterance '{TEXTS[0]}': labels: found .*bad.*, expected .*good"):
        check(tmp_path)


def test_a_logit_that_is_no_number_fails(tmp_path: Path) -> None:
    model = trunk_model(float("nan"))
    Recipe(heads=(HEADS[-1],), replaced={"trunk.onnx": model.SerializeToString()}).write(tmp_path)
    with pytest.raises(BundleInvalid, match="logits of urgency differ by nan"):
        check(tmp_path)


def test_utterances_with_line_separators_of_unicode_stay_on_their_line(tmp_path: Path) -> None:
    texts = ("lamp\u2028on", "fan\u0085off", "guest\u2029room", "lamp\x0bon", "lamp\x1con")
    Recipe(golden_texts=texts).write(tmp_path)
    assert check(tmp_path) == len(texts)


def test_an_altered_golden_file_is_refused(tmp_path: Path) -> None:
    Recipe().write(tmp_path)
    raw = bytearray((tmp_path / "golden.jsonl").read_bytes())
    raw[len(raw) // 2] ^= 1
    (tmp_path / "golden.jsonl").write_bytes(raw)
    with pytest.raises(DigestMismatch, match=r"golden\.jsonl"):
        check(tmp_path)


def test_a_golden_line_holds_text_labels_and_logits_of_every_head(bundle: Path) -> None:
    lines = [json.loads(line) for line in (bundle / "golden.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["text"] for line in lines] == list(TEXTS)
    assert lines[2]["labels"] == {
        "intents": [{"name": "turn_on", "slots": [["device", 0, 4], ["room", 12, 22]]}],
        "domain": "home",
        "heads": {"topics": []},
    }
    for line in lines:
        assert list(line["logits"]) == [head.name for head in HEADS]
        assert all(np.isfinite(np.asarray(logits)).all() for logits in line["logits"].values())


def golden_with(folder: Path, edit: Callable[[dict[str, Any]], None]) -> bytes:
    """The golden file of a tiny bundle with its second line edited."""
    Recipe().write(folder)
    lines = [json.loads(line) for line in (folder / "golden.jsonl").read_text(encoding="utf-8").splitlines()]
    edit(lines[1])
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda line: line.pop("logits"), "line 2: found .*, expected an object with text, labels, logits, rejected"),
        (lambda line: line.update(logits={}), r"line 2: logits of \[\], expected those of every head"),
        (lambda line: line["logits"].pop("urgency"), "line 2: logits of .*, expected those of every head"),
        (lambda line: line["logits"].update(urgency=[]), "logits of urgency differ by nan"),
        (lambda line: line["logits"].update(urgency="x"), "logits of urgency differ by nan"),
        (lambda line: line["logits"].update(urgency=[10**400]), "logits of urgency differ by nan"),
        (lambda line: line.pop("rejected"), "line 2: found"),
        (lambda line: line.update(rejected=True), "'fan off please': rejected: found False, expected True"),
        (lambda line: line.pop("labels"), "line 2: found"),
        (lambda line: line.update(text=7), "line 2: found"),
        (lambda line: line.update(text=" "), "no word found"),
        (lambda line: line.update(text="x" * 100_000), "at most"),
    ],
)
def test_a_golden_answer_that_leaves_something_out_is_refused(
    tmp_path: Path, edit: Callable[[dict[str, Any]], None], message: str
) -> None:
    Recipe(replaced={"golden.jsonl": golden_with(tmp_path / "good", edit)}).write(tmp_path / "bad")
    with pytest.raises(BundleInvalid, match=message):
        check(tmp_path / "bad")


@pytest.mark.parametrize("raw", [b"\n", b"[]\n", b"{\n", b"\xff\n", b"[" * 50_000])
def test_a_golden_file_that_holds_no_answer_is_refused(tmp_path: Path, raw: bytes) -> None:
    Recipe(replaced={"golden.jsonl": raw}).write(tmp_path)
    with pytest.raises(BundleInvalid, match=r"golden\.jsonl line 1"):
        check(tmp_path)


def test_a_bundle_of_schema_1_still_answers_and_repeats_its_answers() -> None:
    folder = Path(__file__).parents[1] / "bundle_of_schema_1"
    assert check(folder) == len(TEXTS)
    assert open_folder(folder).parse("turn on the lamp").intents[0].name == "turn_on"
