"""What each importer reads, what it leaves out and says so, and what it refuses."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from schemas.data.digest import source_digest
from schemas.data.infer_spec import infer_spec
from schemas.data.sources.importers.formats import FORMATS
from schemas.data.sources.records import DataRefused, LeftOut, Record
from schemas.spec.load import SpecError, parse_spec
from schemas.spec.product import DataSpec, Spec

if TYPE_CHECKING:
    from tests.schemas.conftest import Desk

HEADS = {"intent": {"kind": "class"}, "slots": {"kind": "tag"}}


def imported(tool: str, path: Path, **options: Any) -> tuple[list[Record], dict[str, int]]:
    """Return the records and what was left out."""
    found = list(FORMATS[tool].read(path, FORMATS[tool].options(**options)))
    left_out: Counter[str] = Counter()
    for entry in found:
        if isinstance(entry, LeftOut):
            left_out[entry.what] += entry.times
    return [entry for entry in found if isinstance(entry, Record)], dict(left_out)


def rows(records: list[Record]) -> list[dict[str, Any]]:
    return [record.row for record in records if record.row is not None]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


RASA = r"""
version: "2.0"
nlu:
- intent: travel/book
  examples: |
    - from [Berlin]{"entity": "city", "role": "from", "group": "1", "value": "BER"} to [SF](city)
    - [two](count:2) or [ham][{"entity": "topping"}, {"entity": "meat"}]

    - broken [x]{"entity" "city"}
    no dash
- intent: leave
  metadata: {sentiment: sad}
  examples:
  - text: |
      - bye [sunday](day)
    metadata: {from: hand}
  - 5
- synonym: San Francisco
  examples: |
    - SF
    - Frisco
- regex: zip
  examples: |
    - \d{5}
- lookup: day
  examples: |
    - monday
responses:
  utter_a: []
