from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from schemas.data.sources.records import DataRefused

if TYPE_CHECKING:
    from tests.schemas.conftest import Desk

ROWS: list[dict[str, Any]] = [
    {
        "id": "1",
        "text": 'say "hi", café\nplease',
        "split": "train",
        "lang": "fr",
        "source": "hand",
        "labels": {
            "intent": "3",
            "slots": [{"start": 10, "end": 14, "label": "place"}],
            "topics": ["b", "a"],
            "urgency": 0.1,
        },
    },
    {
        "id": None,
        "text": "off",
        "split": None,
        "lang": None,
        "source": None,
        "labels": {"intent": "off", "slots": [], "topics": None, "urgency": 3.0},
    },
    {
        "id": "3",
        "text": "on\n\n now",
        "split": "train",
        "lang": None,
        "source": None,
        "labels": {"intent": "on", "slots": None, "topics": [], "urgency": None},
    },
]


def csv_of(rows: list[dict[str, Any]]) -> str:
    """The rows with every cell quoted, as spreadsheets do."""

    def quoted(value: Any) -> str:
        cell = "" if value is None else value if isinstance(value, str) else json.dumps(value)
        return '"' + cell.replace('"', '""') + '"'

    plain, heads = ("id", "text", "split", "lang", "source"), ("intent", "slots", "topics", "urgency")
    lines = [",".join((*plain, *(f"labels.{head}" for head in heads)))]
    values = [(*map(row.get, plain), *map(row["labels"].get, heads)) for row in rows]
    lines += [",".join(map(quoted, cells)) for cells in values]
    return "\r\n".join(lines)


def test_json_lines_csv_parquet_and_arrow_of_the_same_rows_are_the_same_data_set(desk: Desk) -> None:
    json_lines = desk.file(*ROWS)
    csv, parquet, arrow = (desk.file(name=f"rows.{suffix}") for suffix in ("csv", "parquet", "arrow"))
    csv.write_text(csv_of(ROWS), encoding="utf-8")
    pl.DataFrame(ROWS).write_parquet(parquet)
    pl.DataFrame(ROWS).write_ipc(arrow)
    outcomes = [desk.run(desk.spec(path)) for path in (json_lines, csv, parquet, arrow)]
    assert [outcome.good for outcome in outcomes] == [3] * 4
    digests = {outcome.dataset.digest for outcome in outcomes if outcome.dataset}
    assert len(digests) == 1
    assert desk.good(outcomes[1])[0]["text"] == ROWS[0]["text"]


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_categories_are_texts_like_others(desk: Desk, suffix: str) -> None:
    flat = pl.DataFrame(
        {"text": ["turn it on", "turn it off"], "split": ["train"] * 2, "intent": ["on", "off"], "topics": [["a"], []]}
    )
    few = flat.with_columns(pl.col("split").cast(pl.Categorical), pl.col("intent").cast(pl.Enum(["on", "off"])))
    digests = []
    for frame in (flat, few):
        path = desk.file(name=f"rows.{suffix}")
        frame.write_parquet(path) if suffix == "parquet" else frame.write_ipc(path)
        outcome = desk.run(desk.spec(path))
        assert outcome.dataset is not None
        digests.append(outcome.dataset.digest)
    assert digests[0] == digests[1]


def test_a_row_of_columns_that_repeats_another_is_shown_as_json(desk: Desk) -> None:
    path = desk.file(name="rows.parquet")
    rows = [desk.row(), desk.row("off", id="2"), desk.row("other", id="2"), desk.row("last")]
    pl.DataFrame([{"note": number, **row} for number, row in enumerate(rows)]).write_parquet(path)
    outcome = desk.run(desk.spec(path))
    (bad,) = desk.bad(outcome)
    assert bad["line"] == 3
    assert bad["reasons"] == ["duplicate_id"]
    found = json.loads(bad["raw"])
    assert (found["note"], found["text"], found["id"]) == (2, "other", "2")


def test_a_byte_order_mark_blank_lines_and_windows_line_ends_are_no_faults(desk: Desk) -> None:
    path = desk.file(b"\xef\xbb\xbf" + json.dumps(desk.row()).encode() + b"\r", b"", b"  \t", b"oops", b"")
    outcome = desk.run(desk.spec(path))
    assert (outcome.read, outcome.good) == (2, 1)
    assert desk.bad(outcome)[0]["line"] == 4


def test_a_file_without_rows_is_refused(desk: Desk) -> None:
    for lines in ([], [b"", b" "]):
        outcome = desk.judge(*lines)
        assert outcome.dataset is None
        assert outcome.refused is not None and outcome.refused.endswith("rows.jsonl: no rows")
    header_only = desk.file(b"text", name="rows.csv")
    assert "no rows" in (desk.run(desk.spec(header_only)).refused or "")


