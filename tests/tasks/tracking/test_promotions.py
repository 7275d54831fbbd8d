from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.tracking.promotions import (
    Promotion,
    PromotionUnfinished,
    conclude,
    intend,
    intended,
    one_before,
    read_history,
    taken_out,
)


def promotion(bundle_id: str, how: str = "verdict", product: str = "tiny") -> Promotion:
    return Promotion(product, "local", bundle_id, 1, None, None, ("why",), "me@here", "2026-11-24T12:00:00+00:00", how)


def begun(home: Path, bundle_id: str, product: str = "tiny") -> Promotion:
    return intend(
        home, product=product, channel="local", bundle_id=bundle_id, version=1,
        replaced=None, replaced_version=None, why=("why — so",), how="verdict",
    )  # fmt: skip


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let the kernel refuse to make any file of this process longer than `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [0, 1, 40, 200])
def test_a_disk_that_is_full_while_concluding_loses_no_promotion(tmp_path: Path, room: int) -> None:
    conclude(tmp_path, first := begun(tmp_path, "a" * 64))
    second = begun(tmp_path, "b" * 64)
    log = tmp_path / "promotions.jsonl"
    with (
        room_for(log.stat().st_size + room),
        pytest.raises(PromotionUnfinished, match=r"version 1 of tiny is champion"),
    ):
        conclude(tmp_path, second)
    assert intended(tmp_path, "tiny") == second
    conclude(tmp_path, second)
    history = read_history(tmp_path)
    assert (history.promotions, history.unreadable) == ((first, second), ())
    assert intended(tmp_path, "tiny") is None


@pytest.mark.parametrize("others", [0, 1])
def test_a_torn_line_is_no_fault_once_it_has_been_written_again(tmp_path: Path, others: int) -> None:
    torn = begun(tmp_path, "a" * 64)
    log = tmp_path / "promotions.jsonl"
    log.write_bytes(json.dumps(asdict(torn), ensure_ascii=False).encode()[:90])
    assert read_history(tmp_path).unreadable == (1,)
    more = [begun(tmp_path, "c" * 64, "other") for _ in range(others)]
    for each in (*more, torn):
        conclude(tmp_path, each)
    history = read_history(tmp_path)
    assert (history.promotions, history.unreadable) == ((*more, torn), ())


@pytest.mark.parametrize("line", ["{}", "[]", "null", '"x"', '{"product": "tiny", "why": 3}', "\x00\x00", "{" * 5_000])
def test_a_line_that_is_no_promotion_is_told_by_its_number_and_stays(tmp_path: Path, line: str) -> None:
    conclude(tmp_path, first := begun(tmp_path, "a" * 64))
    log = tmp_path / "promotions.jsonl"
    with log.open("a") as file:
        file.write(line + "\n")
    conclude(tmp_path, second := begun(tmp_path, "b" * 64))
    history = read_history(tmp_path)
    assert (history.promotions, history.unreadable) == ((first, second), (2,))
    assert log.read_text().splitlines()[1] == line


def test_lines_of_older_and_newer_versions_are_read(tmp_path: Path) -> None:
    older = {name: value for name, value in asdict(promotion("a" * 64)).items() if name != "how"}
    newer = {**asdict(promotion("b" * 64, "person")), "ticket": 7}
    (tmp_path / "promotions.jsonl").write_text(f"{json.dumps(older)}\n{json.dumps(newer)}\n")
    assert read_history(tmp_path).promotions == (promotion("a" * 64), promotion("b" * 64, "person"))


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"product": "tiny"}', b"\xff\xfe"])
def test_an_intent_that_cannot_be_read_is_told_with_its_place_and_kept(tmp_path: Path, raw: bytes) -> None:
    begun(tmp_path, "a" * 64)
    path = tmp_path / "promotions" / "tiny.json"
    path.write_bytes(raw)
    with pytest.raises(PromotionUnfinished, match=f"{path} says which promotion of tiny"):
        intended(tmp_path, "tiny")
    assert path.read_bytes() == raw


def test_rolling_back_twice_goes_back_by_two() -> None:
    line = [promotion(name) for name in "abc"]
    assert one_before(line, "tiny", "local", "c") == line[1]
    line.append(replace(line[1], how="rollback"))
    assert one_before(line, "tiny", "local", "b") == line[0]
    line.append(replace(line[0], how="rollback"))
    assert one_before(line, "tiny", "local", "a") is None
    line.append(promotion("d"))
    back = one_before(line, "tiny", "local", "d")
    assert back is not None and back.bundle_id == "a"


def test_what_a_person_took_out_of_force_stays_out_until_it_is_promoted_again() -> None:
    by_verdict = replace(promotion("b"), replaced="a")
    assert taken_out([promotion("a"), by_verdict], "tiny", "local", "a") is None
    back = replace(promotion("a", "rollback"), replaced="b")
    line = [promotion("a"), by_verdict, back]
    assert taken_out(line, "tiny", "local", "b") == back
    assert taken_out(line, "tiny", "beta", "b") is taken_out(line, "other", "local", "b") is None
    assert taken_out([*line, replace(promotion("c"), replaced="a")], "tiny", "local", "b") == back
    assert taken_out([*line, replace(promotion("b", "person"), replaced="a")], "tiny", "local", "b") is None
    other = replace(promotion("a", "person"), replaced="b")
    assert taken_out([promotion("a"), by_verdict, other], "tiny", "local", "b") == other


def test_other_products_and_channels_are_none_of_a_rollbacks_business() -> None:
    line = [promotion("a"), promotion("x", product="other"), promotion("b")]
    assert one_before(line, "tiny", "local", "b") == line[0]
    assert one_before(line, "tiny", "beta", "b") is None


def test_a_champion_whose_line_was_lost_is_rolled_back_to_the_last_on_record() -> None:
    line = [promotion("a"), promotion("b")]
    assert one_before(line, "tiny", "local", "c") == line[1]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=12))
def test_rollbacks_never_stand_still_and_end_at_the_first_champion(promoted: list[str]) -> None:
    line = [promotion(name) for name in promoted]
    in_force, steps = promoted[-1], 0
    while (back := one_before(line, "tiny", "local", in_force)) is not None:
        assert back.bundle_id != in_force
        line.append(replace(back, how="rollback"))
        in_force, steps = back.bundle_id, steps + 1
        assert steps < len(promoted)
    assert in_force == promoted[0]


def test_whoever_changes_or_removes_a_line_is_found_out_by_the_next(tmp_path: Path) -> None:
    log = tmp_path / "promotions.jsonl"
    log.write_text(json.dumps(asdict(promotion("0" * 64))) + "\n")  # as written before lines were chained
    for name in "abc":
        conclude(tmp_path, begun(tmp_path, name * 64))
    history = read_history(tmp_path)
    assert (len(history.promotions), history.changed_before) == (4, ())
    whole = log.read_text()
    log.write_text(whole.replace("a" * 64, "d" * 64))
    assert read_history(tmp_path).changed_before == (3, 4)
    log.write_text("".join(whole.splitlines(keepends=True)[1:]))
    assert read_history(tmp_path).changed_before == (1, 2, 3)


def test_products_that_are_promoted_at_the_same_time_break_no_chain(tmp_path: Path) -> None:
    products, each = ("home", "coffee", "car", "clock"), 25
    together = Barrier(len(products))

    def promote_all(product: str) -> None:
        for number in range(each):
            promotion = begun(tmp_path, f"{number:064x}", product)
            together.wait()
            conclude(tmp_path, promotion)

    with ThreadPoolExecutor(len(products)) as pool:
        list(pool.map(promote_all, products))
    history = read_history(tmp_path)
    assert (len(history.promotions), history.unreadable, history.changed_before) == (each * len(products), (), ())
