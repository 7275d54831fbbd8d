from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.spec.bounded_yaml import MOST_BYTES, MOST_DEPTH, MOST_NODES, SpecError, parse_yaml
from schemas.spec.load import load_spec
from schemas.spec.product import Spec

GOOD = "name: tiny\ndata: [{path: rows.jsonl}]\nheads: {intent: {kind: class}}\n"
LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30))
MERGED = "a0: &a0 {x: 1}\n" + "".join(f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}]}}\n" for i in range(1, 30))

ODD = {
    "an alias inside of itself": ("a: &a [*a]", "1:8", r"\*a inside of what it stands for"),
    "a merge of itself": ("a: &a {<<: *a}", "1:12", r"\*a inside of what it stands for"),
    "aliases without end": (LAUGHS, "", f"more than {MOST_NODES:,} values"),
    "merges without end": (MERGED, "", f"more than {MOST_NODES:,} values"),
    "an unknown alias": ("name: *nobody", "1:7", "undefined alias 'nobody'"),
    "an anchor twice": ("a: &x 1\nb: &x 2", "2:4", "second occurrence"),
    "deep lists": ("a: " + "[" * 5_000, "1:", f"more than {MOST_DEPTH} levels"),
    "deep mappings": ("{a: " * 5_000, "1:", f"more than {MOST_DEPTH} levels"),
    "deep blocks": ("- " * 5_000, "1:", f"more than {MOST_DEPTH} levels"),
    "an unclosed list": ("data: [a, b", "1:12", "expected ',' or '\\]'.*begins in line 1"),
    "an unclosed quote": ('name: "a\nb', "2:2", "unexpected end of stream"),
    "a tab": ("a:\n\tb: 1", "2:1", "cannot start any token"),
    "a tag of Python": ("name: !!python/object/apply:os.getcwd []", "1:7", "could not determine a constructor"),
    "a tag of ours": ("name: !ours x", "1:7", "could not determine a constructor"),
    "a set": ("heads: !!set {a}", "1:8", "could not determine a constructor"),
    "bytes": ("name: !!binary AA", "1:7", "could not determine a constructor"),
    "a wrong whole number": ("a: !!int abc", "1:4", "found `abc`, expected a whole number"),
    "a wrong truth": ("a: !!bool perhaps", "1:4", "found `perhaps`, expected yes or no"),
    "a wrong number": ("a: !!float abc", "1:4", "found `abc`, expected a number"),
    "a list as a mapping": ("a: !!map [1]", "1:4", "expected a mapping"),
    "a number of 5,000 digits": ("train: {seed: " + "9" * 5_000 + "}", "1:15", "at most 64 bits"),
    "a number beyond 64 bits": (f"train: {{seed: {2**63}}}", "1:15", "at most 64 bits"),
    "a number in parts": ("seed: " + ":".join(["1"] * 5_000), "1:7", "at most 64 bits"),
    "a number with a point in parts": ("seed: 1" + ":00" * 5_000 + ".5", "1:7", "expected a number"),
    "a lone surrogate": ('name: "\\ud800"', "1:10", "invalid Unicode character"),
    "no character": ('name: "\\UFFFFFFFF"', "1:", "not readable"),
    "an escape": ('name: "a\\eb"', "1:7", r"U\+001B"),
    "a NUL": ('data: [{path: "a\\0b"}]', "1:15", r"U\+0000"),
    "a bare NUL": ("name: a\x00b", "1:8", r"U\+0000"),
    "a key twice": ("train: {seed: 1}\nname: a\ntrain: {epochs: 2}", "3:1", "`train` twice, first in line 1"),
    "a number as a key": ("heads: {1: {kind: class}}", "1:9", "`1` as a key, which YAML takes for a whole number"),
    "a truth as a key": ("heads:\n  on: {kind: class}", "2:3", "`on` as a key, which YAML takes for yes or no"),
    "a list as a key": ("? [a, b]\n: c", "1:3", "a list or mapping as a key"),
    "two documents": ("a: 1\n---\nb: 2", "2:1", "another document"),
    "a directive": ("%YAML 9.9\n---\na: 1", "1:1", "incompatible"),
    "a long directive": ("%YAML 1." + "9" * 5_000 + "\n---\na: 1", "1:", "not readable"),
    "nothing": ("", "", "found nothing"),
    "a text": ("just words", "1:1", "found a str"),
}


