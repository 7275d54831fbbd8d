from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.spec.bounded_yaml import SpecError
from schemas.spec.load import load_spec, parse_spec
from schemas.spec.product import Spec

SPECS = sorted((Path(__file__).parents[3] / "specs").glob("*.yaml"))
RAW: dict[str, Any] = {"name": "tiny", "data": [{"path": "rows.jsonl"}], "heads": {"intent": {"kind": "class"}}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A spec file with little in it."""
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(RAW), encoding="utf-8")
    return path


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_shipped_spec_loads_under_the_name_of_its_file(path: Path) -> None:
    assert load_spec(path).name == path.stem


def test_a_spec_for_an_intent_and_slots_has_five_lines_and_one_for_editors() -> None:
    (path,) = (path for path in SPECS if path.stem == "atis")
    assert len(path.read_text(encoding="utf-8").splitlines()) == 6


@pytest.mark.parametrize(
    ("section", "key", "near"),
    [
        (None, "head", "heads"),
        ("train", "epoch", "epochs"),
        ("trunk", "layer", "layers"),
        ("validate", "min_row", "min_rows"),
        ("gate", "margins", "margin"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(section: str | None, key: str, near: str) -> None:
    extra = {key: 1} if section is None else {section: {key: 1}}
    with pytest.raises(SpecError) as caught:
        parse_spec({**RAW, **extra}, where="tiny.yaml")
    field = key if section is None else f"{section}.{key}"
    assert str(caught.value) == f"tiny.yaml: {field}: unknown key; did you mean `{near}`?"


def test_an_unknown_key_deep_inside_is_named_with_its_whole_path() -> None:
    raw = {**RAW, "heads": {"intent": {"kind": "class", "wieght": 2}}, "trunk": {"featurizer": {"bucket": 9}}}
    with pytest.raises(SpecError) as caught:
        parse_spec(raw)
    assert "heads.intent.wieght: unknown key; did you mean `weight`?" in str(caught.value)
    assert "trunk.featurizer.bucket: unknown key; did you mean `buckets`?" in str(caught.value)


def test_an_unknown_key_like_no_other_is_refused_with_all_known_ones() -> None:
    with pytest.raises(SpecError, match=r"gate\.zzz: unknown key; known here: margin, floor, confidence, resamples"):
        parse_spec({**RAW, "gate": {"zzz": 1}})


def test_a_value_out_of_range_is_refused_with_field_and_finding() -> None:
    with pytest.raises(SpecError, match=r"train\.epochs: .* 1 \(found 0\)"):
        parse_spec({**RAW, "train": {"epochs": 0}})


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"data": [{}]}, "exactly one of `path`, `url` and `recipe`"),
        ({"data": [{"path": "a", "recipe": "b"}]}, "exactly one of `path`, `url` and `recipe`"),
        ({"data": [{"path": "a", "languages": ["en", "de"]}]}, "`languages` are those that a recipe speaks"),
        ({"heads": {"words": {"kind": "masked_word"}}}, "set `auxiliary: true`"),
        ({"heads": {"intent": {"kind": "class", "auxiliary": True}}}, "at least one must ship"),
        (
            {"heads": {"time": {"kind": "class", "weak_label": "has_time"}}},
            "weak_label` never ships: set `auxiliary: true`",
        ),
        ({"heads": {"source": {"kind": "class", "reads": "source"}}}, "reads` never ships: set `auxiliary: true`"),
        ({"heads": {"noise": {"kind": "class", "adversarial": True}}}, "adversarial head never ships"),
        ({"heads": {"topic": {"kind": "class", "stop_after": 2}}}, "stop_after` never ships"),
        ({"heads": {"then": {"kind": "class", "follows": "intent"}}}, "follows` never ships"),
        (
            {"heads": {"then": {"kind": "tag", "auxiliary": True, "follows": "slots"}}},
            "`follows` is of a turn's label, not of its words",
        ),
        (
            {"heads": {"then": {"kind": "class", "auxiliary": True, "follows": "intent", "reads": "lang"}}},
            "give `reads` or `follows`, not both",
        ),
        ({"heads": {"mood": {"kind": "score", "twin_of": "intent"}}}, "twin_of` never ships"),
        ({"heads": {"mood": {"kind": "class", "auxiliary": True, "twin_of": "intent"}}}, "set `kind: score`"),
        (
            {"heads": {"intent": {"kind": "class"}, "mood": {"kind": "score", "auxiliary": True, "twin_of": "mood"}}},
            r"heads\.mood\.twin_of names mood, which is no class head whose labels are in the rows; these are intent",
        ),
        (
            {"heads": {"word": {"kind": "next_word"}}, "sharing": {"kind": "cross_stitch"}},
            r"heads\.word: a next_word head ships from a trunk that is shared hard",
        ),
        (
            {"heads": {"time": {"kind": "tag", "weak_label": "is_question", "auxiliary": True}}},
            r"set `kind: class` .*; of words \(has_number, has_time, has_name\) also of a tag head",
        ),
        (
            {"heads": {"l": {"kind": "class", "reads": "lang", "labels": ["en"], "auxiliary": True}}},
            "leave out `labels`",
        ),
        ({"heads": {"l": {"kind": "class", "reads": "lang", "weak_label": "has_time", "auxiliary": True}}}, "not both"),
        (
            {"heads": {"time": {"kind": "class", "weak_label": "has_tmie", "auxiliary": True}}},
            "has_number, has_time",
        ),
        ({"heads": {"In Tent": {"kind": "class"}}}, "heads"),
        ({"name": "No Name"}, "name"),
    ],
)
def test_what_cannot_be_is_refused_and_says_why(raw: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse_spec({**RAW, **raw})


def test_set_overrides_any_field_with_a_value_in_yaml(file: Path) -> None:
    overrides = ["train.epochs=3", "trunk.featurizer.buckets=128", "heads.intent.labels=[red, green]", "name=other"]
    spec = load_spec(file, overrides=overrides)
    assert (spec.train.epochs, spec.trunk.featurizer.buckets, spec.name) == (3, 128, "other")
    assert spec.heads["intent"].labels == ("red", "green")


def test_set_reaches_into_a_list_by_number(file: Path) -> None:
    (source,) = load_spec(file, overrides=["data.0.lang=de"]).data
    assert source.lang == "de"
    home = Path(__file__).parents[3] / "specs" / "home.yaml"
    english, five = (load_spec(home, overrides=over) for over in ([], ["data.0.languages=[en, de, fr, es, nl]"]))
    assert five.data[0].languages == ("en", "de", "fr", "es", "nl")
    assert english.digest() != five.digest()
    assert "languages" not in english.model_dump()["data"][0]  # specs without them keep their digests


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.epoch=3", r"train\.epoch: unknown key; did you mean `epochs`"),
        ("train.epochs", "expected FIELD=VALUE"),
        ("=3", "expected FIELD=VALUE"),
        ("name.first=x", "name is no section"),
        ("data.1.lang=de", "data is a list, its items are 0 to 0; found 1"),
        ("data.0000000001.lang=de", "found 0000000001"),
        ("data.first.lang=de", "data is a list, its items are 0 to 0; found first"),
        ("train.epochs=many", r"train\.epochs: .*\(found text 'many'\)"),
    ],
)
def test_a_wrong_override_is_refused(file: Path, override: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        load_spec(file, overrides=[override])


def test_data_replaces_the_sources_and_keeps_language_and_renaming(file: Path) -> None:
    raw = {**RAW, "data": [{"recipe": "home-assistant", "lang": "de", "rename": {"act": "intent"}, "source": "ha"}]}
    file.write_text(yaml.safe_dump(raw), encoding="utf-8")
    first, second = load_spec(file, data=[Path("a.jsonl"), Path("b.jsonl")]).data
    assert (first.path, second.path) == (Path("a.jsonl"), Path("b.jsonl"))
    assert first.recipe is first.source is None
    assert first.lang == second.lang == "de"
    assert first.rename == second.rename == {"act": "intent"}


def test_a_spec_file_that_is_not_there_is_answered_with_the_nearest_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[3])
    with pytest.raises(SpecError, match=r"Did you mean specs/atis\.yaml\?"):
        load_spec(Path("specs/atiss.yaml"))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"- a\n- b\n", "expected a mapping"), (b"name: [", "not readable as YAML"), (b"\xff\xfe\x00", "not readable")],
)
def test_a_file_that_is_no_spec_is_refused(file: Path, content: bytes, message: str) -> None:
    file.write_bytes(content)
    with pytest.raises(SpecError, match=message):
        load_spec(file)


def _with(**sections: Any) -> Spec:
    return parse_spec({**RAW, **sections})


@pytest.mark.parametrize(
    "sections",
    [
        {"gate": {"margin": 0.5}},
        {"release": {"channel": "beta"}},
        {"export": {"opset": 21}},
        {"validate": {"min_rows": 5}},
        {"data": [{"path": "elsewhere.jsonl"}]},
        {"name": "other"},
    ],
    ids=lambda sections: next(iter(sections)),
)
def test_the_training_digest_stays_when_what_changes_does_not_train(sections: dict[str, Any]) -> None:
    assert _with(**sections).training_digest() == _with().training_digest()
    assert _with(**sections).digest() != _with().digest()


@pytest.mark.parametrize(
    "sections",
    [
        {"train": {"seed": 1}},
        {"trunk": {"featurizer": {"buckets": 128}}},
        {"heads": {"intent": {"kind": "class", "weight": 2}}},
    ],
    ids=lambda sections: next(iter(sections)),
)
def test_the_training_digest_moves_with_what_trains(sections: dict[str, Any]) -> None:
    assert _with(**sections).training_digest() != _with().training_digest()


def test_a_default_that_is_spelled_out_changes_no_digest() -> None:
    assert _with(train={"seed": 0}, gate={}).digest() == _with().digest()


def test_a_spec_survives_its_own_json() -> None:
    spec = _with(validate={"min_rows": 5}, heads={"intent": {"kind": "class", "labels": ["on"]}})
    assert parse_spec(spec.model_dump(mode="json", by_alias=True)) == spec


def test_heads_whose_labels_are_made_need_no_labels_in_the_data() -> None:
    made = {"kind": "class", "auxiliary": True}
    heads = {"intent": {"kind": "class"}, "time": {**made, "weak_label": "has_time"}, "lang": {**made, "reads": "lang"}}
    spec = parse_spec({**RAW, "heads": {**heads, "words": {"kind": "next_word", "auxiliary": True}}})
    assert spec.labelled_heads.keys() == spec.main_heads.keys() == {"intent"}


def test_relations_are_probed_when_asked_or_when_a_head_needs_it() -> None:
    topic = {"kind": "class", "auxiliary": True, "stop_after": 2}
    needy = {**RAW, "heads": {**RAW["heads"], "topic": topic}}
    assert [parse_spec(raw).probe_steps for raw in (RAW, needy)] == [0, 10]
    assert [parse_spec({**raw, "train": {"probe_steps": 3}}).probe_steps for raw in (RAW, needy)] == [3, 3]


def test_data_whose_name_is_not_utf8_is_told_in_a_sentence(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text("name: x\nheads: {intent: {kind: class}}\n")
    with pytest.raises(SpecError, match=r"^--data caf\\udce9\.jsonl: the file's name is not UTF-8; rename the file$"):
        load_spec(spec, data=[Path("caf\udce9.jsonl")])


def test_a_field_that_came_later_changes_no_digest_of_a_spec_that_does_not_use_it() -> None:
    """The digest of the spec as it was on 26 November 2026: whoever adds a field names it in its section's `ADDED`."""
    assert parse_spec(RAW).digest() == "2882080b8719f7bf7d43d2fe7adf79c9ea8892aabbe5d4ce75d1fc168359e0b2"
    used = parse_spec({**RAW, "trunk": {"featurizer": {"mends": 5}}})
    assert used.model_dump()["trunk"]["featurizer"]["mends"] == 5
    assert used.training_digest() != parse_spec(RAW).training_digest()
