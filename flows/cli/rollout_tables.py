"""Tables of a rollout: what was done, and which bundles devices run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.table import Table

from deploy.rollout.records import RolloutRecord
from deploy.rollout.reports import DeviceReport
from flows.cli.printing import shown
from trunkline_edge.update.decisions import Pointer


def moves_table(record: RolloutRecord) -> Table:
    """Return a rollout's moves, oldest first."""
    title = f"{record.id}: version {record.version} in place of {record.base_version}"
    table = Table(title=title, title_justify="left")
    for column in ("when (UTC)", "did", "devices", "who", "why"):
        table.add_column(column, overflow="fold")
    for move in record.moves:
        when = f"{move.when:%Y-%m-%d %H:%M:%S}"
        table.add_row(when, move.did, f"{move.percent:g} %", shown(move.who), shown("\n".join(move.why)))
    return table


def device_table(
    reports: Sequence[DeviceReport],
    pointer: Pointer | None,
    record: RolloutRecord | None,
    others: Mapping[str, str],
) -> Table:
    """Return how many devices run what, and where a bundle has failed.

    others: bundle id -> that of its other precision, where it was published in two.
    """
    versions = {pointer.bundle_id: pointer.version} if pointer else {}
    if record is not None:
        versions |= {record.base: record.base_version, record.bundle_id: record.version}
    versions |= {others[each]: version for each, version in versions.items() if each in others}
    table = Table(title=f"{len(reports)} devices heard of", title_justify="left")
    table.add_column("bundle")
    for column in ("run it", "on probation", "failed on"):
        table.add_column(column, justify="right")
    table.add_column("why it failed")
    active = Counter[str | None](report.active for report in reports)
    on_trial = Counter[str | None](
        report.active for report in reports if report.active and report.trying == report.active
    )
    failed = {bad: Counter[str]() for report in reports for bad in report.failed}
    for report in reports:
        for bad, code in report.failed.items():
            failed[bad][code] += 1
    for bundle_id in sorted({*active, *failed}, key=lambda each: (versions.get(each or "", 0), each or "")):
        codes = failed.get(bundle_id or "", Counter())
        version = f"version {versions[bundle_id]}, " if bundle_id in versions else ""
        table.add_row(
            f"{version}{bundle_id[:12]}" if bundle_id else "none yet",
            str(active[bundle_id]),
            str(on_trial[bundle_id] or ""),
            str(codes.total() or ""),
            ", ".join(f"{code} {count}" for code, count in sorted(codes.items())),
        )
    return table