def test_a_line_of_ten_megabytes_is_one_row_of_which_the_beginning_is_kept(desk: Desk) -> None:
    outcome = desk.judge(desk.row(), b'{"text": "' + b"x" * 10_000_000 + b'"}', desk.row("next"))
    (bad,) = desk.bad(outcome)
    assert (bad["line"], outcome.read, outcome.good) == (2, 3, 2)
    assert len(bad["raw"]) == 64 * 1024
    assert "10,000,013 bytes" in bad["messages"][0]
    assert "first 65,536 bytes" in bad["messages"][1]


def test_no_byte_of_a_line_that_is_not_utf8_is_lost(desk: Desk) -> None:
    raw = b'{"text": "caf\xe9 \\\\xe9 \xff\xfe"}'
    (bad,) = desk.bad(desk.judge(desk.row(), raw))
    assert bad["reasons"] == ["undecodable"]
    assert bad["raw"].encode("latin-1").decode("unicode_escape").encode("latin-1") == raw


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_read_with_and_without_its_mark(desk: Desk, encoding: str) -> None:
    rows = [desk.row(f"café {number} {'x' * 60}") for number in range(3_000)]
    texts = {
        "rows.jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows),
        "rows.json": json.dumps(rows, ensure_ascii=False, indent=1),
        "rows.csv": "text,split,intent\r\n" + "".join(f"{row['text']},train,on\r\n" for row in rows),
    }
    for name, text in texts.items():
        path = desk.file(name=name)
        path.write_bytes(text.encode(encoding))
        outcome = desk.run(desk.spec(path))
        assert outcome.good == 3_000, name
        assert {row["text"] for row in desk.good(outcome)} == {row["text"] for row in rows}


def test_a_file_that_only_begins_as_utf16_is_refused_with_its_cure(desk: Desk) -> None:
    path = desk.file()
    path.write_bytes('{"text": "a"}\n'.encode("utf-16") + b"\x00\xd8x")
    with pytest.raises(DataRefused, match="save it as UTF-8"):
        desk.run(desk.spec(path))


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet", "rows.arrow"])
def test_a_file_without_the_column_text_is_refused_and_says_what_it_has(desk: Desk, name: str) -> None:
    path = desk.file(b"id,utterance", b"1,on", name=name)
    frame = pl.DataFrame({"id": ["1"], "utterance": ["on"]})
    if name.endswith("parquet"):
        frame.write_parquet(path)
    if name.endswith("arrow"):
        frame.write_ipc(path)
    with pytest.raises(DataRefused, match=r"`text`.*utterance"):
        desk.run(desk.spec(path))


def test_a_broken_parquet_file_is_refused(desk: Desk) -> None:
    whole = desk.file(name="rows.parquet")
    pl.DataFrame({"text": [f"row {number}" for number in range(1000)]}).write_parquet(whole)
    for broken in (b"no parquet at all", whole.read_bytes()[:-50], b""):
        path = desk.file(name="broken.parquet")
        path.write_bytes(broken)
        with pytest.raises(DataRefused, match=r"broken\.parquet: cannot be read as parquet"):
            desk.run(desk.spec(path))


def test_parquet_columns_of_wrong_types_are_faults_of_each_row(desk: Desk) -> None:
    path = desk.file(name="rows.parquet")
    labels = [{"intent": "on", "urgency": 1.0}, {"intent": "on", "urgency": float("nan")}]
    pl.DataFrame({"text": ["on", "off"], "id": [1, None], "labels": labels}).write_parquet(path)
    outcome = desk.run(desk.spec(path))
    found = [(row["line"], row["reasons"]) for row in desk.bad(outcome)]
    assert found == [(1, ["wrong_type"]), (2, ["wrong_label_type"])]


def test_a_broken_csv_line_costs_one_row(desk: Desk) -> None:
    lines = [
        b"text,split,labels.intent,labels.slots,labels.urgency",
        b"one,train,on,,",
        b"two,train,on",
        b'"three,train,on,,',
        b'"four ""x""",train,on,,',
        b'fi"ve,train,on,,',
        b'"six" x,train,on,,',
        b"caf\xe9,train,on,,",
        b"seven,train,on,[oops,",
        b"eight,train,on,,high",
        b"",
        b"nine,train,on,[],2",
        b"x" * (1 << 21) + b",train,on,,",
        b'"ten,train,on,,',
    ]
    outcome = desk.run(desk.spec(desk.file(*lines, name="rows.csv")))
    assert [row["text"] for row in desk.good(outcome)] == ["one", 'four "x"', 'fi"ve', "nine"]
    assert [(row["line"], *row["reasons"]) for row in desk.bad(outcome)] == [
        (3, "unparsable"),
        (4, "unparsable"),
        (7, "unparsable"),
        (8, "undecodable"),
        (9, "wrong_label_type"),
        (10, "wrong_label_type"),
        (13, "line_too_large"),
        (14, "unparsable"),
    ]


