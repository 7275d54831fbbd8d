from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import fields, replace
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.attack.manifests import canonical, end_of, mutants
from deploy.edge.tests.tiny_bundle import INTENT, Recipe, edit_manifest
from trunkline_edge.bundle.manifest import MAX_FILE_BYTES, MAX_MANIFEST_BYTES, SCHEMA, Cost, Manifest, Provenance
from trunkline_edge.errors import BundleInvalid

MANY = int(os.environ.get("TRUNKLINE_MUTANTS", "100000"))
OLD = Path(__file__).parents[1] / "bundle_of_schema_1"
JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def raw(bundle: Path) -> bytes:
    return (bundle / "manifest.json").read_bytes()


@pytest.fixture(scope="module")
def manifest(raw: bytes) -> Manifest:
    return Manifest.from_bytes(raw)


def test_the_canonical_bytes_read_back_as_the_same_manifest(raw: bytes, manifest: Manifest) -> None:
    assert manifest.to_bytes() == raw
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest
    assert raw == json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize("name", [field.name for field in fields(Manifest) if field.name != "provenance"])
def test_the_id_depends_on_all_that_a_device_computes_with(manifest: Manifest, name: str) -> None:
    others: dict[str, Any] = {
        "featurizer": replace(manifest.featurizer, max_words=13),
        "files": manifest.files[:-1],
        "graphs": manifest.graphs[::-1],
        "heads": manifest.heads[:-1],
        "requires": replace(manifest.requires, free_bytes=1),
        "schema": 3,
    }
    assert replace(manifest, **{name: others.get(name, "other")}).bundle_id != manifest.bundle_id


@pytest.mark.parametrize("name", ["files", "graphs", "heads"])
def test_the_id_depends_on_every_field_of_the_entries(manifest: Manifest, name: str) -> None:
    entries = getattr(manifest, name)
    for field in fields(entries[0]):
        changed: dict[str, Any] = {name: (replace(entries[0], **{field.name: "other"}), *entries[1:])}
        assert replace(manifest, **changed).bundle_id != manifest.bundle_id


@settings(max_examples=200)
@given(data=st.data())
def test_an_altered_byte_is_refused_or_changes_the_id(raw: bytes, manifest: Manifest, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(raw) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != raw[position]))
    altered = raw[:position] + bytes([byte]) + raw[position + 1 :]
    try:
        found = Manifest.from_bytes(altered)
    except BundleInvalid:
        return
    is_of_the_device = replace(found, provenance=manifest.provenance) != manifest
    assert (found.bundle_id != manifest.bundle_id) == is_of_the_device


@settings(max_examples=200)
@given(data=st.data())
def test_any_other_value_anywhere_is_refused_or_read_back_as_it_stands(raw: bytes, data: st.DataObject) -> None:
    value = json.loads(raw)
    node = value
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        if not (isinstance(node[key], dict | list) and node[key] and data.draw(st.booleans())):
            break
        node = node[key]
    node[key] = data.draw(JSON_VALUES)
    altered = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    try:
        found = Manifest.from_bytes(altered)
    except BundleInvalid:
        return
    assert found.to_bytes() == altered