rules: [1, 2]
"""


def test_rasa_entities_have_role_and_group_in_their_label_and_their_value(tmp_path: Path) -> None:
    records, left_out = imported("rasa", write(tmp_path / "nlu.yml", RASA))
    first, second, third = rows(records)
    assert first["text"] == "from Berlin to SF"
    assert first["labels"] == {
        "intent": "travel/book",
        "slots": [
            {"start": 5, "end": 11, "label": "city.from#1", "value": "BER"},
            {"start": 15, "end": 17, "label": "city", "value": "San Francisco"},
        ],
    }
    assert [span["label"] for span in second["labels"]["slots"]] == ["count", "topping"]
    assert third == {
        "text": "bye sunday",
        "labels": {"intent": "leave", "slots": [{"start": 4, "end": 10, "label": "day"}]},
    }
    assert left_out == {"regex features": 1, "lookup tables": 1, "metadata entries": 2, "responses": 1, "rules": 2}


def test_a_broken_rasa_example_is_told_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path / "nlu.yml", RASA)
    lines = path.read_text().splitlines()
    bad = [record for record in imported("rasa", path)[0] if record.row is None]
    assert [lines[record.line - 1].strip() for record in bad] == ['- broken [x]{"entity" "city"}', "no dash", "- 5"]
    assert [record.line for record in imported("rasa", path)[0]] == sorted(
        record.line for record in imported("rasa", path)[0]
    )


def test_rasa_intents_and_synonyms_named_yes_and_off_are_text(tmp_path: Path) -> None:
    text = "nlu:\n- intent: yes\n  examples: |\n    - [sure](mode)\n- synonym: off\n  examples: |\n    - sure\n"
    (row,) = rows(imported("rasa", write(tmp_path / "nlu.yml", text))[0])
    assert row["labels"] == {"intent": "yes", "slots": [{"start": 0, "end": 4, "label": "mode", "value": "off"}]}


def test_a_rasa_intent_that_is_no_text_costs_each_of_its_examples_and_says_what_to_do(tmp_path: Path) -> None:
    text = "nlu:\n- intent: 404\n  examples: |\n    - lost\n    - nowhere\n- intent: bare\n"
    lost, nowhere, bare = imported("rasa", write(tmp_path / "nlu.yml", text))[0]
    assert [(lost.line, lost.raw), (nowhere.line, nowhere.raw)] == [(4, b"- lost"), (5, b"- nowhere")]
    assert lost.message == nowhere.message
    assert lost.message == "expected an intent's name as text, found 404; put it into quotes"
    assert bare.message == "expected examples of the intent, found None"


def test_bad_rows_of_a_folder_are_quarantined_with_their_file_and_line(desk: Desk, tmp_path: Path) -> None:
    write(tmp_path / "nlu" / "a.yml", RASA)
    write(tmp_path / "nlu" / "deep" / "b.yaml", 'nlu:\n- intent: a\n  examples: |\n    - "fine"\n    bad\n')
    write(tmp_path / "nlu" / "notes.txt", "no YAML")
    spec = desk.spec(
        validate={"max_reject_share": 1}, heads=HEADS, data=[{"path": f"{tmp_path}/nlu", "format": "rasa"}]
    )
    outcome = desk.run(spec)
    assert {(row["file"].removeprefix(str(tmp_path)), row["line"]) for row in desk.bad(outcome)} == {
        ("/nlu/a.yml", 9),
        ("/nlu/a.yml", 10),
        ("/nlu/a.yml", 17),
        ("/nlu/deep/b.yaml", 5),
    }
    assert outcome.dataset is not None
    (issue,) = [issue for issue in outcome.dataset.data_issues if issue.code == "left_out"]
    assert "not carried over: " in issue.message and "lookup tables (1)" in issue.message


def test_the_digest_of_a_folder_is_that_of_what_lies_in_it(tmp_path: Path) -> None:
    def digest(folder: str, text: str, **source: Any) -> str:
        write(tmp_path / folder / "nlu.yml", text)
        data = [{"path": str(tmp_path / folder), "format": "rasa", "source": "x", **source}]
        return source_digest(parse_spec({"name": "x", "heads": HEADS, "data": data}))

    assert digest("a", RASA) == digest("b", RASA)
    assert digest("a", RASA) != digest("b", RASA + "\n")
    write(tmp_path / "a" / "more.yml", RASA)
    assert digest("a", RASA) != digest("c", RASA)


SNIPS = """\
# a comment
---
type: entity
name: room
values:
- [kitchen, galley]
- bath
---
type: intent
name: light
slots:
- name: where
  entity: room
