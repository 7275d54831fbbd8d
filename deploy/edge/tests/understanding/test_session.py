from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnxruntime as ort
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from deploy.edge.tests.tiny_bundle import (
    DOMAIN,
    FEATURIZER,
    HEADS,
    INTENT,
    SLOTS,
    TOPICS,
    URGENCY,
    Recipe,
    edit_manifest,
    head_entry,
    head_model,
    slots,
    trunk_model,
)
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.errors import BundleInvalid, DigestMismatch, InputRefused, RequirementUnmet
from trunkline_edge.typed import plain
from trunkline_edge.understanding.graphs import ORT_MIN
from trunkline_edge.understanding.session import Runtime, open_folder
from trunkline_edge.understanding.text import MAX_CHARACTERS, is_character_boundary, normalise
from trunkline_edge.understanding.values.reader import rules_to_bytes

FAMILY = "👨\u200d👩\u200d👧"


@pytest.fixture
def copied(bundle: Path, tmp_path: Path) -> Path:
    """A copy of the good bundle, to be spoiled."""
    return shutil.copytree(bundle, tmp_path / "copy")


def test_each_graph_runs_once_an_utterance(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[str] = []

    class Counted(ort.InferenceSession):
        def run(self, output_names: Any, input_feed: Any, run_options: Any = None) -> Any:
            runs.extend(output_names)
            return super().run(output_names, input_feed, run_options)

    monkeypatch.setattr(ort, "InferenceSession", Counted)
    runtime = open_folder(bundle)
    runtime.parse("turn on the lamp", ranking=True)
    assert sorted(runs) == sorted(["hidden", *(f"{head.name}.logits" for head in HEADS)])
    runtime.parse("rain")
    assert len(runs) == 2 * (1 + len(HEADS))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_with_any_altered_byte_is_refused_before_it_is_loaded(
    copied: Path, monkeypatch: pytest.MonkeyPatch, data: st.DataObject
) -> None:
    manifest = Manifest.from_bytes((copied / "manifest.json").read_bytes())
    read = [each for each in manifest.files if each.role != "golden"]  # that one is read by the self-test
    entry = data.draw(st.sampled_from(read))
    path = copied / entry.name
    good = path.read_bytes()
    position = data.draw(st.integers(0, len(good) - 1))
    bits = data.draw(st.integers(1, 255))
    loaded: list[bytes] = []

    class Watched(ort.InferenceSession):
        def __init__(self, raw: bytes, *arguments: Any, **options: Any) -> None:
            loaded.append(raw)
            super().__init__(raw, *arguments, **options)

    path.write_bytes(good[:position] + bytes([good[position] ^ bits]) + good[position + 1 :])
    try:
        with monkeypatch.context() as patch, pytest.raises(DigestMismatch, match=rf"^{entry.name}: .*install again$"):
            patch.setattr(ort, "InferenceSession", Watched)
            open_folder(copied)
        assert path.read_bytes() not in loaded
    finally:
        path.write_bytes(good)


@pytest.mark.parametrize("spoil", ["cut", "lengthened", "emptied", "removed", "a folder"])
def test_a_file_of_other_length_or_none_is_refused(copied: Path, spoil: str) -> None:
    path = copied / "intent.onnx"
    good = path.read_bytes()
    path.unlink()
    if spoil == "a folder":
        path.mkdir()
    elif spoil != "removed":
        path.write_bytes({"cut": good[:-1], "lengthened": good + b"\0", "emptied": b""}[spoil])
    with pytest.raises(DigestMismatch, match=r"^intent\.onnx: .*install again$"):
        open_folder(copied)


def test_a_folder_without_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleInvalid, match=r"no readable manifest\.json"):
        open_folder(tmp_path)


def test_a_head_of_another_trunk_is_refused(tmp_path: Path) -> None:
    foreign = head_model(DOMAIN, trunk_id="0" * 64).SerializeToString()
    Recipe(replaced={"domain.onnx": foreign}).write(tmp_path)
    with pytest.raises(
        BundleInvalid, match=r"graph domain \(domain\.onnx\) belongs to trunk 000000000000.*trunk is 7777.*together"
    ):
        open_folder(tmp_path)


