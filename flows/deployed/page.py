"""`prefect.yaml` as values: what the operator wants on the server.

Prefect reads the file itself when it deploys. Here it is read to be compared with a server, without importing a flow.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from schemas.errors import UserError

VARIABLE = re.compile(r"\{\{ *\$(\w+) *\}\}")


@dataclass(frozen=True)
class Schedule:
    """When a deployment runs by itself."""

    when: str
    """Cron and time zone, or what else Prefect calls a schedule."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    active: bool = True
    """Of the file only for a schedule that is new: later a person's say counts."""


@dataclass(frozen=True)
class Deployment:
    """A flow that workers run, with its parameters."""

    name: str
    """As Prefect says it: flow/deployment."""
    version: str
    """Digest of the entry and of the flow's file, from which Prefect makes the form."""
    fields: Mapping[str, Any]
    """What a person could change on the server, by name."""
    schedules: Mapping[str, Schedule]
    """By slug; one without, as the UI makes them, by its id."""
    paused: bool = False


@dataclass(frozen=True)
class Page:
    """The whole file."""

    deployments: tuple[Deployment, ...]
    queue_limits: Mapping[str, int]
    """Work queue -> runs at once."""
    raw: Mapping[str, Any]

    @property
    def pools(self) -> tuple[str, ...]:
        """Names of the work pools, each once."""
        return tuple(dict.fromkeys(each.fields["work pool"] for each in self.deployments))

    @property
    def queues(self) -> tuple[tuple[str, str, int | None], ...]:
        """Pool, name and limit of each work queue that a deployment names."""
        named = [(each.fields["work pool"], each.fields["work queue"]) for each in self.deployments]
        return tuple((pool, name, self.queue_limits.get(name)) for pool, name in dict.fromkeys(named))


def read_page(file: Path, environment: Mapping[str, str]) -> Page:
    """Read the file; `{{ $NAME }}` stands for a variable of the environment.

    Raises `UserError` where the file is no such page, a variable is not set, or a schedule has no slug.
    """
    try:
        raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"{file} cannot be read: {error}") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("deployments"), list):
        raise UserError(f"{file}: expected a list under `deployments`")
    filled = _filled(raw, environment, file)
    entries = [
        _deployment(entry, filled.get("pull"), file, number) for number, entry in enumerate(filled["deployments"], 1)
    ]
    names = [entry.name for entry in entries]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"{file}: {twice[0]} stands there twice; a deployment needs a name of its own")
    return Page(tuple(entries), (raw.get("definitions") or {}).get("queue_limits") or {}, raw)


def rendered(page: Page, there: Mapping[str, Deployment]) -> str:
    """Return the file for Prefect to deploy, with what people have paused or activated on the server kept so."""
    raw = deepcopy(dict(page.raw))
    for deployment, entry in zip(page.deployments, raw["deployments"], strict=True):
        entry["version"] = deployment.version
        if known := there.get(deployment.name):
            entry["paused"] = known.paused
            for schedule in entry.get("schedules") or ():
                if schedule["slug"] in known.schedules:
                    schedule["active"] = known.schedules[schedule["slug"]].active
    return yaml.safe_dump(raw, sort_keys=False)


def _deployment(entry: Any, pull: Any, file: Path, number: int) -> Deployment:
    try:
        source, function = str(entry["entrypoint"]).split(":")
        limit = entry.get("concurrency_limit") or {}
        pool = entry["work_pool"]
        return Deployment(
            name=f"{function.replace('_', '-')}/{entry['name']}",
            version=_version(entry, pull, file.parent / source),
            fields={
                "entrypoint": entry["entrypoint"],
                "parameters": entry.get("parameters") or {},
                "tags": sorted(entry.get("tags") or []),
                "concurrency": _concurrency(limit.get("limit"), limit.get("collision_strategy")),
                "checked parameters": entry.get("enforce_parameter_schema", True),
                "work pool": pool["name"],
                "work queue": pool.get("work_queue_name", "default"),
                "job variables": pool.get("job_variables") or {},
                "pull steps": entry.get("pull", pull),
            },
            schedules={
                schedule["slug"]: Schedule(
                    f"{schedule['cron']} {schedule.get('timezone', 'UTC')}",
                    schedule.get("parameters") or {},
                    schedule.get("active", True),
                )
                for schedule in entry.get("schedules") or ()
            },
        )
    except KeyError as error:
        raise UserError(f"{file}, deployment {number}: {error} is missing") from None
    except (TypeError, ValueError, AttributeError, OSError) as error:
        raise UserError(f"{file}, deployment {number}: {error}") from None


def _concurrency(limit: int | None, strategy: str | None) -> str:
    return "none" if limit is None else f"{limit}, then {strategy or 'ENQUEUE'}"


def _version(entry: Any, pull: Any, source: Path) -> str:
    # `active` says how a schedule begins, and does not make another deployment.
    schedules = [{**each, "active": None} for each in entry.get("schedules") or ()]
    text = json.dumps({**entry, "schedules": schedules, "pull": pull}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode() + source.read_bytes()).hexdigest()[:12]


def _filled(value: Any, environment: Mapping[str, str], file: Path) -> Any:
    def of(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise UserError(f"{file} wants the variable {match[1]} of the environment, and it is not set")
        return environment[match[1]]

    if isinstance(value, str):
        return VARIABLE.sub(of, value)
    if isinstance(value, dict):
        return {key: _filled(each, environment, file) for key, each in value.items()}
    return [_filled(each, environment, file) for each in value] if isinstance(value, list) else value