utterances:
- light in the [where](galley)
- light in [where] and [where:room]
- at [when:snips/datetime]
- 7
"""


def test_snips_slots_get_values_of_synonyms_and_words_of_their_entity(tmp_path: Path) -> None:
    records, left_out = imported("snips", write(tmp_path / "set.yaml", SNIPS))
    galley, filled = rows(records)
    assert galley["labels"]["slots"] == [{"start": 13, "end": 19, "label": "where", "value": "kitchen"}]
    assert filled["text"] == "light in kitchen and bath"
    bad = [record for record in records if record.row is None]
    assert [record.line for record in bad] == [17, 18]
    assert "snips/datetime` has no values" in bad[0].message
    assert left_out == {"values of entities, beyond those that the utterances have": 2, "slots' types": 2}


def test_snips_json_keeps_its_language_and_its_synonyms(tmp_path: Path) -> None:
    chunks = [{"text": "in the "}, {"text": "Galley", "slot_name": "where", "entity": "room"}]
    dataset = {
        "language": "fr",
        "intents": {"light": {"utterances": [{"data": chunks}, {"date": []}]}},
        "entities": {"room": {"data": [{"value": "kitchen", "synonyms": ["galley"]}], "use_synonyms": True}},
    }
    records, _ = imported("snips", write(tmp_path / "set.json", json.dumps(dataset)))
    assert records[0].row == {
        "text": "in the Galley",
        "lang": "fr",
        "labels": {"intent": "light", "slots": [{"start": 7, "end": 13, "label": "where", "value": "kitchen"}]},
    }
    assert records[1].row is None and records[1].line == 2


def test_conll_of_every_tagging_scheme_and_with_its_own_text(tmp_path: Path) -> None:
    text = (
        "-DOCSTART- -X- -X- O\n\n"
        "# text = don't stop New York\n# id = s1\n# sent = 4\n"
        "do x O\nn't x O\nstop x S-act\nNew x I-place\nYork x E-place\n\n"
        "a\tB-l\nb\tI-l\nc\tL-l\nd\tU-m\ne\tI-m\n\n"
        "fine O\nno tag\n"
    )
    records, left_out = imported("conll", write(tmp_path / "dev.conll", text))
    first, second = rows(records)
    assert first["text"] == "don't stop New York" and first["id"] == "valid-s1" and first["split"] == "valid"
    assert [(span["start"], span["end"]) for span in first["labels"]["slots"]] == [(6, 10), (11, 19)]
    assert [(span["start"], span["end"], span["label"]) for span in second["labels"]["slots"]] == [
        (0, 5, "l"),
        (6, 7, "m"),
        (8, 9, "m"),
    ]
    assert records[-1].row is None and "expected a word and its tag" in records[-1].message
    assert left_out == {"cells between word and tag": 5, "comments": 1}


def test_conll_comments_without_a_key_are_left_out_and_cost_no_sentence(tmp_path: Path) -> None:
    text = (
        "# newpar\n# intent: off\nlamp B-dev\noff O\n\n"
        "# id 5239d808-f300\tdomain=train\nnew _ _ B-x\ncar _ _ I-x\n\n"
        "# B-sign\nsign O\n\n"
    )
    records, left_out = imported("conll", write(tmp_path / "rows.conll", text))
    first, second, third = rows(records)
    assert (first["text"], first["labels"]["intent"]) == ("lamp off", "off")
    assert (second["text"], second["id"]) == ("new car", "5239d808-f300")
    assert third["text"] == "# sign" and len(third["labels"]["slots"]) == 1
    assert left_out == {"comments": 2, "cells between word and tag": 4}


def test_three_files_of_unequal_length_are_refused_by_name(tmp_path: Path) -> None:
    write(tmp_path / "test" / "seq.in", "on\noff now\n")
    write(tmp_path / "test" / "seq.out", "O\nO\n")
    with pytest.raises(DataRefused, match=r"test/label: no such file beside seq\.in"):
        imported("joint", tmp_path)
    write(tmp_path / "test" / "label", "a\n")
    with pytest.raises(DataRefused, match=r"label ends before line 2, the others go on"):
        imported("joint", tmp_path)
    write(tmp_path / "test" / "label", "a\nb\n")
    good, bad = imported("joint", tmp_path)[0]
    assert good.row is not None and good.row["split"] == "test"
    assert bad.message == "2 words, but 1 tags" and (bad.file, bad.line) == ("test/seq.in", 2)


def test_massive_tells_split_language_and_words_that_do_not_agree(tmp_path: Path) -> None:
    lines = [
        {"id": "1", "locale": "de-DE", "partition": "dev", "scenario": "alarm", "intent": "set", "utt": "um fünf",
         "annot_utt": "um [time : fünf]", "judgments": [{}, {}], "slot_method": []},
        {"utt": "other", "annot_utt": "um [time : fünf]"},
        {"utt": "x"},
    ]  # fmt: skip
    path = write(tmp_path / "de.jsonl", "\n".join(json.dumps(line) for line in lines))
    records, left_out = imported("massive", path)
    (row,) = rows(records)
    assert row == {
        "text": "um fünf",
        "lang": "de-DE",
        "id": "massive-de-DE-1",
        "split": "valid",
        "labels": {"intent": "set", "scenario": "alarm", "slots": [{"start": 3, "end": 7, "label": "time"}]},
    }
    assert ["is not `utt`" in record.message for record in records[1:]] == [True, False]
    assert left_out == {"judgments": 2}


def test_slurp_without_tokens_reads_its_annotation(tmp_path: Path) -> None:
    line = {"slurp_id": 7, "sentence": "x", "sentence_annotation": "wake me at [time : five am]", "intent": "alarm_set"}
    records, left_out = imported("slurp", write(tmp_path / "test.jsonl", json.dumps(line | {"recordings": [1, 2]})))
    (row,) = rows(records)
    assert (row["text"], row["split"], row["id"]) == ("wake me at five am", "test", "slurp-7")
    assert left_out == {"recordings": 2}


def saved_as_datasets_does(folder: Path, table: dict[str, Any], features: dict[str, Any]) -> None:
    """Write a split: an Arrow stream whose schema tells the features (as `datasets` 5.2.0 does)."""
    folder.mkdir(parents=True)
    told = json.dumps({"info": {"features": features}})
    batch = pa.RecordBatch.from_pydict(table).replace_schema_metadata({"huggingface": told})
    with (
        pa.OSFile(str(folder / "data-00000-of-00001.arrow"), "wb") as file,
        pa.ipc.new_stream(file, batch.schema) as to,
    ):
        to.write_batch(batch)
    write(folder / "state.json", json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}))


def test_hugging_face_numbers_become_their_names_and_tags_become_spans(tmp_path: Path) -> None:
    features = {
        "tokens": {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"},
        "ner_tags": {"feature": {"names": ["O", "B-x", "I-x"], "_type": "ClassLabel"}, "_type": "List"},
        "label": {"names": ["on", "off"], "_type": "ClassLabel"},
    }
    table = {
        "tokens": [["turn", "it", "on"], ["off"]],
        "ner_tags": [[0, 1, 2], [0]],
        "label": [0, -1],
        "score": [0.5, None],
        "length": [3, 1],
    }
    for split in ("train", "validation"):
        saved_as_datasets_does(tmp_path / "set" / split, table, features)
    records, left_out = imported("huggingface", tmp_path / "set")
    first = rows(records)[0]
    assert (first["text"], first["split"], rows(records)[2]["split"]) == ("turn it on", "train", "valid")
    spans = [{"start": 5, "end": 10, "label": "x"}]
    assert first["labels"] == {"ner_tags": spans, "label": "on", "score": 0.5}
    assert rows(records)[1]["labels"] == {"ner_tags": [], "label": None}
    assert left_out == {"columns `length`": 2}


def test_ids_that_count_anew_in_each_split_stay_apart(tmp_path: Path, desk: Desk) -> None:
    for split in ("train", "validation", "test"):
        table = {"id": [0, 1], "text": [f"{split} a", f"{split} b"], "label": ["on", "off"]}
        saved_as_datasets_does(tmp_path / "set" / split, table, {})
        write(tmp_path / "tagged" / f"{split}.conll", f"# id = 0\n{split} O\n\n# id = 1\nlamp B-x\n")
    ids = {f"{split}-{number}" for split in ("train", "valid", "test") for number in (0, 1)}
    assert {row["id"] for row in rows(imported("huggingface", tmp_path / "set")[0])} == ids
    assert {row["id"] for row in rows(imported("conll", tmp_path / "tagged")[0])} == ids
    data = [{"path": str(tmp_path / "set"), "format": "huggingface"}]
    assert desk.bad(desk.run(desk.spec(heads={"label": {"kind": "class"}}, data=data))) == []


def test_a_hugging_face_set_without_utterances_says_how_to_name_them(tmp_path: Path) -> None:
    saved_as_datasets_does(tmp_path / "set", {"spoken": ["on"]}, {})
    with pytest.raises(DataRefused, match="no column `text` or `tokens`; found spoken; name the column"):
        imported("huggingface", tmp_path / "set")
    assert rows(imported("huggingface", tmp_path / "set", text="spoken")[0])[0]["text"] == "on"


HASSIL = """
language: en
intents:
  Brew:
    data:
      - sentences:
          - "(brew|make) [me] [a] {drink} [please]"
          - "(<brew>;in the {area})"
        slots: {domain: coffee}
        expansion_rules: {brew: "brew {drink}"}
      - sentences: ["say {anything}", "x {", "use <nowhere>", "<loop>", "wait {long}"]