def test_a_graph_without_trunk_id_is_refused(tmp_path: Path) -> None:
    model = trunk_model()
    del model.metadata_props[:]
    Recipe(replaced={"trunk.onnx": model.SerializeToString()}).write(tmp_path)
    with pytest.raises(BundleInvalid, match="graph trunk"):
        open_folder(tmp_path)


def test_a_file_that_is_no_graph_is_refused_by_name(tmp_path: Path) -> None:
    Recipe(replaced={"topics.onnx": b"not a graph"}).write(tmp_path)
    with pytest.raises(BundleInvalid, match=r"graph topics \(topics\.onnx\): no ONNX file"):
        open_folder(tmp_path)


@pytest.mark.parametrize("needed", ["99.0", "1.999", "2"])
def test_a_bundle_that_needs_a_newer_onnxruntime_says_so(copied: Path, needed: str) -> None:
    requires = json.loads((copied / "manifest.json").read_bytes())["requires"] | {"ort_min": needed}
    (copied / "manifest.json").write_bytes(edit_manifest(copied, {"requires": requires}))
    with pytest.raises(
        RequirementUnmet, match=f"needs onnxruntime {needed}, found {ort.__version__}: upgrade onnxruntime"
    ):
        open_folder(copied)


def test_this_very_onnxruntime_is_new_enough(copied: Path) -> None:
    requires = json.loads((copied / "manifest.json").read_bytes())["requires"] | {"ort_min": ort.__version__}
    (copied / "manifest.json").write_bytes(edit_manifest(copied, {"requires": requires}))
    assert open_folder(copied).parse("rain").intents


@pytest.mark.parametrize("text", ["", " \t\r\n", "\u00a0\u2003", "\x00\x07", "\u200b"], ids=repr)
def test_text_without_a_word_is_rejected_without_running_a_graph(runtime: Runtime, text: str) -> None:
    result = runtime.parse(text)
    assert (result.rejected, result.intents, result.domain, result.heads) == (True, (), None, {})
    assert result.reason == "empty: no word found"
    assert result.text == text


@pytest.mark.parametrize("text", ["?", "...!", "🙂", "—", "\u0301"], ids=repr)
def test_punctuation_alone_is_answered(runtime: Runtime, text: str) -> None:
    assert runtime.parse(text).to_json()["text"] == text


def test_text_of_the_greatest_length_is_answered_and_longer_is_refused(runtime: Runtime) -> None:
    longest = "x" * MAX_CHARACTERS
    assert runtime.parse(longest).text == longest
    with pytest.raises(InputRefused, match=f"text of {MAX_CHARACTERS + 1} characters; at most {MAX_CHARACTERS}"):
        runtime.parse(longest + "x")


def test_spaces_that_normalising_removes_do_not_make_a_text_too_long(runtime: Runtime) -> None:
    assert runtime.parse("lamp" + " " * MAX_CHARACTERS + "on").intents[0].name == "turn_on"


@pytest.mark.parametrize("text", [None, 3, b"on", ["on"]], ids=repr)
def test_what_is_no_text_is_refused(runtime: Runtime, text: Any) -> None:
    with pytest.raises(InputRefused, match=f"expected text, found {type(text).__name__}"):
        runtime.parse(text)


@pytest.mark.parametrize("text", ["on \ud800", "\udcff"])
def test_half_a_surrogate_pair_is_refused(runtime: Runtime, text: str) -> None:
    with pytest.raises(InputRefused, match=r"not Unicode: surrogates not allowed at character \d"):
        runtime.parse(text)


def test_words_past_the_longest_input_are_cut_and_the_answer_says_so(runtime: Runtime) -> None:
    most = FEATURIZER.max_words
    whole = runtime.parse(" ".join(["on"] * most))
    assert whole.reason is None
    cut = runtime.parse(" ".join(["on"] * most + ["lamp"]))
    assert cut.reason == f"cut: only the first {most} words were read"
    assert not cut.rejected
    assert slots(cut) == []


