"""Answers for all protocols: one bundle in force, a bounded queue before it, and who runs it.

The bundle is a reference that is read once at the start of each request. A new one is loaded beside the old and then
takes its place, so that no request ever meets half of each.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.skills import SKILLS_FILE
from trunkline_edge.bundle.store import load_manifest, located_in, read_state
from trunkline_edge.errors import (
    BundleInvalid,
    DigestMismatch,
    InputRefused,
    NamesRefused,
    NothingInstalled,
    ServiceBusy,
    ServiceRefused,
    TrunklineEdgeError,
)
from trunkline_edge.services.workers import Turns, Workers
from trunkline_edge.understanding.names_file import NAMES_FILE, NO_NAMES, read_names, stamp_of
from trunkline_edge.understanding.result import Result
from trunkline_edge.understanding.session import Runtime
from trunkline_edge.understanding.skills import open_skills
from trunkline_edge.update.served import Tally

if TYPE_CHECKING:
    from trunkline_edge.services.templates import Templates

log = logging.getLogger(__name__)

T = TypeVar("T")
CompileTemplates = Callable[[str], "Templates"]
"""Makes a language's templates."""


@dataclass(frozen=True, slots=True)
class BundleSource:
    """Where the bundle in force comes from: a device's home, or a repository's champion."""

    folder: Path
    """Holds `store` and `bundles`."""
    active: Callable[[], str | None]
    """Returns the id of the bundle in force, None before there is one."""
    tally: Tally | None = None
    """Where the device's updater looks how a new bundle does."""
    names: Path | None = None
    """File of the names that are known here; None: there are none."""
    skills: Path | None = None
    """File of the skills that are installed here; None: there are none."""

    @classmethod
    def of_device(cls, home: Path) -> BundleSource:
        """Follow the device's own state, which `trunkline-edge update` changes."""
        return cls(home, lambda: read_state(home).active, Tally(home), home / NAMES_FILE, home / SKILLS_FILE)

    def open(self, manifest: Manifest) -> Runtime:
        """Open a stored bundle; every file is hashed on the way."""
        return Runtime(manifest, located_in(self.folder))


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """How much an engine takes on."""

    threads: int = 0
    """That run graphs beside the event loop, each one utterance at a time; more than one takes cores from whatever else
    the device does. 0: the loop itself answers, but what may take long has a thread."""
    waiting: int = 256
    """Requests in the queue; more are refused at once instead of answered late."""
    answer_s: float = 10.0
    """Longest wait for an answer."""
    watch_s: float = 1.0
    """Between two looks at which bundle is in force."""