lists:
  drink: {values: [latte, {in: "(flat white|flatty)", out: flat_white}]}
  anything: {wildcard: true}
  long: {range: {from: 0, to: 2000000000}}
expansion_rules:
  loop: "a <loop>"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write(tmp_path / "custom_sentences" / "en" / "coffee.yaml", HASSIL)
    write(tmp_path / "configuration.yaml", "default_config: {}\n")
    areas = [{"name": "Küche", "aliases": ["cooking place"]}, {"name": "Attic", "aliases": []}]
    write(tmp_path / ".storage" / "core.area_registry", json.dumps({"data": {"areas": areas}}))
    return tmp_path


def test_hassil_itself_understands_every_sentence_of_its_templates_and_hears_the_same_slots(home: Path) -> None:
    from hassil.intents import Intents, TextSlotList
    from hassil.recognize import recognize_all

    records, left_out = imported("hassil", home, wordings=15)
    import yaml

    data = yaml.safe_load(HASSIL)
    data["intents"]["Brew"]["data"].pop()
    del data["lists"]["long"]
    intents = Intents.from_dict(data)
    areas = TextSlotList.from_strings(["Küche", "cooking place", "Attic"], name="area")
    found = rows(records)
    assert len(found) > 20 and any("Küche" in row["text"] for row in found)
    for row in found:
        said = [
            (result.intent.name, {name: entity.text.strip() for name, entity in result.entities.items()})
            for result in recognize_all(row["text"], intents, slot_lists={"area": areas})
        ]
        spans = {span["label"]: row["text"][span["start"] : span["end"]] for span in row["labels"]["slots"]}
        assert any((name, {**heard, **spans}) == (row["labels"]["intent"], heard) for name, heard in said), row
    assert left_out == {
        "slots that a template sets without words": 1,
        "templates with the list `anything`, which is a wildcard": 1,
    }
    assert records == imported("hassil", home, wordings=15)[0]


