"""Whatever stands in a file: rows and quarantine, or a sentence. `bench/attack/files.py` tries thousands more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import schemas.data.sources.registry
from bench.attack.files import KINDS, Tally, try_file
from schemas.data.infer_spec import infer_spec
from schemas.data.sources import columns
from schemas.data.sources.records import DataRefused
from schemas.data.sources.registry import read_chunks
from schemas.data.sources.unpacked import unpack_tables
from schemas.spec.product import DataSpec

if TYPE_CHECKING:
    from tests.schemas.conftest import Desk

IN_THIS_PROCESS = [kind for kind in KINDS if not kind.startswith(("Parquet", "Arrow"))]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(IN_THIS_PROCESS), seed=st.integers(0, 2**32))
def test_an_odd_text_file_ends_in_rows_and_quarantine_or_in_a_sentence(tmp_path: Path, kind: str, seed: int) -> None:
    tally = Tally()
    try_file(tmp_path, kind, str(seed), tally)
    assert (tally.tried, tally.tracebacks, tally.silent) == (1, [], [])
    assert tally.refused + tally.accepted == 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in IN_THIS_PROCESS])
def test_an_odd_table_ends_in_rows_and_quarantine_or_in_a_sentence(tmp_path: Path, kind: str) -> None:
    tally = Tally()
    for seed in range(4):  # each takes a process
        try_file(tmp_path, kind, str(seed), tally)
    assert (tally.tried, tally.tracebacks, tally.silent) == (4, [], [])


def test_a_small_parquet_file_that_unpacks_to_gigabytes_is_refused_in_little_memory(desk: Desk) -> None:
    path = desk.file(name="bomb.parquet")
    pq.write_table(pa.table({"text": pa.array(["x" * 1_000_000] * 3_000)}), path, compression="zstd")
    assert path.stat().st_size < 2_000
    program = (
        "import resource, sys\nfrom pathlib import Path\nfrom schemas.data.sources.records import DataRefused\n"
        "from schemas.data.sources.registry import read\nfrom schemas.spec.product import DataSpec\n"
        "try:\n    for record in read(DataSpec(path=Path(sys.argv[1])), {}): pass\n"
        "except DataRefused as error: print(error)\n"
        # Not ru_maxrss of our own, which counts the pages of pytest from before exec.
        "own = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "print(int(own.split()[1]) // 1024, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    sentence, *peaks = done.stdout.splitlines()
    assert "bomb.parquet: unpacks to more than 100 times its size" in sentence
    assert all(int(peak) < 900 for peak in peaks)


def test_a_parquet_cell_larger_than_the_memory_is_refused(desk: Desk) -> None:
    path = desk.file(name="cell.parquet")
    pq.write_table(pa.table({"text": ["x" * (columns.MEMORY_MIB << 20)]}), path, compression="zstd")
    with pytest.raises(DataRefused, match=r"takes more than 512 MiB to unpack; write it with smaller row groups"):
        desk.run(desk.spec(path))


def test_a_parquet_row_larger_than_a_line_costs_itself_alone(desk: Desk) -> None:
    path = desk.file(name="rows.parquet")
    texts = [*(f"say {number}" for number in range(300)), "x" * 2_000_000, "and this"]
    pq.write_table(pa.table({"text": texts, "split": ["train"] * 302, "labels": [{"intent": "say"}] * 302}), path)
    outcome = desk.run(desk.spec(path))
    assert (outcome.good, outcome.reasons) == (301, {"line_too_large": 1})
    assert desk.bad(outcome)[0]["line"] == 301


def test_large_parquet_rows_cost_themselves_alone(desk: Desk) -> None:
    path = desk.file(name="rows.parquet")
    rng = Random(0)
    texts = [rng.randbytes(8_000).hex() + "x" * 200_000 for _ in range(480)]
    good = {"text": ["on", "off"], "split": ["train"] * 2, "labels": [{"intent": "say"}] * 2}
    large = {"text": texts, "split": ["train"] * 480, "labels": [{"intent": "say"}] * 480}
    tables = [pa.table(rows) for rows in (good, large, good | {"text": ["up", "down"]})]
    with pq.ParquetWriter(path, tables[0].schema, compression="zstd", use_dictionary=False) as file:
        for table in tables:
            file.write_table(table)
    outcome = desk.run(desk.spec(path))
    assert (outcome.read, outcome.good, outcome.reasons) == (484, 4, {"text_too_long": 480, "row_too_large": 480})
    assert [row["line"] for row in desk.bad(outcome)] == list(range(3, 483))


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
def test_a_table_with_too_many_columns_is_refused(desk: Desk, suffix: str) -> None:
    path = desk.file(b"text," + b",".join(b"c%d" % number for number in range(100_000)), name=f"wide.{suffix}")
    wide = pl.DataFrame({"text": ["on"], **{f"c{number}": [1] for number in range(1_000)}})
    if suffix == "parquet":
        wide.write_parquet(path)
    if suffix == "arrow":
        wide.write_ipc(path)
    with pytest.raises(DataRefused, match="columns, allowed are 1,000"):
        desk.run(desk.spec(path))


def test_values_that_json_has_not_stay_what_they_are_and_fit_no_head(desk: Desk) -> None:
    path = desk.file(name="rows.parquet")
    odd: list[Any] = [pa.array([b"on"]), pa.array([18_000], pa.date32()), pa.array([float("nan")])]
    for name, shown in zip(("id", "lang", "source"), ("bytes", "date", "float"), strict=True):
        pq.write_table(pa.table({"text": ["on"], "labels": [{"intent": "on"}], name: odd.pop(0)}), path)
        (bad,) = desk.bad(desk.run(desk.spec(path)))
        assert bad["reasons"] == ["wrong_type"]
        assert f"`{name}` must be text, found [{{'{shown}'" in bad["messages"][0]


def test_chunks_are_cut_by_bytes_where_rows_are_long(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas.data.sources.registry, "CHUNK_BYTES", 10_000)
    spec = desk.spec(desk.file(*[desk.row("x" * 4_000)] * 7))
    assert [len(chunk) for chunk in read_chunks(spec, spec.data[0])] == [3, 3, 1]


def test_csv_with_the_line_ends_of_old_macs_is_refused_with_its_cure(desk: Desk) -> None:
    path = desk.file(b"text,split\ron,train\roff,train\r", name="mac.csv")
    with pytest.raises(DataRefused, match="lines end in carriage returns, as on old Macs; save it with line feeds"):
        desk.run(desk.spec(path))


def test_a_csv_cell_that_is_too_long_costs_its_row_and_in_the_first_line_the_file(desk: Desk) -> None:
    long = b"x" * 140_000
    outcome = desk.run(desk.spec(desk.file(b"text,split,labels.intent", long + b",,", b"on,train,on", name="a.csv")))
    assert (outcome.good, outcome.reasons) == (1, {"unparsable": 1})
    with pytest.raises(DataRefused, match="the first line must name the columns: field larger than field limit"):
        desk.run(desk.spec(desk.file(b"text," + long, b"on,x", name="b.csv")))


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_with_a_byte_too_many_is_refused_with_its_cure(desk: Desk, codec: str) -> None:
    path = desk.file('{"text": "turn it on"}\n'.encode(codec))
    with pytest.raises(DataRefused, match=r"begins as UTF-16 but goes on otherwise .*; save it as UTF-8"):
        desk.run(desk.spec(path))


def test_a_file_whose_name_has_wildcards_is_that_file_and_no_other(desk: Desk) -> None:
    folder = desk.file(desk.row()).parent
    row = {"split": ["train"], "labels": [{"intent": "on"}]}
    for name in ("star.parquet", "st*r.parquet", "[s]tar.parquet", "%73tar.parquet", "s?#tar.parquet"):
        pl.DataFrame({"text": [name], **row}).write_parquet(folder / name)
        outcome = desk.run(desk.spec(folder / name))
        assert [good["text"] for good in desk.good(outcome)] == [name]


def test_data_sets_live_in_folders_with_odd_names(tmp_path: Path) -> None:
    from tests.schemas.conftest import Desk

    home = tmp_path / "a[b]*%20#?"
    home.mkdir()
    desk = Desk(home)
    outcome = desk.judge(desk.row(), desk.row("off"), b"broken")
    assert [row["text"] for row in desk.good(outcome)] == ["turn it on", "off"]
    assert outcome.quarantine is not None
    assert pl.read_parquet(outcome.quarantine, glob=False).height == 1


def test_what_is_no_readable_file_is_refused(desk: Desk) -> None:
    folder = desk.file().parent
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "loop.jsonl").symlink_to(folder / "loop.jsonl")
    for path, message in (
        (folder / "pipe.jsonl", "is a pipe or a device"),
        (Path("/dev/zero"), "is a pipe or a device"),
        (folder / "loop.jsonl", "cannot be read: Too many levels of symbolic links"),
        (folder / ("x" * 300), "cannot be read: File name too long"),
        (folder / "a\0.jsonl", "no file's name has a NUL"),
        (Path(os.fsdecode(bytes(folder) + b"/caf\xe9.jsonl")), r"caf\\xe9\.jsonl: the file's name is not UTF-8"),
    ):
        with pytest.raises(DataRefused, match=message):
            desk.run(desk.spec(Path("x")).model_copy(update={"data": (DataSpec(path=path),)}))


def test_a_file_that_stops_being_readable_is_refused(desk: Desk) -> None:
    """The memory of this process: opens like a file, and fails at the first byte."""
    path = desk.file(name="rows.jsonl")
    path.unlink()
    path.symlink_to("/proc/self/mem")
    with pytest.raises(DataRefused, match=r"rows\.jsonl: cannot be read: Input/output error"):
        desk.run(desk.spec(path))


def test_a_deeply_nested_line_needs_no_spec_to_be_told(desk: Desk) -> None:
    with pytest.raises(DataRefused, match="no row in it can be read"):
        infer_spec(desk.file(b"[" * 1000 + b"]" * 1000))


def test_a_reader_that_is_not_read_to_the_end_leaves_no_process(desk: Desk) -> None:
    path = desk.file(name="rows.parquet")
    pl.DataFrame({"text": [f"row {Random(n).random()}" for n in range(50_000)]}).write_parquet(path)
    records = schemas.data.sources.registry.read(DataSpec(path=path), {})
    next(records)
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    before = children.read_text().split()
    records.close()
    assert len(children.read_text().split()) == len(before) - 1


def test_of_a_reader_that_is_killed_a_sentence_says_after_which_row(desk: Desk) -> None:
    path = desk.file(name="rows.parquet")
    pl.DataFrame({"text": [f"row {Random(n).random()}" for n in range(400_000)]}).write_parquet(path)
    tables = unpack_tables(path, print)
    rows = next(tables)
    (child,) = map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()[-1:])
    os.kill(child, signal.SIGKILL)
    with pytest.raises(DataRefused, match=r"its reader broke down \(-9\) \(after row [1-9][0-9,]+\)"):
        list(tables)
    assert 0 < len(rows) < 400_000