def test_a_csv_column_named_twice_is_refused(desk: Desk) -> None:
    with pytest.raises(DataRefused, match="two columns are called `text`"):
        desk.run(desk.spec(desk.file(b"text,text", b"a,b", name="rows.csv")))


def test_columns_without_a_name_are_left_out_where_they_are_empty(desk: Desk) -> None:
    lines = b"text,intent,,", b"one,on,,", b"two,on,,later", b"three,on,x,y"
    outcome = desk.run(desk.spec(desk.file(*lines, name="rows.csv")))
    assert [row["text"] for row in desk.good(outcome)] == ["one"]
    assert [row["line"] for row in desk.bad(outcome)] == [3, 4]
    assert outcome.examples["unparsable"].endswith("the first line has no name for column 4, and this row a cell there")
    numbered = desk.run(desk.spec(desk.file(b",text,intent", b"0,one,on", name="rows.csv")))
    assert [row["text"] for row in desk.good(numbered)] == ["one"]


def test_missing_files_and_unknown_formats_are_refused_with_the_nearest_name(desk: Desk) -> None:
    path = desk.file(desk.row())
    for wrong, message in (
        (path.with_name("row.jsonl"), "no such file; did you mean .*rows.jsonl"),
        (Path("/nowhere/rows.jsonl"), "no such file$"),
    ):
        with pytest.raises(DataRefused, match=message):
            desk.run(desk.spec(wrong))
    with pytest.raises(DataRefused, match=r"unknown format '.xlsx'; known are .jsonl"):
        desk.run(desk.spec(desk.file(name="rows.xlsx")))


def test_recipes_give_rows_and_refuse_unknown_names_and_options(desk: Desk) -> None:
    def recipe(name: str, **options: Any) -> Any:
        heads = {"intent": {"kind": "class"}, "slots": {"kind": "tag"}}
        return desk.spec(data=[{"recipe": name, "options": options}], heads=heads)

    outcome = desk.run(recipe("home-assistant", rows=300))
    assert (outcome.read, outcome.quarantined, outcome.refused) == (300, 0, None)
    with pytest.raises(DataRefused, match="did you mean `home-assistant`"):
        desk.run(recipe("home-asistant"))
    with pytest.raises(DataRefused, match=r"rowz: .*its options are .*rows"):
        desk.run(recipe("home-assistant", rowz=3))
    with pytest.raises(DataRefused, match="recipe `home-assistant`"):
        desk.run(recipe("home-assistant", language="xx-none"))


def test_a_head_may_have_another_name_in_the_file(desk: Desk) -> None:
    path = desk.file(desk.row(labels={"category": "on", "intent": "shadowed"}))
    outcome = desk.run(desk.spec(data=[{"path": str(path), "rename": {"category": "intent"}}]))
    assert desk.good(outcome)[0]["labels"]["intent"] == "on"
    with pytest.raises(DataRefused, match=r"maps to `intents`.*did you mean `intent`"):
        desk.run(desk.spec(data=[{"path": str(path), "rename": {"category": "intents"}}]))


def test_labels_that_are_renamed_are_not_read_under_their_own_name_too(desk: Desk) -> None:
    flights = desk.file(desk.row("fly home", labels={"intent": "fly"}), name="flights.jsonl")
    home = desk.file(desk.row("turn it on", labels={"intent": "on"}), name="home.jsonl")
    data = [{"path": str(flights), "rename": {"intent": "flight"}}, {"path": str(home)}]
    spec = desk.spec(data=data, heads={"intent": {"kind": "class"}, "flight": {"kind": "class"}})
    first, second = (row["labels"] for row in desk.good(desk.run(spec)))
    assert first == {"flight": "fly", "intent": None}
    assert second == {"flight": None, "intent": "on"}


def test_language_and_source_default_to_those_of_the_spec(desk: Desk) -> None:
    path = desk.file(desk.row(), desk.row("b", lang="fr", source="report"))
    rows = desk.good(desk.run(desk.spec(data=[{"path": str(path), "lang": "de"}])))
    assert [(row["lang"], row["source"]) for row in rows] == [("de", "rows"), ("fr", "report")]
    rows = desk.good(desk.run(desk.spec(data=[{"path": str(path), "source": "hand"}])))
    assert rows[0]["source"] == "hand"