def test_what_a_list_of_home_assistant_means_by_its_words_is_the_value_of_the_span(home: Path) -> None:
    spans = [
        (row["text"][span["start"] : span["end"]], span.get("value"))
        for row in rows(imported("hassil", home, wordings=15)[0])
        for span in row["labels"]["slots"]
        if span["label"] == "drink"
    ]
    assert {("flat white", "flat_white"), ("flatty", "flat_white"), ("latte", "latte")} == set(spans)


def test_broken_hassil_templates_are_told_with_their_line(home: Path) -> None:
    bad = [record for record in imported("hassil", home)[0] if record.row is None]
    assert {record.line for record in bad} == {11}
    said = " ".join(record.message for record in bad)
    for part in (
        "Unable to find end of list",
        "no expansion rule is called 'nowhere'",
        "expands to itself",
        "2000000000",
    ):
        assert part in said


def cups(folder: Path, sizes: str) -> Path:
    intents = "language: en\nintents: {A: {data: [{sentences: ['a {size} cup', 'a cup']}]}}\n"
    return write(folder / "k.yaml", f"{intents}lists: {{size: {sizes}}}\n")


def test_a_list_without_a_value_costs_the_templates_that_say_it(tmp_path: Path) -> None:
    bad, good = imported("hassil", cups(tmp_path, "{values: []}"))[0]
    assert bad.message == "not as hassil writes sentences: the list `size` has no value"
    assert good.row is not None and good.row["text"] == "a cup"


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ("from: 9, to: 1", "start cannot be greater than stop"),
        ("from: 1, to: 9, step: 0", "step must be positive"),
        ("from: 1, to: 9, step: -1", "step must be positive"),
    ],
)
def test_a_range_without_numbers_is_refused(tmp_path: Path, numbers: str, message: str) -> None:
    with pytest.raises(DataRefused, match=message):
        imported("hassil", cups(tmp_path, f"{{range: {{{numbers}}}}}"))


