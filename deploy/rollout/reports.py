"""What a device tells, as it is believed: typed, bounded, and checked where it comes in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from schemas.errors import UserError
from trunkline_edge.update.report import MAX_FAILED_TOLD

MAX_REPORT_BYTES = 32_768
_CODE = r"^[a-z][a-z_.]{0,39}$"

DeviceId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
BundleId = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Code = Annotated[str, Field(pattern=_CODE)]
Word = Annotated[str, Field(max_length=64), BeforeValidator(lambda text: _plain(text))]
Count = Annotated[int, Field(ge=0, le=10**12)]
Amount = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


class ReportRefused(UserError):
    """What came in is no report of a device."""


@dataclass(frozen=True)
class AnswerCounts:
    """Since a bundle was first loaded on a device."""

    bundle_id: BundleId
    answered: Count
    rejected: Count


@dataclass(frozen=True)
class DeviceReport:
    """How one device stands; `trunkline_edge.update.report` writes it. Fields that it has beyond these are let pass."""

    __pydantic_config__ = ConfigDict(extra="ignore")

    device: DeviceId
    """A random number that the device made up."""
    time: AwareDatetime
    """By its own clock, which may be wrong."""
    product: Name
    channel: Name
    active: BundleId | None = None
    trying: BundleId | None = None
    """Being tested or, where it is active, on probation."""
    failed: Annotated[Mapping[BundleId, Code], Field(max_length=MAX_FAILED_TOLD)] = field(default_factory=dict)
    """Bundles that it never tries again, and why."""
    did: Word = ""
    code: Code | None = None
    """Why its last check failed."""
    answers: AnswerCounts | None = None
    p95_ms: Amount | None = None
    rss_mb: Amount | None = None
    signed: datetime | None = None
    """When the newest metadata that it knows was signed."""
    package: Word = ""
    onnxruntime: Word | None = None
    cpu: Word = ""


_REPORT = TypeAdapter(DeviceReport)


def report_from(raw: bytes) -> DeviceReport:
    """Read a report; raises `ReportRefused`, which names the field and never repeats what was in it."""
    if len(raw) > MAX_REPORT_BYTES:
        raise ReportRefused(f"report of {len(raw)} bytes; at most {MAX_REPORT_BYTES} are read")
    try:
        report = _REPORT.validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part)[:40] for part in first["loc"])
        raise ReportRefused(f"no report of a device: {where or 'body'}: {first['msg'][:200]}") from None
    if report.answers and report.answers.rejected > report.answers.answered:
        raise ReportRefused("no report of a device: answers.rejected: more than were answered")
    return report


def report_to_json(report: DeviceReport) -> bytes:
    """Return a report as it is kept."""
    return _REPORT.dump_json(report)


def _plain(text: object) -> object:
    return re.sub(r"[^ -~]", "?", text) if isinstance(text, str) else text