def test_an_unsure_intent_is_rejected_and_kept(tmp_path: Path) -> None:
    Recipe(heads=(replace(INTENT, threshold=0.9), SLOTS)).write(tmp_path)
    runtime = open_folder(tmp_path)
    sure, unsure = runtime.parse("lamp on"), runtime.parse("lamp")
    assert (sure.rejected, sure.reason) == (False, None)
    assert (unsure.rejected, unsure.reason) == (True, "intent below its threshold of 0.90")
    assert unsure.intents[0].name == "turn_on"
    both = runtime.parse("lamp " * (FEATURIZER.max_words + 1))
    assert (
        both.reason == f"intent below its threshold of 0.90; cut: only the first {FEATURIZER.max_words} words were read"
    )


def test_a_bundle_that_weighs_claims_doubts_an_answer_of_a_doubtful_domain(tmp_path: Path) -> None:
    sure = replace(INTENT, threshold=0.9)
    doubtful = replace(DOMAIN, temperature=100.0)
    found = []
    for weighs in (False, True):
        folder = tmp_path / str(weighs)
        Recipe(heads=(sure, doubtful, SLOTS), manifest={"weighs_claims": weighs}).write(folder)
        found.append(open_folder(folder).parse("lamp on").reason)
    assert found == [None, "answer less sure than its threshold of 0.90"]


def test_an_intent_has_no_slots_that_its_rows_never_had(tmp_path: Path) -> None:
    for fits, found in (({}, ["device"]), ({"turn_on": ["room"]}, []), ({"turn_off": ["room"]}, ["device"])):
        folder = tmp_path / "-".join(fits)
        Recipe(heads=(INTENT, SLOTS), values=rules_to_bytes({}, [], fits)).write(folder)
        (intent,) = open_folder(folder).parse("lamp on").intents
        assert [slot.name for slot in intent.slots] == found, fits


def test_an_utterance_out_of_scope_is_rejected(tmp_path: Path) -> None:
    Recipe(heads=(replace(INTENT, labels=("turn_on", "turn_off", "oos")), DOMAIN, SLOTS)).write(tmp_path)
    runtime = open_folder(tmp_path)
    result = runtime.parse("rain tomorrow")
    assert (result.rejected, result.reason, result.intents[0].name) == (True, "out of scope", "oos")
    assert not runtime.parse("lamp on").rejected


def test_a_command_without_what_all_of_its_kind_have_is_rejected(tmp_path: Path) -> None:
    values = rules_to_bytes({}, [], least={"turn_on": [["device"], ["room", "level"]]})
    Recipe(heads=(INTENT, DOMAIN, SLOTS), values=values).write(tmp_path)
    runtime = open_folder(tmp_path)
    assert runtime.parse("on on").reason == "incomplete: turn_on needs more than was said"
    assert runtime.parse("on kitchen room").rejected
    assert not runtime.parse("lamp on").rejected
    assert not runtime.parse("off off").rejected  # nothing is known of this one


def test_a_temperature_makes_probabilities_milder_and_changes_no_label(tmp_path: Path, runtime: Runtime) -> None:
    Recipe(heads=(replace(INTENT, temperature=3.0),)).write(tmp_path)
    mild, sharp = open_folder(tmp_path).parse("lamp on").intents[0], runtime.parse("lamp on").intents[0]
    assert mild.name == sharp.name
    assert 1 / 3 < mild.p < sharp.p


def test_ranking_lists_every_label_of_the_class_heads_best_first(runtime: Runtime) -> None:
    result = runtime.parse("rain off", ranking=True)
    assert set(result.ranking) == {"intent", "domain"}
    assert [each.label for each in result.ranking["intent"]] == ["weather", "turn_off", "turn_on"]
    for head, ranked in result.ranking.items():
        p = [each.p for each in ranked]
        assert p == sorted(p, reverse=True)
        assert sum(p) == pytest.approx(1)
        assert len(p) == len(next(each.labels for each in HEADS if each.name == head))
    assert runtime.parse("rain off").ranking == {}
    assert replace(result, ms=0, ranking={}) == replace(runtime.parse("rain off"), ms=0)


