from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from schemas.spec.bounded_yaml import SpecError
from schemas.spec.fields import json_schema, nearest, spec_fields
from schemas.spec.load import load_spec, parse_spec

SPECS = Path(__file__).parents[3] / "specs"
TINY = Path(__file__).parents[2] / "tasks" / "tiny.yaml"
GOOD = {"name": "x", "data": [{"path": "a.csv"}], "heads": {"intent": {"kind": "class"}}}


def refusal(**sections: object) -> str:
    with pytest.raises(SpecError) as caught:
        parse_spec({**GOOD, **sections})
    return str(caught.value)


def test_every_field_says_what_it_means() -> None:
    assert len(spec_fields()) > 100
    assert [each.path for each in spec_fields() if not each.about] == []


def test_the_fields_are_those_that_a_spec_takes_with_the_defaults_that_it_has() -> None:
    by_path = {each.path: each for each in spec_fields()}
    assert by_path["train.epochs"].default == "20" and by_path["train.epochs"].takes == "whole number >= 1 <= 10,000"
    assert by_path["heads.NAME.kind"].default == "must be given"
    assert by_path["data[].path"].takes == "path"
    assert {"trunk.featurizer.buckets", "validate.min_rows", "compare.variants.NAME.heads"} <= by_path.keys()


def test_the_page_on_sharing_has_a_spec_that_is_taken_and_writes_sections_as_sections() -> None:
    page = (SPECS.parent / "docs" / "sharing.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    spec = parse_spec({**GOOD, "heads": {name: {"kind": "class"} for name in "abc"}, **yaml.safe_load(example)})
    assert spec.sharing.kind == "hard" and spec.sharing.prior is not None
    assert re.findall(r"`(?:prior|balance): \w.*?`", page) == []


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_specs_name_the_schema_that_editors_check_them_by(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=spec.schema.json\n")
    assert set(yaml.safe_load(path.read_bytes())) <= json_schema()["properties"].keys()


def test_the_schema_beside_the_specs_is_the_one_of_today() -> None:
    stored = json.loads((SPECS / "spec.schema.json").read_bytes())
    assert stored == json_schema(), "`trunkline spec --schema > specs/spec.schema.json` writes it anew"


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"data": "x.csv"}, "spec: data: expected a list of sources (found text 'x.csv')"),
        ({"data": ["x.csv"]}, "spec: data.0: expected a section of fields and values (found text 'x.csv')"),
        ({"train": {"epochs": "three"}}, "spec: train.epochs: expected a whole number (found text 'three')"),
        ({"train": None}, "spec: train: expected a section of fields and values (found nothing)"),
        ({"heads": {"intent": {}}}, "spec: heads.intent.kind: is missing"),
        (
            {"heads": {"intent": {"kind": "clas"}}},
            "spec: heads.intent.kind: expected class, multilabel, tag, score, next_word or masked_word "
            "(found text 'clas'); did you mean `class`?",
        ),
    ],
)
def test_errors_are_in_words_of_the_spec(sections: dict[str, object], said: str) -> None:
    assert refusal(**sections) == said


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("epochs=3", "did you mean `train.epochs`?"),
        ("epocs=3", "did you mean `train.epochs`?"),
        ("train.margin=0.1", "did you mean `gate.margin`?"),
        ("train.epoch=3", "did you mean `epochs`?"),
        ("heads.intnet.weight=2", "no head `intnet`; did you mean `heads.intent`?"),
    ],
)
def test_a_hint_looks_at_the_whole_tree(override: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_spec(TINY, overrides=[override])
    assert str(caught.value).endswith(said)


def test_a_new_head_is_no_misspelt_one() -> None:
    assert "mood" in load_spec(TINY, overrides=["heads.mood.kind=class"]).heads
    assert nearest("nothing_like_it") is None
