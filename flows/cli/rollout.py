"""`trunkline rollout`: a new bundle for some of a channel's devices first, for all when their reports are good."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from deploy.rollout.moves import Desk, Standing

rollout = typer.Typer(
    name="rollout", help="Take a bundle to a channel's devices in stages, watched by their reports.",
    no_args_is_help=True,
)  # fmt: skip

Channel = Annotated[str, typer.Argument(help="The channel, as `release status` names it.")]
Product = Annotated[str, typer.Option("--product", help="Name in the registry.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value for a program to read.")]


@rollout.command()
def start(
    channel: Channel,
    product: Product,
    why: Annotated[str, typer.Option("--reason", "--why", metavar="TEXT", help="The reason, for the record.")],
    version: Annotated[int | None, typer.Option("--version", help="Of the registry; default: the champion.")] = None,
    stage: Annotated[
        list[str],
        typer.Option("--stage", metavar="PERCENT:REPORTS:HOURS", help="Of devices, and at least; repeatable."),
    ] = [],  # noqa: B006
    max_failed: Annotated[int, typer.Option(help="Devices on which it may fail.")] = 500,
    max_failed_percent: Annotated[float, typer.Option(help="Of the devices that try it.")] = 5.0,
    false_alarm: Annotated[float, typer.Option(help="Chance that a test stops a candidate which is no worse.")] = 0.01,
    max_hours: Annotated[float, typer.Option(help="After which a stage without its reports needs a person.")] = 168.0,
) -> None:
    """Give a published bundle to the devices of the first stage; the others stay as they are.

    Without --stage: 1 % until 10 devices have reported and 24 hours are over; then 5 % (50 reports), 25 % (200) and
    100 % (500), for 24 hours each.
    """
    from deploy.rollout.moves import start as begin
    from deploy.rollout.plan import Plan, stages_from
    from flows.cli.own_servers import see_mlflow
    from tasks.tracking.promotions import this_person
    from tasks.tracking.registry import registered_bundle

    plan = Plan(
        stages=stages_from(stage) or Plan().stages,
        max_failed=max_failed,
        max_failed_percent=max_failed_percent,
        false_alarm=false_alarm,
        max_hours=max_hours,
    )
    see_mlflow()
    found, desk = registered_bundle(product, version), _desk()
    record = begin(
        desk, channel, product, bundle_id=found.bundle_id, version=found.version, plan=plan, who=this_person(), why=why
    )
    print(f"{record.id}: version {record.version} for {plan.stages[0].percent:g} % of {channel}, the others keep "
          f"version {record.base_version}")  # fmt: skip
    heard = len(desk.reports.devices(product, channel))
    for each in plan.starved(heard):
        print(
            f"  {each.percent:g} % of the {heard} devices heard of so far are about {heard * each.percent / 100:.1f}: "
            f"its {each.min_reports} reports will not come; `trunkline rollout widen --reason TEXT` takes it on"
        )


@rollout.command()
def status(channel: Channel, product: Product, json_: Json = False) -> None:
    """Show the rollout's stage, what devices report, and what follows from it."""
    from deploy.repository.release import others_of, pointer_of
    from deploy.rollout.moves import last_record, look

    desk = _desk()
    pointer, standing = pointer_of(desk.repository, channel, product), look(desk, channel, product)
    record = standing.record if standing else last_record(desk, channel, product)
    heard = desk.reports.devices(product, channel)
    if json_:
        value = {
            "pointer": asdict(pointer) if pointer else None,
            "rollout": asdict(record) if record else None,
            "standing": _standing_json(standing) if standing else None,
            "devices": len(heard),
        }
        print(json.dumps(value, ensure_ascii=False, default=str))
        return
    from rich.console import Console

    from flows.cli.rollout_tables import device_table, moves_table

    console = Console()
    if pointer is None:
        console.print(f"{channel} points at no bundle of {product} yet", highlight=False)
    if record is not None:
        console.print(moves_table(record))
    console.print(device_table([each.report for each in heard], pointer, record, others_of(desk.repository)))
    if standing is not None:
        console.print(f"[bold]{standing.decision.action}[/]", highlight=False)
        for reason in standing.decision.reasons:
            console.print(f"  {reason}", highlight=False, markup=False)
    elif pointer is not None:
        told = f"version {pointer.version}, bundle {pointer.bundle_id[:12]}"
        console.print(f"no rollout is under way; {channel} points at {told}, for all devices", highlight=False)


@rollout.command()
def widen(
    channel: Channel,
    product: Product,
    why: Annotated[
        str, typer.Option("--reason", "--why", metavar="TEXT", help="Do it whatever the reports say, and why.")
    ] = "",
) -> None:
    """Go to the next stage if the reports allow it, or because you say why; exits with 1 when they do not."""
    from deploy.rollout.moves import RolloutRefused, look
    from deploy.rollout.moves import widen as advance
    from tasks.tracking.promotions import this_person

    desk = _desk()
    standing = look(desk, channel, product)
    if standing is None:
        raise RolloutRefused(f"no rollout of {product} is under way on {channel}; `trunkline rollout start` begins one")
    decision = standing.decision
    if not why and decision.action not in ("widen", "finish"):
        print(f"{decision.action}: {'; '.join(decision.reasons)}")
        raise typer.Exit(1)
    because = (why, f"the rules said {decision.action}", *decision.reasons) if why else decision.reasons
    done = advance(desk, standing, who=this_person(), why=because)
    reach = f"{done.percent:g} % of {channel} get version {standing.record.version} at their next check"
    print(f"{standing.record.id}: {done.did}, {reach}")


@rollout.command()
def stop(
    channel: Channel,
    product: Product,
    why: Annotated[str, typer.Option("--reason", "--why", metavar="TEXT", help="The reason, for the record.")],
) -> None:
    """Take all devices back to the bundle before, at their next check. No file is deleted."""
    from deploy.rollout.moves import stop as take_back
    from tasks.tracking.promotions import this_person

    pointer = take_back(_desk(), channel, product, who=this_person(), why=(why,))
    told = f"version {pointer.version}, bundle {pointer.bundle_id[:12]}"
    print(f"stopped: devices of {channel} return to {told}, at their next check")


@rollout.command()
def receive(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0: any free port.")] = 8090,
    token_file: Annotated[Path | None, typer.Option(help="Token of the devices, in a file of mode 600.")] = None,
) -> None:
    """Take devices' reports at /reports until Ctrl-C. For more than a test, put TLS in front and set a token."""
    from deploy.rollout.receive import serve_reports
    from deploy.rollout.store import ReportStore
    from tasks.settings import Settings
    from trunkline_edge.token import read_token

    store = ReportStore(Settings.from_environment().reports)
    token = read_token(token_file) if token_file else None
    serve_reports(store, token, host, port, lambda url: print(f"reports: {url}/reports", flush=True))


def _standing_json(standing: Standing) -> dict[str, object]:
    return {"stage": standing.stage, "evidence": asdict(standing.evidence), "decision": asdict(standing.decision)}


def _desk() -> Desk:
    from tasks.settings import Settings
    from tasks.tracking.published import rollout_desk

    return rollout_desk(Settings.from_environment())
