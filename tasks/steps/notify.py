"""Messages to people: one JSON that Slack, Mattermost and most others take, posted to `TRUNKLINE_WEBHOOK`, and e-mail.

The addresses are secrets and come from the environment alone. What cannot be told is logged and fails nothing: the
champion is what it is, whether or not somebody hears of it.
"""

from __future__ import annotations

import json
import os
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from prefect import task
from prefect.client.schemas.objects import FlowRun, State
from prefect.flows import Flow
from prefect.logging import get_logger
from prefect.tasks import exponential_backoff

from deploy.evaluation.verdict import Verdict
from tasks.records import Registered
from tasks.steps.mail import MAIL, mail

WEBHOOK = "TRUNKLINE_WEBHOOK"
TIMEOUT_S = 10.0
MAX_CHARACTERS = 3_000
"""Slack cuts longer ones."""


def verdict_text(product: str, registered: Registered, verdict: Verdict, reason: str) -> str:
    """Return what people are told of a verdict: promoted, on hold or not promoted, and why."""
    if verdict.is_champion:
        what = f"version {registered.version} is champion already"
    elif verdict.undecided:
        what = (
            f"version {registered.version} is on hold for a person to decide, "
            f"`trunkline promote {registered.version} --product {product} --reason TEXT`"
        )
    else:
        what = f"version {registered.version} {'is champion now' if verdict.promote else 'was not promoted'}"
    asked = f" (asked for: {reason})" if reason else ""
    return f"{product}: {what}{asked}. {'; '.join(verdict.reasons)}"


def tell_people(text: str) -> None:
    """Tell a message in every way that has an address; tries again as the network may come back, and never raises."""
    for way in _ways():
        if post(way, text, return_state=True).is_failed():
            get_logger("trunkline").warning("not told by %s: %s", way, text)


def tell_of_end(flow: Flow[..., Any], flow_run: FlowRun, state: State) -> None:
    """Tell that a flow run has failed or crashed; a hook, called after the last attempt."""
    for way in _ways():
        end = state.name.lower() if state.name else "ended"
        try:
            send(way, f"{flow.name}: run {flow_run.name} has {end}: {state.message}")
        except OSError as error:
            get_logger("trunkline").warning("not told by %s: %s", way, type(error).__name__)


@task(retries=3, retry_delay_seconds=exponential_backoff(2), log_prints=False)
def post(way: str, text: str) -> None:
    """Send a message; a task of its own, so that Prefect waits and tries again."""
    send(way, text)


def send(way: str, text: str) -> None:
    """Send a message once, to the address that the environment has as `way`; raises `OSError`, without it."""
    (mail if way == MAIL else _post_json)(os.environ[way], text[:MAX_CHARACTERS])


def _ways() -> list[str]:
    return [way for way in (WEBHOOK, MAIL) if os.environ.get(way)]


def _post_json(url: str, text: str) -> None:
    if urlsplit(url).scheme not in ("http", "https"):
        raise OSError(f"{WEBHOOK} is no http or https address")
    body = json.dumps({"text": text}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S):
            pass
    except (OSError, ValueError) as error:
        raise OSError(f"{WEBHOOK}: {getattr(error, 'reason', type(error).__name__)}") from None