def test_multilabel_answers_are_those_above_the_threshold_best_first(runtime: Runtime) -> None:
    assert runtime.parse("lamp on").heads["topics"] == ()
    both = runtime.parse("rain please").heads["topics"]
    assert [each.label for each in both] == ["polite", "outside"]
    assert all(each.p >= TOPICS.threshold for each in both)


@pytest.mark.parametrize("kind", ["class", "multilabel", "score"])
def test_a_head_named_slots_of_another_kind_answers_under_heads(tmp_path: Path, kind: str) -> None:
    labels = () if kind == "score" else ("a", "b")
    head = replace(URGENCY if kind == "score" else DOMAIN, name="slots", kind=kind, labels=labels)
    Recipe(heads=(INTENT, head)).write(tmp_path)
    result = open_folder(tmp_path).parse("lamp on")
    assert result.intents[0].slots == ()
    assert "slots" in result.heads


def test_heads_of_any_name_and_no_intent_make_a_whole_answer(tmp_path: Path) -> None:
    Recipe(heads=(replace(INTENT, name="mood"), SLOTS)).write(tmp_path)
    result = open_folder(tmp_path).parse("lamp on", ranking=True)
    assert (result.intents, result.rejected) == ((), False)
    assert result.heads["mood"].label == "turn_on"
    assert result.heads["slots"][0].raw == "lamp"
    json.loads(result.to_line(timing=True))


def test_the_canonical_json_is_as_published(runtime: Runtime) -> None:
    line = runtime.parse("Rain in the guest room?").to_line().replace(runtime.bundle_id, "ID")
    assert line == (
        '{"text": "Rain in the guest room?", "lang": "en", "bundle_id": "ID", "intents": [{"name": "weather", '
        '"p": 0.9943, "slots": [{"name": "room", "type": "room", "raw": "guest room", "value": "guest room", '
        '"start": 12, "end": 22, "p": 0.9966}]}], "domain": {"label": "sky", "p": 0.9026}, "heads": {"topics": '
        '[{"label": "outside", "p": 0.9503}], "urgency": 1.479}, "rejected": false, "reason": null}'
    )


def test_probabilities_have_four_decimals_and_time_comes_only_when_asked(runtime: Runtime) -> None:
    result = replace(runtime.parse("lamp on", ranking=True), ms=1.23456)
    assert "ms" not in result.to_json()
    value = result.to_json(timing=True)
    assert value["ms"] == 1.235
    assert list(value)[-2:] == ["ranking", "ms"]
    for each in [value["domain"], *value["ranking"]["intent"], *value["intents"]]:
        assert each["p"] == round(each["p"], 4)


def test_equal_calls_print_equal_lines(bundle: Path) -> None:
    lines = {open_folder(bundle).parse("lamp on in the kitchen", ranking=True).to_line() for _ in range(2)}
    assert len(lines) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("é lamp", [("device", 2, 6, "lamp")]),
        ("e\u0301 lamp", [("device", 3, 7, "lamp")]),
        ("LA\u0308MP on", [("device", 0, 5, "LA\u0308MP")]),
        ("🙂🙂 lämp", [("device", 3, 7, "lämp")]),
        (f"{FAMILY} fan{FAMILY}", [("device", 6, 9, "fan")]),
        ("  guest\u00a0\u00a0room  ", [("room", 2, 13, "guest\u00a0\u00a0room")]),
        ("रसोई lamp, บ้านfan", [("device", 5, 9, "lamp"), ("device", 15, 18, "fan")]),
    ],
)
def test_offsets_count_characters_of_the_text_as_given(
    runtime: Runtime, text: str, expected: list[tuple[str, int, int, str]]
) -> None:
    result = runtime.parse(text)
    assert slots(result) == expected
    for slot in result.intents[0].slots:
        assert slot.value == normalise(slot.raw)
    assert json.loads(result.to_line())["text"] == text


