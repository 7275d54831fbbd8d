"""`trunkline-edge update`: one check, or a daemon that checks until it is told to stop."""

from __future__ import annotations

import argparse
import json
import math
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta

from trunkline_edge.errors import InputRefused, TrunklineEdgeError, Unreachable
from trunkline_edge.update.agent import Agent, utc_now
from trunkline_edge.update.decisions import wait_s
from trunkline_edge.update.followed import Followed, SkillSource, Took, follow, followed_from
from trunkline_edge.update.health import Limits
from trunkline_edge.update.home import no_room
from trunkline_edge.update.local import LocalSource
from trunkline_edge.update.progress import Outcome, Progress, read_progress
from trunkline_edge.update.recovery import boot, packaged_factory, this_start
from trunkline_edge.update.source import Source

REPORT_EVERY_S = 86_400.0
"""Without news; the first check after a start reports as well."""
WATCH_S = 5.0
"""Between two looks at how a bundle on probation does."""


def agent_of(options: argparse.Namespace) -> Agent:
    """Return the updater that the options of the command describe; raises `InputRefused`."""
    return Agent(
        options.home,
        _source_of(options),
        limits=Limits(options.max_seconds, options.max_ms, options.max_mb),
        probation=timedelta(seconds=options.probation),
        factory=options.factory or packaged_factory(),
    )


def _source_of(options: argparse.Namespace) -> Source:
    if options.repository is not None:
        return LocalSource(options.repository, options.product, options.channel)
    if options.root is None:
        raise InputRefused("--url needs --root: the root.json of that repository, brought here by another way")
    try:
        from trunkline_edge.update.remote import RemoteSource, read_root
    except ImportError as error:
        raise InputRefused(f'--url needs `pip install "trunkline-edge[update]"` ({error})') from None
    try:
        return RemoteSource(options.url, read_root(options.root), options.home, options.product, options.channel)
    except ValueError as error:
        raise InputRefused(str(error)) from None


def run_once(options: argparse.Namespace) -> int:
    """Check once, print what came of it as JSON, and tell the fleet's server, also of a check that failed."""
    _prepare_reports(options)
    skills = _skills_of(options)
    agent = agent_of(options)
    try:
        outcome = agent.check()
    except TrunklineEdgeError as failure:
        _report(options, None, getattr(failure, "code", None))
        raise
    took = _follow(agent, skills)
    value: dict[str, object] = {
        "active": outcome.state.active,
        "previous": outcome.state.previous,
        "did": outcome.did,
        "reason": outcome.reason,
        "copied": list(outcome.fetched),
        "bytes": outcome.bytes,
        "seconds": round(outcome.seconds, 3),
        "health": asdict(outcome.health) if outcome.health else None,
    }
    if skills:
        value["skills"] = [asdict(each) for each in took]
    print(json.dumps(value), flush=True)
    _report(options, outcome, outcome.code)
    return int(any(each.did == "failed" for each in took))


def _skills_of(options: argparse.Namespace) -> list[Followed]:
    """Return the skills to follow; raises `InputRefused`."""
    if options.skill and options.url is None:
        raise InputRefused("--skill needs --url: only a signed repository says whose a skill is")
    return [followed_from(each) for each in options.skill]


def _follow(agent: Agent, skills: list[Followed]) -> list[Took]:
    source: SkillSource = agent.source  # type: ignore[assignment]  # with skills to follow it is a `RemoteSource`
    return follow(agent.home, source, skills, agent.limits)


def run_daemon(options: argparse.Namespace) -> int:
    """Put right what is wrong, then check again and again; one line a check on stderr. Ends at SIGTERM or SIGINT."""
    _prepare_reports(options)
    skills, agent, stop = _skills_of(options), agent_of(options), threading.Event()

    def end(*_: object) -> None:
        if not stop.is_set():  # once, so that a second signal disturbs no clearing up
            stop.set()
            # Out of whatever is under way, a request or a test: a home is whole at every moment.
            raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    with suppress(KeyboardInterrupt):
        _keep_checking(options, agent, skills, stop)
    return 0


def _keep_checking(options: argparse.Namespace, agent: Agent, skills: list[Followed], stop: threading.Event) -> None:
    chance = random.Random()
    _told(options, lambda: boot(options.home, agent.factory, this_start()))
    failures, due, reported = 0, time.monotonic(), -REPORT_EVERY_S
    while not stop.is_set():
        if time.monotonic() >= due:
            if is_due := time.monotonic() - reported >= REPORT_EVERY_S:
                reported = time.monotonic()
            error = _told(options, agent.check, is_due)
            failures = failures + 1 if error else 0
            for took in _follow(agent, skills) if error is None else ():
                if took.did != "kept":
                    print(f"skill {took.skill}: {took.did}: {took.reason}", file=sys.stderr, flush=True)
            due = time.monotonic() + wait_s(options.interval, failures, error, chance)
        else:
            _told(options, agent.watch)
        is_trying = read_progress(options.home).trying is not None
        stop.wait(max(0, min(due - time.monotonic(), WATCH_S if is_trying else math.inf)))


def _told(
    options: argparse.Namespace, act: Callable[[], Outcome | None], is_due: bool = False
) -> TrunklineEdgeError | None:
    """Do one thing, say on stderr and to the fleet's server what came of it; returns what it failed of."""
    before, outcome, error = read_progress(options.home), None, None
    try:
        outcome = act()
        if outcome is None:
            return None
        line, code = f"{outcome.did}: {outcome.reason}", outcome.code
    except (TrunklineEdgeError, OSError) as failure:
        error = no_room(options.home, failure) if isinstance(failure, OSError) else failure
        if error is None:
            raise
        code = getattr(error, "code", None)
        line = f"failed: {error} ({code})"
    print(line, file=sys.stderr, flush=True)
    if is_due or _is_news(before, read_progress(options.home), outcome, code):
        _report(options, outcome, code)
    return error


def _prepare_reports(options: argparse.Namespace) -> None:
    """Let who lacks urllib3 or whose token cannot be read learn it now, and not from the first report."""
    from trunkline_edge.token import read_token

    if options.report_url:
        import urllib3  # noqa: F401

    options.report_token = read_token(options.report_token_file) if options.report_token_file else None


def _report(options: argparse.Namespace, outcome: Outcome | None, code: str | None) -> None:
    """Queue what came of a check for the fleet's server, where there is one, and post what waits."""
    if not options.report_url:
        return
    from trunkline_edge.update.report import post_reports, queue_report, report_of

    try:
        report = report_of(options.home, options.product, options.channel, outcome, code, utc_now())
        queue_report(options.home, report)
        post_reports(options.home, options.report_url, options.report_token)
    except Unreachable as failure:
        print(f"report: {failure}; it goes out with the next one", file=sys.stderr, flush=True)
    except OSError as failure:
        if (full := no_room(options.home, failure)) is None:
            raise
        print(f"report: {full}; none is kept", file=sys.stderr, flush=True)


def _is_news(before: Progress, after: Progress, outcome: Outcome | None, code: str | None) -> bool:
    """Did a check change anything: a bundle installed or left, a probation begun or stood, another failure or none?"""
    did = outcome.did if outcome else "kept"
    return did != "kept" or code != before.code or (before.trying, before.failed) != (after.trying, after.failed)