@settings(max_examples=100)
@given(st.binary(max_size=60) | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_what_is_no_manifest_is_refused(raw: bytes) -> None:
    with pytest.raises(BundleInvalid, match="manifest"):
        Manifest.from_bytes(raw)


def test_deeply_nested_json_is_refused() -> None:
    with pytest.raises(BundleInvalid, match="not JSON"):
        Manifest.from_bytes(b"[" * 100_000)


def test_a_newer_schema_is_refused_with_the_cure(bundle: Path) -> None:
    with pytest.raises(BundleInvalid, match=f"schema {SCHEMA + 1}.*update trunkline-edge first"):
        Manifest.from_bytes(edit_manifest(bundle, {"schema": SCHEMA + 1, "a_field_of_the_future": 1}))


def test_other_spelling_of_the_same_values_is_refused(raw: bytes) -> None:
    for same in (
        json.dumps(json.loads(raw)).encode(),
        raw + b"\n",
        raw.replace(b'"threshold":0.0', b'"threshold":0e0'),
    ):
        assert json.loads(same) == json.loads(raw)
        with pytest.raises(BundleInvalid, match="canonical"):
            Manifest.from_bytes(same)


def test_an_oversized_manifest_is_refused_unread() -> None:
    with pytest.raises(BundleInvalid, match=f"at most {MAX_MANIFEST_BYTES}"):
        Manifest.from_bytes(b" " * (MAX_MANIFEST_BYTES + 1))


def files_with(**changes: Any) -> Callable[[dict[str, Any]], None]:
    def edit(value: dict[str, Any]) -> None:
        old = value["files"][0]["name"]
        value["files"][0] |= changes
        for graph in value["graphs"]:
            graph["file"] = value["files"][0]["name"] if graph["file"] == old else graph["file"]

    return edit


def graph_with(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda value: value["graphs"][1].update(changes)


def head_with(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda value: value["heads"][0].update(changes)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (files_with(name="../trunk.onnx"), "expected a plain name"),
        (files_with(name="a/b"), "expected a plain name"),
        (files_with(name="a\\b"), "expected a plain name"),
        (files_with(name=".."), "expected a plain name"),
        (files_with(name=""), "expected a plain name"),
        (files_with(sha256="A" * 64), "expected a sha256"),
        (files_with(sha256="a" * 63), "expected a sha256"),
        (files_with(length=MAX_FILE_BYTES + 1), f"expected 1 to {MAX_FILE_BYTES:,}"),
        (files_with(length=0), "expected 1 to"),
        (files_with(length="9"), "expected a whole number"),
        (files_with(role="toy"), "files.0..role: found 'toy', expected one of"),
        (files_with(name=7), "expected text"),
        (graph_with(inputs=["hidden", "elsewhere"]), r"reads \['elsewhere'\], which no graph before it writes"),
        (graph_with(file="absent.onnx"), "is in 'absent.onnx', which is none of the graph files"),
        (lambda value: value["graphs"].reverse(), "which no graph before it writes"),
        (lambda value: value["graphs"].pop(), "reads logits 'urgency.logits', which no graph writes"),
        (head_with(logits="nothing"), "reads logits 'nothing', which no graph writes"),
        (head_with(kind="poem"), "kind: found 'poem', expected one of 'class'"),
        (head_with(temperature=0.0), "expected 0.01 to 100"),
        (head_with(temperature=float("nan")), "expected a finite number"),
        (lambda value: value["files"].pop(), "expected exactly one golden file, found 0"),
        (
            lambda value: value["files"].append(value["files"][-2] | {"name": "v"}),
            "one vocabulary file, found 2",
        ),
        (lambda value: value["files"].append(value["files"][-2]), "expected each name once"),
        (lambda value: value["requires"].update(ort_min="soon"), "requires.ort_min: found 'soon', expected a release"),
        (lambda value: value.pop("product"), "product"),
        (lambda value: value.update(colour="red"), "colour"),
    ],
)
def test_parts_that_do_not_fit_are_refused_by_name(
    raw: bytes, edit: Callable[[dict[str, Any]], None], message: str
) -> None:
    value = json.loads(raw)
    edit(value)
    with pytest.raises(BundleInvalid, match=message):
        Manifest.from_bytes(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def test_files_are_found_by_name_and_role(manifest: Manifest) -> None:
    assert manifest.file("intent.onnx").role == "head"
    assert [each.name for each in manifest.files_of("trunk")] == ["trunk.onnx"]
    assert manifest.size_bytes == sum(each.length for each in manifest.files)
    with pytest.raises(BundleInvalid, match=r"no file 'x'.*trunk\.onnx"):
        manifest.file("x")


def test_a_bundle_of_one_head_is_a_bundle(tmp_path: Path) -> None:
    manifest = Recipe(heads=(INTENT,)).write(tmp_path)
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest


def test_a_cost_comes_along_where_it_was_measured(raw: bytes, manifest: Manifest) -> None:
    assert b'"cost"' not in raw
    assert manifest.provenance.cost is None
    cost = Cost(graphs=3, bytes=10, p50_us=300, hard_p50_us=200)
    costed = replace(manifest, provenance=replace(manifest.provenance, cost=cost))
    read = Manifest.from_bytes(costed.to_bytes())
    assert read == costed
    assert read.bundle_id == manifest.bundle_id


@pytest.mark.parametrize("field", [field.name for field in fields(Cost)])
def test_a_cost_that_is_no_positive_whole_number_is_refused(manifest: Manifest, field: str) -> None:
    cost = replace(Cost(1, 2, 3, 4), **{field: 0})
    costed = replace(manifest, provenance=replace(manifest.provenance, cost=cost))
    with pytest.raises(BundleInvalid, match=rf"cost\.{field}: found 0, expected 1 to"):
        Manifest.from_bytes(costed.to_bytes())


# values that mean nothing, or harm


def provenance_with(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda value: value["provenance"].update(changes)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        *((head_with(threshold=odd), "threshold") for odd in ("0.5", None, math.inf, math.nan, 2.0, -1.0, 1, True)),
        *((head_with(temperature=odd), "temperature") for odd in (1e308, -1.0, -math.inf, 1, [1.0])),
        *((head_with(labels=odd), r"heads\[0\].*labels") for odd in ("on", None, ["on", "on"], ["on", ""], ["on", 7])),
        *((head_with(labels=["on", odd]), r"labels\[1\]") for odd in ("\x1b[2J", "a\nb", "\u2028", "x" * 257, None)),
        *((head_with(name=odd), r"heads\[0\]\.name") for odd in ("../x", "", "a/b", 7, "x" * 129, "é")),
        *((lambda value, odd=odd: value.update(product=odd), "product") for odd in ("../x", ".", "a b", 7, None, [])),
        *((lambda value, odd=odd: value.update(lang=odd), "lang") for odd in (-1, "", "e", "en-" * 12 + "x")),
        *((lambda value, odd=odd: value.update(schema=odd), "schema") for odd in (-1, 0, "2", 2.0, True, None)),
        *((lambda value, odd=odd: value.update(trunk_id=odd), "trunk_id") for odd in (None, "x", "F" * 64)),
        *((lambda value, odd=odd: value.update(splits_commands=odd), "splits_commands") for odd in (1, "yes", None)),
        *((provenance_with(version=odd), "version") for odd in (-1, 2**31, "1", 1.0, True)),
        *((provenance_with(created=odd), "created") for odd in ("", "now", 0, "2026-11-05", "x" * 99)),
        *((provenance_with(quality=odd), "quality") for odd in (None, [], {"a": 1}, {"a": {"b": 0.5}}, {"../x": {}})),
        *((provenance_with(numerics=odd), "numerics") for odd in (None, {}, {"threads": 2}, {"threads": ""})),
        *((lambda value, odd=odd: value["requires"].update(opset=odd), "opset") for odd in (0, -1, "20", 10**400, 1e3)),
        (lambda value: value["requires"].update(extra_domains=["a", "a"]), "each of them once"),
        (lambda value: value["requires"].update(free_bytes=2**70), "free_bytes"),
        (lambda value: value["featurizer"].update(buckets=0), r"featurizer\.buckets: found 0, expected 1 to 1,000,000"),
        (lambda value: value["featurizer"].update(ngram_min=4), "ngram_min is more than"),
        (lambda value: value["featurizer"].update(text_version=9), "update trunkline-edge"),
        (
            lambda value: value.update(files=[value["files"][0] | {"name": f"f{i}"} for i in range(300)]),
            "1 to 256 of them",
        ),
        (lambda value: [each.update(length=MAX_FILE_BYTES) for each in value["files"]], "500,000,000 are installed"),
        (graph_with(name="trunk"), "each name once"),
        (graph_with(outputs=["hidden"]), r"writes \['hidden'\], which are there before it"),
        (head_with(kind="score"), "kind score has 3 labels"),
        (head_with(labels=[]), "kind class has 0 labels"),
        (
            lambda value: value["files"].append(value["files"][1] | {"name": "more.onnx"}),
            r"no graph is in \['more.onnx'\]",
        ),
    ],
)
def test_a_value_out_of_its_bounds_is_refused_by_name(
    raw: bytes, edit: Callable[[dict[str, Any]], None], message: str
) -> None:
    value = json.loads(raw)
    edit(value)
    with pytest.raises(BundleInvalid, match=message):
        Manifest.from_bytes(canonical(value))


@pytest.mark.parametrize("many", [2_000, pytest.param(MANY, marks=pytest.mark.long)])
def test_every_mutant_is_refused_in_a_sentence_or_is_what_it_says(raw: bytes, many: int) -> None:
    kinds = mutants(raw, Random(many))
    for _, (kind, make) in zip(range(many), cycle(kinds.items()), strict=False):
        mutant = make()
        assert end_of(mutant) in ("refused", "accepted"), (kind, mutant[:2_000])


# identity


def test_provenance_does_not_change_the_id(manifest: Manifest) -> None:
    later = Provenance(
        created="2027-01-01T00:00:00Z",
        run_id="r2",
        data_digest="0" * 64,
        spec_digest="1" * 64,
        quality={"intent": {"accuracy": 1}},
        cost=Cost(1, 2, 3, 4),
        version=9,
        git_commit="c0ffee-dirty",
        numerics={"threads": "2"},
    )
    again = replace(manifest, provenance=later)
    assert again.bundle_id == manifest.bundle_id
    assert again.to_bytes() != manifest.to_bytes()
    assert Manifest.from_bytes(again.to_bytes()) == again


def test_a_manifest_of_schema_1_keeps_the_id_that_it_had() -> None:
    """The folder was written by the code of that schema; what was hashed then was the whole manifest."""
    raw = (OLD / "manifest.json").read_bytes()
    manifest = Manifest.from_bytes(raw)
    assert manifest.bundle_id == "a258a3c1463d2cdb119daf7fec6f1858a087fcfd42e82d47e5151dbcc37e8216"
    assert manifest.to_bytes() == raw
    assert (manifest.schema, manifest.provenance.version, manifest.splits_commands) == (1, 1, True)
    assert manifest.provenance.cost == Cost(3, 4000, 300, 200)


@pytest.mark.parametrize("field", ["provenance", "git_commit", "numerics"])
def test_a_manifest_of_schema_1_has_no_fields_of_schema_2(field: str) -> None:
    value = json.loads((OLD / "manifest.json").read_bytes())
    with pytest.raises(BundleInvalid):
        Manifest.from_bytes(canonical(value | {field: "x"}))