def refusal(path: Path) -> str:
    """Return what the spec is refused with, within a second or two."""
    begun = time.monotonic()
    with pytest.raises(SpecError) as caught:
        load_spec(path)
    assert time.monotonic() - begun < 5
    assert len(str(caught.value)) < 1_000
    return str(caught.value)


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_text_is_refused_with_line_and_column(tmp_path: Path, kind: str) -> None:
    text, where, what = ODD[kind]
    path = tmp_path / "odd.yaml"
    path.write_text(text, encoding="utf-8")
    said = refusal(path)
    assert said.startswith(f"{path}:{where}" if where else str(path)), said
    assert re.search(what, said), said


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        (GOOD.encode("utf-16"), "1:1", "found UTF-16, expected UTF-8"),
        (GOOD.encode() + b"# caf\xe9", "4:6", "found byte 0xe9, expected UTF-8"),
        (b"# " + b"x" * MOST_BYTES, "", f"more than {MOST_BYTES:,} bytes"),
    ],
)
def test_a_file_that_is_no_text_of_ours_is_refused(tmp_path: Path, content: bytes, where: str, what: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_bytes(content)
    said = refusal(path)
    assert said.startswith(f"{path}:{where}" if where else str(path)) and what in said


def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "found a named pipe, expected a file" in refusal(tmp_path / "pipe.yaml")
    assert "found a folder, expected a file" in refusal(tmp_path)
    assert "found a device, expected a file" in refusal(Path("/dev/zero"))
    assert "too long" in refusal(tmp_path / ("x" * 300))
    assert "null byte" in refusal(tmp_path / "a\0b")
    (tmp_path / "loop").symlink_to("loop")
    assert "symbolic links" in refusal(tmp_path / "loop")
    (tmp_path / "file").touch()
    assert "ot a directory" in refusal(tmp_path / "file" / "spec.yaml")


def test_a_mark_for_utf_8_is_no_part_of_the_spec(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_spec(tmp_path / "a.yaml").name == "tiny"


def test_the_largest_file_is_read_in_seconds(tmp_path: Path) -> None:
    labels = ", ".join(f"label_{number}" for number in range(MOST_NODES))[: MOST_BYTES - 200].rpartition(",")[0]
    path = tmp_path / "large.yaml"
    path.write_text(GOOD.replace("kind: class", f"kind: class, labels: [{labels}]"), encoding="utf-8")
    begun = time.monotonic()
    try:
        assert len(load_spec(path).heads["intent"].labels or ()) > 1_000
    except SpecError as error:  # beyond a bound on labels
        assert "heads.intent.labels" in str(error)
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize("data", ["[abc]", "[~]", "~", "[]", "abc", "{}", "[[]]", "3"])
def test_data_from_the_command_replaces_whatever_the_spec_has(tmp_path: Path, data: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"name: tiny\ndata: {data}\nheads: {{intent: {{kind: class}}}}\n", encoding="utf-8")
    assert load_spec(path, data=[Path("b.jsonl")]).data[0].path == Path("b.jsonl")
    assert refusal(path).startswith(f"{path}:2:")


def test_a_wrong_value_is_told_with_the_place_of_its_field(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        GOOD + "train:\n  epochs: ten\n  <<: {seeds: 3}\nsharing: {kind: sluice, own: 2}\n", encoding="utf-8"
    )
    places = {line.removeprefix(f"{path}:").split(": ")[1]: line for line in refusal(path).splitlines()}
    assert {field: line.removeprefix(f"{path}:").split(": ")[0] for field, line in places.items()} == {
        "train.epochs": "5:3",
        "train.seeds": "6:8",
        "sharing.own": "7:25",
    }


def test_a_rule_of_the_whole_spec_is_told_with_the_place_of_its_field(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(GOOD + "sharing:\n  kind: sluice\n  subspaces: 7\n", encoding="utf-8")
    assert refusal(path).startswith(f"{path}:6:3: sharing.subspaces is 7, which does not divide trunk.width 256")


def test_an_override_is_bounded_and_told_as_what_was_wrong(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(GOOD, encoding="utf-8")
    for override, said in {
        "train.seed=" + "9" * 5_000: "--set train.seed:1:1: not readable as YAML",
        "train.seed=[[": "--set train.seed:1:3: not readable as YAML",
        "train=&a [*a]": "--set train:1:5: not readable as YAML",
        "train.epochs=ten": "--set train.epochs: train.epochs: expected a whole number",
        "train={epochs: ten}": "--set train: train.epochs: expected a whole number",
        ".".join("a" * 9_000) + "=1": "sections inside each other",
    }.items():
        with pytest.raises(SpecError) as caught:
            load_spec(path, overrides=[override])
        assert said in str(caught.value) and len(str(caught.value)) < 500


def test_an_override_changes_its_own_section_and_not_what_shares_an_anchor_with_it(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "name: tiny\ndata: [{path: rows.jsonl}]\nheads: {first: &head {kind: class, weight: 2}, second: *head}\n",
        encoding="utf-8",
    )
    spec = load_spec(path, overrides=["heads.first.weight=3"])
    assert [head.weight for head in spec.heads.values()] == [3, 2]


def test_a_date_is_text_and_a_merged_mapping_gives_way() -> None:
    text = "base: &base {a: 1, b: 2}\nown: {<<: *base, b: 3}\nlabels: [2026-11-24, =]"
    document = parse_yaml(text, "text")
    assert document.value["own"] == {"a": 1, "b": 3}
    assert document.value["labels"] == ["2026-11-24", "="]
    assert (document.place(["own", "b"]), document.place(["labels", "1", "x"])) == ("text:2:18", "text:3:22")


@given(st.text(st.sampled_from("ab01:-[]{},&*!|>'\"%@`#?\n\t \\\x00\ud800~<.=/")))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_yaml(text, "text")
    except SpecError as error:
        assert str(error).startswith("text:")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_spec_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(GOOD.encode() + content)
    try:
        assert isinstance(load_spec(path), Spec)
    except SpecError as error:
        assert str(error).startswith(str(path))


def test_in_data_a_number_is_a_number_without_a_leading_zero() -> None:
    for text in ("6:30", "12:30:45", "1_000", "010", "007", "0b11", "2026-11-24", "6:30.5", "00", "1.2.3"):
        assert parse_yaml(f"[{text}]", "text", is_data=True).value == [text]
    plain = parse_yaml("[0, -7, 30, 0x1F, 1.5, -0.5, .5, 1., 1e3, 2.5E-1, .inf]", "text", is_data=True).value
    assert plain == [0, -7, 30, 31, 1.5, -0.5, 0.5, 1.0, 1000.0, 0.25, float("inf")]
    assert [type(value) for value in plain] == [int] * 4 + [float] * 7


def test_in_data_truth_is_true_and_false_alone_and_in_a_spec_also_yes_and_no() -> None:
    text = "[yes, No, on, OFF, true, False, 1]"
    assert parse_yaml(text, "text").value == [True, False, True, False, True, False, 1]
    assert parse_yaml(text, "text", is_data=True).value == ["yes", "No", "on", "OFF", True, False, 1]
    assert parse_yaml("on: off", "text", is_data=True).value == {"on": "off"}
