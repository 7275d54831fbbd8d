from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import fsspec
import polars as pl
import pytest

from schemas.data.digest import source_digest
from schemas.data.sources.records import DataRefused

if TYPE_CHECKING:
    from tests.schemas.conftest import Desk


def rows(start: int, stop: int) -> list[dict[str, Any]]:
    return [
        {"text": f"turn on lamp {number}", "split": "train", "labels": {"intent": "on", "urgency": number / 3}}
        for number in range(start, stop)
    ]


def folder_of(desk: Desk) -> Path:
    """Partitions of three forms, and what is beside them where Spark has written."""
    folder = desk.file(name="_SUCCESS").parent
    pl.DataFrame(rows(0, 4)).write_parquet(folder / "a.parquet")
    (folder / "day=2").mkdir()
    pl.DataFrame([*rows(4, 6), rows(0, 1)[0] | {"split": "dev"}]).write_parquet(folder / "day=2" / "b.parquet")
    (folder / "c.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(6, 8)) + "broken\n")
    (folder / ".hidden.parquet").write_bytes(b"no Parquet")
    return folder


@pytest.fixture(params=["memory", "s3"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A new address of an object store: in this process, and on a server that speaks S3 over HTTP."""
    if request.param == "memory":
        url = f"memory://{uuid4().hex}"
        yield url
        fsspec.filesystem("memory").rm(url, recursive=True)
        return
    pytest.importorskip("s3fs", reason="s3fs is not installed")
    server = pytest.importorskip("moto.server", reason="moto is not installed").ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    s3 = fsspec.filesystem("s3", skip_instance_cache=True)
    bucket = uuid4().hex  # all servers of a process share their buckets
    s3.mkdir(bucket)
    yield f"s3://{bucket}/rows"
    type(s3).clear_instance_cache()
    server.stop()


def put(folder: Path, store: str) -> Any:
    """Copy a folder to a store, and return its file system."""
    files, _ = fsspec.core.url_to_fs(store)
    files.put(str(folder), store, recursive=True)
    return files


def test_a_folder_is_one_source_and_its_bad_rows_name_their_file(desk: Desk) -> None:
    folder = folder_of(desk)
    outcome = desk.run(desk.spec(folder))
    assert sorted(row["text"] for row in desk.good(outcome)) == [row["text"] for row in rows(0, 8)]
    assert {row["source"] for row in desk.good(outcome)} == {folder.stem}
    bad = [(row["file"], row["line"], row["reasons"]) for row in desk.bad(outcome)]
    assert bad == [(f"{folder}/c.jsonl", 3, ["unparsable"]), (f"{folder}/day=2/b.parquet", 3, ["bad_split"])]


def test_rows_parted_otherwise_have_the_same_digest(desk: Desk) -> None:
    whole, parted = desk.file(*rows(0, 9)), desk.file(name="_SUCCESS").parent
    for start in (0, 2, 7):
        pl.DataFrame(rows(start, min(9, start + 5))[: 2 if start == 0 else 5]).write_parquet(
            parted / f"{9 - start}.parquet"
        )
    spec = {"data": [{"path": str(whole), "source": "x"}]}, {"data": [{"path": str(parted), "source": "x"}]}
    first, second = (desk.run(desk.spec(**sections)).dataset for sections in spec)
    assert first is not None and second is not None
    assert first.digest == second.digest


def test_an_object_store_gives_what_the_folder_gives(desk: Desk, store: str) -> None:
    folder = folder_of(desk)
    put(folder, store)
    here = desk.run(desk.spec(data=[{"path": str(folder), "source": "x"}]))
    there = desk.run(desk.spec(data=[{"url": store, "source": "x"}]))
    assert here.dataset is not None and there.dataset is not None
    assert here.dataset.digest == there.dataset.digest
    assert here.reasons == there.reasons
    assert {row["file"].removeprefix(store) for row in desk.bad(there)} == {"/c.jsonl", "/day=2/b.parquet"}
    only = desk.run(desk.spec(data=[{"url": f"{store}/*.parquet", "source": "x"}]))
    assert len(desk.good(only)) == 4
    one = desk.run(desk.spec(data=[{"url": f"{store}/day=2/b.parquet", "source": "x"}]))
    assert len(desk.good(one)) == 2


def test_the_source_digest_sees_any_change_in_a_partition(desk: Desk, store: str) -> None:
    folder = folder_of(desk)
    files = put(folder, store)
    for spec, place in ((desk.spec(folder), None), (desk.spec(data=[{"url": store}]), store)):
        before = source_digest(spec)
        assert source_digest(spec) == before
        with (folder / "c.jsonl").open("a") as file:
            file.write(json.dumps(rows(8, 9)[0]) + "\n")
        if place is not None:
            files.put_file(str(folder / "c.jsonl"), f"{place}/c.jsonl")
        assert source_digest(spec) != before


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"url": "memory://nothing-is-here"}, "a folder without files of rows"),
        ({"url": "nonsense://x/y"}, "cannot be read: Protocol not known: nonsense"),
    ],
)
def test_an_address_that_has_no_rows_is_refused_by_name(desk: Desk, source: dict[str, str], message: str) -> None:
    with pytest.raises(DataRefused, match=message):
        desk.run(desk.spec(data=[source]))


@pytest.mark.parametrize("name", ["a.csv", "day=2/a.tsv", "a.json"])
def test_a_file_of_rows_that_a_folder_would_pass_over_is_refused_by_name(desk: Desk, store: str, name: str) -> None:
    folder = folder_of(desk)
    (folder / name).write_text("text,intent\nturn it on,on\n")
    put(folder, store)
    for source in ({"path": str(folder)}, {"url": store}):
        with pytest.raises(DataRefused, match=rf"holds {name}, .* are read: move it out, .* as a source of its own"):
            desk.run(desk.spec(data=[source]))
    (folder / name).rename(folder / "_notes.json")
    assert desk.run(desk.spec(folder)).read == 10, "what begins with an underscore is no data"
    assert desk.run(desk.spec(data=[{"url": f"{store}/*.parquet"}])).read == 4, "a pattern names what is read"


def test_what_datasets_writes_beside_its_rows_is_no_file_of_rows(desk: Desk) -> None:
    folder = folder_of(desk)
    for name in ("dataset_info.json", "state.json"):
        (folder / name).write_text("{}")
    assert desk.run(desk.spec(folder)).read == 10


def test_a_folder_without_rows_is_refused_and_hints_at_formats(desk: Desk) -> None:
    folder = desk.file("x", name="nlu.yml").parent
    with pytest.raises(DataRefused, match="if it is another tool's, say the `format`"):
        desk.run(desk.spec(folder))
    shutil.rmtree(folder)