class Engine:
    """Answers requests of the event loop that made it. Start it with `run`, ask with `parse`."""

    def __init__(
        self, source: BundleSource, limits: EngineLimits, compile_templates: CompileTemplates | None = None
    ) -> None:
        self.limits = limits
        self.swaps = 0
        """Bundles that took the place of another since the start."""
        self.refusal: str | None = "the bundle is being loaded"
        """Why there is no bundle, or why a newer one did not take its place."""
        self._source = source
        self._manifest: Manifest | None = None
        self._runtime: Runtime | None = None
        self._tried: str | None = None
        self._tried_stamp: tuple[int, int, int] | None = None
        self._compile_templates = compile_templates
        self._templates: Templates | None = None
        self._names = NO_NAMES
        self._names_stamp: tuple[int, int, int] | None = None
        self._skills_stamp: tuple[int, int, int] | None = None
        self._waiting = 0
        self._long = Workers(max(limits.threads, 1))
        self._short = self._long if limits.threads else Turns()
        # Of its own: answers go on while a bundle is hashed or names are sorted.
        self._loader = ThreadPoolExecutor(1, "loader")

    @property
    def runtime(self) -> Runtime | None:
        """The bundle in force; None until one is loaded."""
        return self._runtime

    @property
    def manifest(self) -> Manifest | None:
        """What the bundle says of itself; there at once, while its graphs are still being loaded."""
        return self._runtime.manifest if self._runtime else self._manifest

    @property
    def waiting(self) -> int:
        """Requests that are asked and not answered."""
        return self._waiting

    async def run(self) -> None:
        """Load the bundle and follow the source until cancelled."""
        while True:
            await self._follow()
            if self._source.tally:
                self._source.tally.tell()
            await asyncio.sleep(self.limits.watch_s)

    def close(self) -> None:
        """Wait for the answers under way and let the threads go."""
        self._long.close()
        self._loader.shutdown(cancel_futures=True)
        if self._source.tally:
            self._source.tally.end()

    async def parse(self, text: str, *, ranking: bool = False) -> Result:
        """Answer one utterance; raises as `parse_all` does."""
        (result,), _ = await self.parse_all([text], ranking=ranking)
        return result

    async def parse_all(self, texts: Sequence[str], *, ranking: bool = False) -> tuple[list[Result], Manifest]:
        """Answer utterances by one bundle, of which the manifest is returned, and count each for the updater.

        Raises `InputRefused` for what cannot be parsed, `NothingInstalled` without a bundle, `ServiceBusy` when the
        queue is full or the answer takes too long. The latter is the bundle's fault where most of that time was its
        own; what mostly waited its turn tells how many ask, not how the bundle does.
        """
        begun: float | None = None  # while it runs

        def work(runtime: Runtime) -> tuple[list[Result], Manifest]:
            nonlocal begun
            begun = time.perf_counter()
            try:
                return [self._answer(runtime, text, ranking) for text in texts], runtime.manifest
            finally:
                begun = None

        tally, asked = self._source.tally, self._runtime
        try:
            results, manifest = await self.call(work, is_short=len(texts) == 1 and self._templates is None)
        except (InputRefused, NothingInstalled):
            raise
        except ServiceBusy:
            since = begun  # once: a thread may end it at any moment
            is_slow = since is not None and time.perf_counter() - since > self.limits.answer_s / 2
            if tally and asked and is_slow:
                tally.count(asked.bundle_id, failed=True)
            raise
        except Exception:
            if tally and asked:
                tally.count(asked.bundle_id, failed=True)
            raise
        if tally:
            for result in results:
                tally.count(result.bundle_id, rejected=result.rejected)
        return results, manifest

    def _answer(self, runtime: Runtime, text: str, ranking: bool) -> Result:
        """Answer in the thread that calls: by exact templates, where there are any, and else by the net."""
        if self._templates is None:
            return runtime.parse(text, ranking=ranking)
        begun = time.perf_counter()
        found = self._templates.answer(text, runtime.bundle_id)
        result = replace(runtime.parse(text, ranking=ranking), by="net") if found is None else found
        return replace(result, ms=(time.perf_counter() - begun) * 1e3)

    async def call(self, work: Callable[[Runtime], T], *, is_short: bool = False) -> T:
        """Run something on the bundle in force; raises as `parse_all` does.

        Nothing is counted for the updater: how long raw tensors take is their sender's doing.
        """
        runtime = self._runtime
        if runtime is None:
            raise NothingInstalled(self.refusal or "no bundle is loaded")
        if self._waiting >= self.limits.waiting:
            raise ServiceBusy(f"{self._waiting} requests are waiting", retry_after_s=1)
        self._waiting += 1
        queue = self._short if is_short else self._long
        try:
            async with asyncio.timeout(self.limits.answer_s):
                return await queue.submit(partial(work, runtime))
        except TimeoutError:
            raise ServiceBusy(
                f"no answer within {self.limits.answer_s:g} s", retry_after_s=math.ceil(self.limits.answer_s)
            ) from None
        finally:
            self._waiting -= 1

    async def _follow(self) -> None:
        """Load the bundle in force unless it is loaded, or was tried in vain and not installed again since."""
        try:
            await self._follow_names()
            bundle_id = self._source.active()
            if bundle_id is None:
                self.refusal = f"no bundle is active in {self._source.folder}; install one first"
                return
            stamp = stamp_of(self._source.folder / "bundles" / f"{bundle_id}.json")  # which an install writes last
            if bundle_id != self._tried or not (self._has(bundle_id) or stamp == self._tried_stamp):
                self._tried, self._tried_stamp = bundle_id, stamp
                await self._swap(bundle_id)
            else:
                await self._follow_skills()
            if self._has(bundle_id):
                self.refusal = None
        except TrunklineEdgeError as error:
            if self.refusal != str(error):
                log.error("bundle refused", extra={"reason": str(error)})
            self.refusal = str(error)

    def _has(self, bundle_id: str) -> bool:
        """Is this the bundle that answers?"""
        return self._runtime is not None and self._runtime.bundle_id == bundle_id

    async def _swap(self, bundle_id: str) -> None:
        """Load a bundle and put it in force; one that cannot be loaded is told to the updater."""
        begun, tally = time.perf_counter(), self._source.tally
        if tally:
            tally.begin(bundle_id)  # before it is loaded, which may be what ends this process
        try:
            self._manifest = load_manifest(self._source.folder, bundle_id)
            loaded = await self._load(self._source.open, self._manifest)
            await self._speak(loaded.manifest.lang)
            await self._load(self._know, loaded)
            await self._learn(loaded)
        except TrunklineEdgeError as error:
            if tally and not isinstance(error, DigestMismatch):  # the fault of a worn card, which an update will mend
                tally.refuse(bundle_id)
            raise
        self.swaps += self._runtime is not None
        self._runtime = loaded
        seconds = round(time.perf_counter() - begun, 3)
        log.info("bundle loaded", extra={"bundle_id": bundle_id, "seconds": seconds})

    async def _speak(self, lang: str) -> None:
        """Have the templates of a language; where there are none, the net answers alone."""
        if self._compile_templates is None or (self._templates and self._templates.lang == lang):
            return
        try:
            self._templates = await self._load(self._compile_templates, lang)
        except ServiceRefused as error:
            self._templates = None
            log.error("no templates", extra={"reason": str(error)})

    async def _follow_skills(self) -> None:
        """Have the source's skills, anew when their file has changed."""
        if self._runtime and self._source.skills and stamp_of(self._source.skills) != self._skills_stamp:
            await self._learn(self._runtime)

    async def _learn(self, runtime: Runtime) -> None:
        """Let a bundle have the skills that stand on its trunk; a broken file of skills changes nothing."""
        path = self._source.skills
        if path is None:
            return
        self._skills_stamp = stamp_of(path)
        opening = partial(open_skills, self._source.folder, path, runtime)
        try:
            opened = await asyncio.get_running_loop().run_in_executor(self._loader, opening)
        except BundleInvalid as error:
            log.error("skills refused", extra={"reason": str(error)})
            return
        runtime.learn(opened.skills)
        if opened.skills:
            log.info("skills learned", extra={"skills": [skill.name for skill in opened.skills]})
        for name, why in opened.aside.items():
            log.warning("skill set aside", extra={"skill": name, "reason": why})

    async def _follow_names(self) -> None:
        """Know the source's names, anew when their file has changed; a broken file changes nothing."""
        path = self._source.names
        if path is None:
            return
        try:
            stamp = stamp_of(path)
            if stamp == self._names_stamp:
                return
            self._names_stamp = stamp
            self._names = await self._load(read_names, path) if stamp else NO_NAMES
        except NamesRefused as error:
            log.error("names refused", extra={"reason": str(error)})
            return
        if self._runtime:
            await self._load(self._know, self._runtime)
        log.info("names known", extra={"names": self._names.count})

    async def _load(self, work: Callable[..., T], *given: Any) -> T:
        """Do in a thread what takes up to a second, while answers go on."""
        return await asyncio.get_running_loop().run_in_executor(self._loader, work, *given)

    def _know(self, runtime: Runtime) -> None:
        """Tell net and templates the names."""
        runtime.know(self._names)
        if self._templates:
            self._templates.know(self._names, runtime.manifest.names or {}, runtime.lexicon)