def test_sentences_of_two_languages_ask_for_one(home: Path) -> None:
    write(home / "custom_sentences" / "de" / "k.yaml", "language: de\nintents: {A: {data: [{sentences: [hallo]}]}}\n")
    with pytest.raises(DataRefused, match="several languages, de, en; choose one with the option `language`"):
        imported("hassil", home)
    assert [row["text"] for row in rows(imported("hassil", home, language="de")[0])] == ["hallo"]


def test_label_studio_controls_are_heads_and_offsets_of_a_browser_are_corrected(tmp_path: Path) -> None:
    def label(start: int, end: int, text: str) -> dict[str, Any]:
        value = {"start": start, "end": end, "text": text, "labels": ["drink"]}
        return {"type": "labels", "from_name": "spans", "value": value}

    tasks: list[dict[str, Any]] = [
        {"id": 1, "data": {"utterance": "☕🙂 latte"}, "predictions": [{}], "annotations": [
            {"was_cancelled": True, "result": []},
            {"result": [label(4, 9, "latte"), {"type": "rating", "from_name": "mood", "value": {"rating": 4}},
                        {"type": "relation", "from_id": "a"}]}]},
        {"id": 2, "data": {"utterance": "tea"}, "annotations": [{"result": []}]},
        {"id": 3, "data": {"utterance": "tea"}, "annotations": []},
        {"id": 4, "data": {"utterance": "tea"}, "annotations": [{"result": [label(0, 2, "milk")]}]},
    ]  # fmt: skip
    records, left_out = imported("label-studio", write(tmp_path / "p.json", json.dumps(tasks, indent=2)))
    first, second = rows(records)
    assert first["labels"] == {"spans": [{"start": 3, "end": 8, "label": "drink"}], "mood": 4}
    assert second["labels"] == {"spans": []} and second["id"] == "task-2"
    assert records[-1].row is None and "not 'milk'" in records[-1].message
    assert left_out == {"predictions": 1, "results of the kind `relation`": 1, "tasks without an annotation": 1}


def test_label_studio_csv_and_json_min_say_the_same(tmp_path: Path) -> None:
    spans = [{"start": 2, "end": 7, "text": "latte", "labels": ["drink"]}]
    task = {"id": 1, "text": "a latte", "intent": "order", "label": spans, "annotator": 1, "lead_time": 2.5}
    minimal = write(tmp_path / "min.json", json.dumps([task]))
    quoted = json.dumps(spans).replace('"', '""')
    csv = write(tmp_path / "p.csv", f'annotator,id,intent,label,text\n1,1,order,"{quoted}",a latte\n')
    (from_json,), (from_csv,) = (rows(imported("label-studio", path)[0]) for path in (minimal, csv))
    assert from_json == from_csv
    assert from_json["labels"] == {"intent": "order", "label": [{"start": 2, "end": 7, "label": "drink"}]}


def choices(head: str, *chosen: str, **place: Any) -> dict[str, Any]:
    return {"type": "choices", "from_name": head, "to_name": "text", "value": {**place, "choices": [*chosen]}}


def labelled(*results: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"text": "a latte"}, "annotations": [{"result": [*results]}]}