@settings(max_examples=100)
@given(
    st.lists(
        st.sampled_from(
            ["lamp", "guest room", "ka\u0308mp", "é", "🙂", FAMILY, "on", "7", ",", "\u0301", " ", "\u2028"]
        ),
        max_size=14,
    ).map(" ".join)
)
def test_every_slot_is_a_piece_of_the_text_of_whole_characters(runtime: Runtime, text: str) -> None:
    result = runtime.parse(text)
    end = 0
    for name, start, stop, raw in slots(result):
        assert name in SLOTS.labels
        assert end <= start < stop <= len(text)
        assert text[start:stop] == raw
        assert is_character_boundary(text, start)
        assert is_character_boundary(text, stop)
        end = stop
    assert "\n" not in result.to_line()
    assert json.loads(result.to_line()) == result.to_json()


def test_two_bundles_live_in_one_process(bundle: Path, tmp_path: Path) -> None:
    Recipe(version=2, heads=(DOMAIN,)).write(tmp_path)
    first, second = open_folder(bundle), open_folder(tmp_path)
    assert first.bundle_id != second.bundle_id
    assert second.parse("rain").intents == ()
    assert first.parse("rain").intents[0].name == "weather"


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_do_not_change_the_answer(bundle: Path, runtime: Runtime, threads: int) -> None:
    text = "lamp off in the guest room please"
    assert open_folder(bundle, threads=threads).parse(text).to_line() == runtime.parse(text).to_line()


@pytest.mark.parametrize(
    ("needs", "message"),
    [
        ({"opset": 999}, "needs ONNX opset 999, which onnxruntime .* does not read"),
        ({"ir_version": 999}, "needs ONNX IR version 999, which onnxruntime .* does not read"),
        ({"extra_domains": ["com.microsoft", "evil"]}, r"needs operators of \['evil'\]"),
    ],
)
def test_what_this_onnxruntime_cannot_run_is_said_before_a_graph_is_loaded(
    copied: Path, needs: dict[str, Any], message: str
) -> None:
    requires = json.loads((copied / "manifest.json").read_bytes())["requires"] | needs
    (copied / "manifest.json").write_bytes(edit_manifest(copied, {"requires": requires}))
    (copied / "intent.onnx").unlink()
    with pytest.raises(RequirementUnmet, match=message):
        open_folder(copied)


@pytest.mark.parametrize("change", ["one more", "one less", "of another kind"])
def test_labels_that_the_graph_has_no_numbers_for_are_refused(tmp_path: Path, change: str) -> None:
    entry = head_entry(INTENT)
    entries = {
        "one more": replace(entry, labels=(*entry.labels, "dance")),
        "one less": replace(entry, labels=entry.labels[:-1]),
        "of another kind": replace(entry, kind="tag"),
    }
    others = tuple(head_entry(head) for head in HEADS[1:])
    Recipe().write(tmp_path)
    heads = [plain(each) for each in (entries[change], *others)]
    (tmp_path / "manifest.json").write_bytes(edit_manifest(tmp_path, {"heads": heads}))
    with pytest.raises(BundleInvalid, match=r"graph intent .*intent\.logits is .*; head intent of kind .* needs"):
        open_folder(tmp_path)


@pytest.mark.parametrize("what", ["inputs", "outputs"])
def test_a_graph_with_other_tensors_than_the_manifest_says_is_refused(tmp_path: Path, what: str) -> None:
    model = head_model(URGENCY)
    if what == "inputs":
        model.graph.input.append(helper.make_tensor_value_info("ids", TensorProto.INT64, ["rows", "words", 6]))
    else:
        model.graph.node[-1].output[0] = model.graph.output[0].name = "other.logits"
    Recipe(heads=(INTENT, URGENCY), golden_texts=("rain",), replaced={URGENCY.file: model.SerializeToString()}).write(
        tmp_path
    )
    with pytest.raises(BundleInvalid, match=r"graph urgency .* reads .* and writes .*; the manifest says"):
        open_folder(tmp_path)


def test_a_vocabulary_that_is_no_text_is_refused(tmp_path: Path) -> None:
    Recipe(replaced={"vocabulary.txt": b"\xff\xfe"}).write(tmp_path)
    with pytest.raises(BundleInvalid, match=r"vocabulary\.txt: not UTF-8"):
        open_folder(tmp_path)


def test_the_least_onnxruntime_is_the_one_that_the_package_depends_on() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert f'cpu = ["onnxruntime>={ORT_MIN}"]' in text
