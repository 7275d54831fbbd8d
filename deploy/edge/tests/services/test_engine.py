"""The engine: a bounded queue, a hot swap, answers that end."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest

from deploy.edge.tests.services.conftest import Device, Running, Serve
from deploy.edge.tests.tiny_bundle import INTENT, Recipe
from deploy.edge.tests.tiny_skill import SkillRecipe
from deploy.edge.tests.update import evil
from trunkline_edge.bundle.files import write_atomic
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.skills import SKILLS_FILE, write_skills
from trunkline_edge.errors import BundleInvalid, NothingInstalled, ServiceBusy, TrunklineEdgeError
from trunkline_edge.services.engine import BundleSource, Engine, EngineLimits
from trunkline_edge.services.workers import TURN_S, Turns, Workers
from trunkline_edge.understanding.names import MAX_NAMES, Entry, Names
from trunkline_edge.understanding.names_file import NAMES_FILE, forget_names, keep_names
from trunkline_edge.understanding.session import Runtime
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.decisions import fault_in_service
from trunkline_edge.update.local import LocalSource
from trunkline_edge.update.progress import read_progress
from trunkline_edge.update.served import Served, read_served
from trunkline_edge.update.skills import add_skill

LONG = "turn on the lamp in the guest room please"
FAILS_SHORT = Recipe(golden_texts=(LONG,), replaced={INTENT.file: evil.eighth_word(INTENT)})
"""Passes its test, and then fails on whatever has fewer than eight words."""


async def started(device: Device, limits: EngineLimits) -> tuple[Engine, asyncio.Task[None]]:
    engine = Engine(BundleSource.of_device(device.home), limits)
    following = asyncio.create_task(engine.run())
    while engine.runtime is None:
        await asyncio.sleep(0.01)
    return engine, following


def slow(runtime: Runtime, seconds: float) -> str:
    time.sleep(seconds)
    return runtime.bundle_id


def test_past_its_queue_an_engine_refuses_at_once_and_answers_the_rest(device: Device) -> None:
    async def ask() -> tuple[list[object], float]:
        engine, following = await started(device, EngineLimits(waiting=4))
        begun = time.perf_counter()
        answers = await asyncio.gather(
            *(engine.call(partial(slow, seconds=0.1)) for _ in range(10)), return_exceptions=True
        )
        taken = time.perf_counter() - begun
        following.cancel()
        engine.close()
        return list(answers), taken

    answers, _ = asyncio.run(ask())
    busy = [each for each in answers if isinstance(each, ServiceBusy)]
    assert len(busy) == 6
    assert all(each.retry_after_s >= 1 for each in busy)
    assert sum(isinstance(each, str) for each in answers) == 4


def test_an_answer_that_takes_too_long_is_given_up_and_those_behind_it_are_not_run(device: Device) -> None:
    ran: list[int] = []

    async def ask() -> list[object]:
        engine, following = await started(device, EngineLimits(answer_s=0.2))
        hung = [engine.call(partial(slow, seconds=0.6))]
        behind = [engine.call(lambda _, n=n: ran.append(n)) for n in range(3)]
        answers = await asyncio.gather(*hung, *behind, return_exceptions=True)
        assert engine.waiting == 0
        following.cancel()
        engine.close()
        return list(answers)

    assert all(isinstance(each, ServiceBusy) for each in asyncio.run(ask()))
    assert ran == []


@pytest.mark.parametrize("threads", [0, 1], ids=["none", "one"])
def test_without_threads_the_loop_answers_what_is_short(device: Device, threads: int) -> None:
    async def ask() -> list[bool]:
        engine, following = await started(device, EngineLimits(threads=threads))
        ran = [await engine.call(lambda _: threading.current_thread(), is_short=short) for short in (True, False)]
        following.cancel()
        engine.close()
        return [thread is threading.main_thread() for thread in ran]

    assert asyncio.run(ask()) == [threads == 0, False]


def test_a_loop_that_runs_jobs_also_reads_and_writes() -> None:
    async def looks(jobs: int, seconds: float) -> int:
        turns, looks, ran = Turns(), 0, list[int]()
        answers = [turns.submit(lambda n=n: time.sleep(seconds) or ran.append(n)) for n in range(jobs)]
        answers[1].cancel()
        while not answers[-1].done():
            await asyncio.sleep(0)
            looks += 1
        assert ran == [0, *range(2, jobs)]
        return looks

    assert asyncio.run(looks(20, seconds=TURN_S / 2)) >= 5
    assert asyncio.run(looks(1000, seconds=0)) < 500


@pytest.mark.parametrize("queue", [Turns, partial(Workers, 2)], ids=["the loop", "threads"])
def test_an_error_of_a_job_reaches_its_asker_and_nobody_else(queue: Callable[[], Turns | Workers]) -> None:
    async def ask() -> list[object]:
        jobs = queue()
        answers = await asyncio.gather(
            *(jobs.submit(lambda n=n: 12 // n) for n in range(4)),
            return_exceptions=True,
        )
        if isinstance(jobs, Workers):
            jobs.close()
        return list(answers)

    first, *rest = asyncio.run(ask())
    assert isinstance(first, ZeroDivisionError)
    assert rest == [12, 6, 4]


def test_what_a_thread_has_answered_does_not_wait_for_many_slow_jobs_behind_it() -> None:
    async def ask() -> float:
        workers, begun = Workers(1), time.perf_counter()
        first, *others = [workers.submit(partial(time.sleep, 2 * TURN_S)) for _ in range(10)]
        await first
        waited = time.perf_counter() - begun
        assert not others[-1].done()
        workers.close()
        return waited

    assert asyncio.run(ask()) < 10 * 2 * TURN_S


def test_closing_ends_all_threads() -> None:
    before = threading.active_count()

    async def ask() -> None:
        workers = Workers(3)
        await workers.submit(lambda: None)
        workers.close()

    asyncio.run(ask())
    assert threading.active_count() == before


def test_without_a_bundle_an_engine_says_what_to_do(own_device: Device) -> None:
    async def ask() -> None:
        engine = Engine(BundleSource.of_device(own_device.home), EngineLimits())
        try:
            await engine.parse("lamp")
        finally:
            engine.close()

    with pytest.raises(NothingInstalled):
        asyncio.run(ask())


def ask_on_and_on(service: Running, until: threading.Event, seen: Counter[tuple[int, str]]) -> None:
    while not until.is_set():
        answer = service.ask("/parse", {"text": "turn on the lamp"})
        seen[answer.status, answer.json.get("bundle_id", "")] += 1


def test_a_new_bundle_takes_over_under_load_and_no_request_fails(serve: Serve, own_device: Device) -> None:
    first = own_device.install(Recipe())
    running = serve(own_device, limits=EngineLimits(watch_s=0.05)).until_ready()
    seen: Counter[tuple[int, str]] = Counter()
    until = threading.Event()
    callers = [threading.Thread(target=ask_on_and_on, args=(running, until, seen)) for _ in range(8)]
    for caller in callers:
        caller.start()
    time.sleep(0.3)
    second = own_device.install(Recipe(version=2, scale=1.1))
    for _ in range(200):
        if running.ask("/status").json["model_id"] == second.bundle_id:
            break
        time.sleep(0.05)
    time.sleep(0.3)
    until.set()
    for caller in callers:
        caller.join()
    assert set(seen) == {(200, first.bundle_id), (200, second.bundle_id)}
    assert running.ask("/status").json["swaps"] == 1


def test_a_bundle_that_cannot_be_loaded_leaves_the_old_one_answering(serve: Serve, own_device: Device) -> None:
    first = own_device.install(Recipe())
    running = serve(own_device, limits=EngineLimits(watch_s=0.05)).until_ready()
    write_atomic(own_device.home / "state.json", b'{"active": "%s", "previous": null}' % (b"0" * 64))
    for _ in range(200):
        if running.ask("/status").json["refusal"]:
            break
        time.sleep(0.05)
    status = running.ask("/status").json
    assert "no manifest" in status["refusal"]
    assert status["model_id"] == first.bundle_id
    assert running.ask("/parse", {"text": "lamp on"}).json["bundle_id"] == first.bundle_id
    assert {each: served.is_refused for each, served in read_served(own_device.home).items()} == {
        first.bundle_id: False,
        "0" * 64: True,
    }


def test_a_damaged_file_is_no_fault_of_its_bundle_which_answers_as_soon_as_an_update_has_repaired_it(
    serve: Serve, own_device: Device
) -> None:
    manifest = own_device.repository.release(Recipe())
    source = LocalSource(own_device.repository.folder, "tiny", "local")
    agent = Agent(own_device.home, source, probation=timedelta(minutes=10))
    agent.check()
    os.truncate(own_device.home / "store" / manifest.files_of("trunk")[0].sha256, 10)
    running = serve(own_device, limits=EngineLimits(watch_s=0.05))
    while "install again" not in (running.ask("/status").json["refusal"] or ""):
        time.sleep(0.05)
    assert read_served(own_device.home)[manifest.bundle_id] == Served(is_running=True)
    assert agent.check().did == "repaired"
    assert running.until_ready().ask("/parse", {"text": "lamp on"}).json["bundle_id"] == manifest.bundle_id
    assert (read_progress(own_device.home).trying, read_progress(own_device.home).failed) == (manifest.bundle_id, {})


def test_a_bundle_that_does_not_load_is_not_loaded_again_at_every_look(own_device: Device) -> None:
    manifest, loads = own_device.install(Recipe()), list[str]()
    os.truncate(own_device.home / "store" / manifest.files_of("trunk")[0].sha256, 10)

    class Counting(BundleSource):
        def open(self, manifest: Manifest) -> Runtime:
            loads.append(manifest.bundle_id)
            return super().open(manifest)

    async def look() -> None:
        engine = Engine(Counting(own_device.home, lambda: manifest.bundle_id), EngineLimits(watch_s=0.01))
        following = asyncio.create_task(engine.run())
        await asyncio.sleep(1)
        following.cancel()
        engine.close()

    asyncio.run(look())
    assert loads == [manifest.bundle_id]


def test_a_state_that_could_not_be_read_for_a_moment_is_no_fault_of_the_bundle(own_device: Device) -> None:
    bundle_id = own_device.install(Recipe()).bundle_id
    state, aside = own_device.home / "state.json", own_device.home / "aside"

    async def look() -> None:
        engine, following = await started(own_device, EngineLimits(watch_s=0.02))
        async with asyncio.timeout(10):
            state.rename(aside)
            state.mkdir()
            while engine.refusal is None:
                await asyncio.sleep(0.01)
            assert "cannot be read" in engine.refusal
            state.rmdir()
            aside.rename(state)
            while engine.refusal is not None:
                await asyncio.sleep(0.01)
        following.cancel()
        engine.close()

    asyncio.run(look())
    assert read_served(own_device.home) == {bundle_id: Served()}


def test_what_a_bundle_fails_to_answer_is_counted_and_what_its_caller_does_wrong_is_not(own_device: Device) -> None:
    bundle_id = own_device.install(FAILS_SHORT).bundle_id

    async def ask() -> None:
        engine, following = await started(own_device, EngineLimits())
        for text in ("lamp on", LONG, "lamp " * 600):
            with suppress(TrunklineEdgeError):
                await engine.parse(text)
        following.cancel()
        engine.close()

    asyncio.run(ask())
    assert read_served(own_device.home) == {bundle_id: Served(answered=2, failed=1)}


def served_after(device: Device, limits: EngineLimits, *asked: Callable[[Engine], Awaitable[object]]) -> Served:
    """Return what a bundle has served after it was asked all of this at once; each may be given up."""
    bundle_id = device.install(Recipe()).bundle_id

    async def ask() -> None:
        engine, following = await started(device, limits)
        for answer in await asyncio.gather(*(each(engine) for each in asked), return_exceptions=True):
            assert not isinstance(answer, Exception) or isinstance(answer, ServiceBusy)
        following.cancel()
        engine.close()

    asyncio.run(ask())
    return read_served(device.home)[bundle_id]


def test_a_burst_of_requests_does_not_speak_against_a_bundle_that_is_quick(own_device: Device) -> None:
    """Of a full queue most are given up, also the one whose turn has just come."""
    texts = [LONG] * 40
    burst = [lambda engine: engine.parse_all(texts)] * 256
    served = served_after(own_device, EngineLimits(answer_s=0.5), *burst)
    assert served.failed == 0
    assert 0 < served.answered < len(burst) * len(texts), "all were answered in time, so that this shows nothing"
    assert fault_in_service(served, None) is None


def test_a_bundle_that_takes_too_long_by_itself_has_failed_and_what_waits_behind_it_has_not(own_device: Device) -> None:
    endless = [LONG] * 3000
    asked = [lambda engine: engine.parse_all(endless), lambda engine: engine.parse_all([LONG, LONG])]
    assert served_after(own_device, EngineLimits(answer_s=0.3), *asked) == Served(answered=1, failed=1)


def test_tensors_that_a_caller_makes_slow_speak_against_no_bundle(own_device: Device) -> None:
    asked = [lambda engine: engine.call(partial(slow, seconds=0.4)), lambda engine: engine.parse_all([LONG, LONG])]
    assert served_after(own_device, EngineLimits(answer_s=0.2), *asked) == Served()


def test_a_failure_is_that_of_the_bundle_that_was_asked_also_when_another_has_its_place(own_device: Device) -> None:
    first, gate = own_device.install(FAILS_SHORT).bundle_id, threading.Event()

    async def ask() -> str:
        engine, following = await started(own_device, EngineLimits(threads=1, answer_s=60, watch_s=0.02))
        ahead = asyncio.create_task(engine.call(lambda _: gate.wait()))
        failing = asyncio.create_task(engine.parse("lamp on"))
        second = (await asyncio.to_thread(own_device.install, Recipe())).bundle_id
        while engine.runtime is None or engine.runtime.bundle_id != second:
            await asyncio.sleep(0.01)
        gate.set()
        await ahead
        with pytest.raises(BundleInvalid):
            await failing
        following.cancel()
        engine.close()
        return second

    second = asyncio.run(ask())
    assert read_served(own_device.home) == {first: Served(answered=1, failed=1), second: Served()}


def test_a_full_queue_is_503_with_the_time_to_come_back(serve: Serve, device: Device) -> None:
    running = serve(device, limits=EngineLimits(waiting=0)).until_ready()
    answer = running.ask("/parse", {"text": "lamp"})
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")


def test_names_are_known_while_the_engine_runs_and_a_broken_file_changes_nothing(own_device: Device) -> None:
    names = Names({"entity": (Entry("vacuum.clipy", ("Clipy",)),)})

    async def ask() -> list[str | None]:
        own_device.install(Recipe(reads_names=True))
        engine, following = await started(own_device, EngineLimits(watch_s=0.05))
        found: list[str | None] = []
        for change in (
            lambda: None,
            lambda: keep_names(own_device.home, names),
            broken,
            lambda: forget_names(own_device.home),
        ):
            change()
            await asyncio.sleep(0.5)
            slots = (await engine.parse("turn clippy on")).intents[0].slots
            found.append(slots[0].id if slots else None)
        following.cancel()
        engine.close()
        return found

    def broken() -> None:
        write_atomic(own_device.home / NAMES_FILE, b"{")

    assert asyncio.run(ask()) == [None, "vacuum.clipy", "vacuum.clipy", None]


def test_requests_are_answered_while_ten_thousand_names_are_sorted(own_device: Device) -> None:
    rng = Random(0)
    entries = tuple(Entry(f"light.{n}", ("".join(rng.choices("abcdefghij", k=12)),)) for n in range(MAX_NAMES))
    names = Names({"entity": entries})

    async def ask() -> list[float]:
        own_device.install(Recipe(reads_names=True))
        engine, following = await started(own_device, EngineLimits(watch_s=0.02))
        keep_names(own_device.home, names)
        waits: list[float] = []
        try:
            async with asyncio.timeout(60):
                while True:
                    asked = time.perf_counter()
                    slots = (await engine.parse(f"turn {entries[7].names[0]} on")).intents[0].slots
                    waits.append(time.perf_counter() - asked)
                    if [slot.id for slot in slots] == ["light.7"]:
                        return waits
        finally:
            following.cancel()
            engine.close()

    waits = asyncio.run(ask())
    assert max(waits) < 0.9 * sum(waits), "one request waited for all of them"


def test_a_skill_answers_from_the_moment_that_it_is_added_until_it_is_removed(own_device: Device, bundle: Path) -> None:
    async def ask() -> list[str | None]:
        own_device.install(Recipe())
        engine, following = await started(own_device, EngineLimits(watch_s=0.05))
        found: list[str | None] = []
        packed = own_device.home.with_name("manners.tls")
        SkillRecipe().pack(bundle, packed)
        for change in (
            lambda: None,
            lambda: add_skill(own_device.home, packed),
            lambda: write_atomic(own_device.home / SKILLS_FILE, b"{"),
            lambda: write_skills(own_device.home / SKILLS_FILE, {}),
        ):
            await asyncio.to_thread(change)
            await asyncio.sleep(0.5)
            found.append((await engine.parse("fan off please")).skill)
        following.cancel()
        engine.close()
        return found

    assert asyncio.run(ask()) == [None, "manners", "manners", None]  # a broken file changes nothing