def test_a_label_studio_control_with_several_choices_somewhere_gives_lists_everywhere(tmp_path: Path) -> None:
    tasks = [labelled(choices("tone", "loud"), choices("intent", "order")), labelled(choices("tone", "loud", "rude"))]
    write(tmp_path / "full" / "a.json", json.dumps([*tasks, labelled()]))
    write(tmp_path / "full" / "b.json", json.dumps([labelled(choices("tone", "calm"))]))
    assert [row["labels"] for row in rows(imported("label-studio", tmp_path / "full")[0])] == [
        {"tone": ["loud"], "intent": "order"},
        {"tone": ["loud", "rude"]},
        {"tone": []},
        {"tone": ["calm"]},
    ]
    flat = [{"text": "a latte", "tone": "loud"}, {"text": "a latte", "tone": {"choices": ["loud", "rude"]}}]
    minimal = write(tmp_path / "min.json", json.dumps([*flat, {"text": "a latte"}]))
    cells = 'text,tone\na latte,loud\na latte,"{""choices"": [""loud"", ""rude""]}"\na latte,\n'
    for path in (minimal, write(tmp_path / "p.csv", cells)):
        found = [row["labels"] for row in rows(imported("label-studio", path)[0])]
        assert found == [{"tone": ["loud"]}, {"tone": ["loud", "rude"]}, {"tone": []}]


def test_label_studio_choices_of_a_span_are_left_out_and_no_class_of_the_text(tmp_path: Path) -> None:
    place = {"start": 2, "end": 7, "text": "latte"}
    task = labelled(choices("intent", "order"), choices("size", "small", **place), choices("size", "a", "b", **place))
    records, left_out = imported("label-studio", write(tmp_path / "full.json", json.dumps([task])))
    assert rows(records)[0]["labels"] == {"intent": "order"}
    assert left_out == {"choices of a span": 2}
    flat = {"text": "a latte", "intent": "order", "size": [{**place, "choices": ["small"]}]}
    records, left_out = imported("label-studio", write(tmp_path / "min.json", json.dumps([flat])))
    assert rows(records)[0]["labels"] == {"intent": "order"}
    assert left_out == {"choices of a span": 1}


def test_label_studio_stars_are_scores_though_few_and_whole(tmp_path: Path) -> None:
    rated = {"type": "rating", "from_name": "mood", "value": {"rating": 4}}
    path = write(tmp_path / "full.json", json.dumps([labelled(rated)]))
    assert infer_spec(path, DataSpec(path=path, format="label-studio")).heads["mood"].kind == "score"


def test_yaml_that_stands_for_more_than_memory_holds_is_refused(tmp_path: Path) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for name, before in zip("bcdefgh", "abcdefg", strict=True):
        bomb += f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for tool in ("rasa", "snips", "hassil"):
        with pytest.raises(DataRefused, match="found more than 500,000 values"):
            imported(tool, write(tmp_path / tool / "x.yaml", bomb))


def test_an_unknown_format_or_option_names_the_nearest(tmp_path: Path, desk: Desk) -> None:
    path = str(write(tmp_path / "nlu.yml", RASA))

    def spec(**source: Any) -> Spec:
        return desk.spec(heads=HEADS, data=[{"path": path, **source}])

    with pytest.raises(DataRefused, match=r"format `raza`: no such format; did you mean `rasa`\?"):
        desk.run(spec(format="raza"))
    with pytest.raises(DataRefused, match=r"format `rasa`: wordings: .*; its options are none"):
        desk.run(spec(format="rasa", options={"wordings": 3}))
    with pytest.raises(
        DataRefused, match=r"a folder without files of rows .*; if it is another tool's, say the `format`"
    ):
        desk.run(desk.spec(tmp_path))
    with pytest.raises(SpecError, match="`format` says how `path` is written"):
        desk.spec(heads=HEADS, data=[{"recipe": "home-assistant", "format": "rasa"}])


def test_snips_words_such_as_on_are_text_and_use_synonyms_no_is_heard(tmp_path: Path) -> None:
    text = (
        "type: entity\nname: mode\nuse_synonyms: no\nvalues:\n- [on, up]\n"
        "---\ntype: intent\nname: yes\nutterances:\n- yes\n- go [mode](up)\n"
    )
    first, second = rows(imported("snips", write(tmp_path / "set.yaml", text))[0])
    assert (first["text"], first["labels"]["intent"]) == ("yes", "yes")
    assert second["labels"]["slots"] == [{"start": 3, "end": 5, "label": "mode"}]
