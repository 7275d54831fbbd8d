"""`trunkline release`: the signed repository that devices update from, verb by verb."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from deploy.repository.signed import SignedRepository

release = typer.Typer(
    name="release", help="Ship bundles to devices: sign, publish, move channels, keep fresh.", no_args_is_help=True
)
author = typer.Typer(name="author", help="Let somebody outside the team publish skills.", no_args_is_help=True)
release.add_typer(author)

Product = Annotated[str, typer.Option("--product", help="Name in the registry.")]
Version = Annotated[int | None, typer.Option("--version", help="Of the registry; default: the champion.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value for a program to read.")]
Author = Annotated[str, typer.Argument(metavar="NAME", help="Of the author; the folder is skills/NAME.")]


@release.command()
def init(
    channel: Annotated[list[str], typer.Option("--channel", help="Channels to make; repeatable.")] = ["stable"],  # noqa: B006
) -> None:
    """Make keys and an empty repository; later, add channels.

    With TRUNKLINE_KEY_PASSPHRASE set, the keys of root, targets and channels are locked with it.
    """
    from deploy.repository.release import init as make

    repository = _repository()
    made = make(repository, channel)
    print(f"made: {', '.join(made)}" if made else "nothing to make")
    print(f"Serve to devices: {repository.folder}")
    print(f"Give each device: {repository.folder / 'metadata' / '1.root.json'}")
    print(f"Keep to yourself: {repository.keys.folder} (take root's and targets' keys off this machine)")


@release.command()
def publish(product: Product, version: Version = None) -> None:
    """Sign a registered bundle's files into the repository. Devices take it when a channel points at it.

    Refused: what is not in the registry, what was never champion, and what has files that are not the registered ones.
    """
    from deploy.repository.release import publish as add
    from flows.cli.own_servers import see_mlflow
    from tasks.tracking.registry import blessed_bundle

    see_mlflow()
    found = blessed_bundle(product, version)
    added = add(_repository(), found.folder, found.version)
    what = f"{', '.join(added.files)}; {added.bytes:,} bytes" if added.files else "nothing new"
    print(f"{product} version {found.version}, bundle {found.bundle_id[:12]}: {what}")


@release.command()
def promote(
    channel: Annotated[str, typer.Argument(help="The channel to move.")], product: Product, version: Version = None
) -> None:
    """Point a channel at a published bundle. An older version takes devices back to it."""
    from deploy.repository.release import promote as point
    from flows.cli.own_servers import see_mlflow
    from tasks.tracking.registry import registered_bundle

    see_mlflow()
    found = registered_bundle(product, version)
    pointed = point(_repository(), channel, product, found.bundle_id, found.version)
    print(f"{channel}: {product} version {pointed.version}, bundle {pointed.bundle_id[:12]}, move {pointed.sequence}")


@release.command()
def refresh(
    everything: Annotated[bool, typer.Option("--all", help="Also what is still fresh.")] = False,
) -> None:
    """Sign again what is in the second half of its life; exits with 1 when a role is due and its keys are not here."""
    from deploy.repository.release import refresh as sign
    from deploy.repository.release import status as states

    repository = _repository()
    done = sign(repository, everything=everything)
    print(f"signed: {', '.join(done.signed) or 'nothing was due'}")
    days = {state.role: state.days_left for state in states(repository)}
    for role, why in done.unsigned.items():
        print(f"{role}, {days[role]} days left: {why}")
    soonest = min(days, key=lambda role: days[role])
    print(f"next to expire: {soonest}, in {days[soonest]} days")
    raise typer.Exit(int(bool(done.unsigned)))


@release.command()
def rotate(
    role: Annotated[str, typer.Argument(help="For example timestamp, or channel-stable.")],
    key: Annotated[str | None, typer.Option("--key", help="Only the key whose id begins so; default: all.")] = None,
) -> None:
    """Give a role new keys; the old ones count for nothing from then on."""
    from deploy.repository.release import rotate as replace

    repository = _repository()
    for keyid in replace(repository, role, key):
        print(f"{role}: {repository.keys.path(role, keyid)}")


@release.command()
def status(json_: Json = False) -> None:
    """Show roles with their keys and days left, and where each channel points."""
    from deploy.repository.release import channels_of, pointers
    from deploy.repository.release import status as states

    repository = _repository()
    roles = states(repository)
    channels = {channel: list(pointers(repository, channel).values()) for channel in channels_of(repository)}
    if json_:
        value = {
            "repository": str(repository.folder),
            "roles": [asdict(state) | {"expires": state.expires.isoformat()} for state in roles],
            "channels": {channel: [asdict(each) for each in found] for channel, found in channels.items()},
        }
        print(json.dumps(value, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title="roles", title_justify="left")
    for column in ("role", "version", "days left", "signed by", "keys here", "files"):
        table.add_column(column, justify="left" if column == "role" else "right")
    for state in roles:
        left = f"[red]{state.days_left}[/]" if state.days_left < 2 else str(state.days_left)
        signed_by = f"{state.threshold} of {state.keys}"
        files = "" if state.targets is None else str(state.targets)
        table.add_row(state.role, str(state.version), left, signed_by, str(state.keys_here), files)
    console = Console()
    console.print(table)
    for channel, found in channels.items():
        for pointed in found:
            line = f"{channel}: {pointed.product} version {pointed.version}, bundle {pointed.bundle_id[:12]}"
            console.print(f"{line}, move {pointed.sequence}", highlight=False)
            if rollout := pointed.rollout:
                candidate = f"version {rollout.version}, bundle {rollout.bundle_id[:12]}"
                console.print(f"  {rollout.buckets / 100:g} % of devices: {candidate}", highlight=False)
        if not found:
            console.print(f"{channel}: points at nothing yet", highlight=False)


@author.command("add")
def add_author(
    name: Author,
    from_: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="What he signed on his own machine, with his key.")
    ] = None,
) -> None:
    """Let an author sign files under skills/NAME, and nothing else.

    With --from, by the key that `trunkline skill sign` made on his machine; without, a key is made here for him.
    """
    from deploy.repository.authors import add_author as add
    from deploy.repository.handover import HandOver

    handed = HandOver.read(from_) if from_ else None
    key = add(_repository(), name, handed)
    if handed is None:
        print(f"hand over to {name}, and delete here: {key}")
    else:
        print(f"{name} signs with key {handed.key.keyid[:16]}; ask him whether that is his")


@author.command("take")
def take_author(
    name: Author, file: Annotated[Path, typer.Argument(metavar="FILE", help="Of `trunkline skill sign`.")]
) -> None:
    """Publish what an author has signed on his own machine. Devices that follow it take it at their next check.

    Refused: what his key has not signed, what is older than what is here, and what lies outside skills/NAME.
    """
    from deploy.repository.authors import take
    from deploy.repository.handover import HandOver

    handed = HandOver.read(file)
    taken = take(_repository(), name, handed)
    for path in taken.added:
        print(f"published: {path}, signed by {name}")
    for path in taken.gone:
        print(f"no longer published: {path}")
    print(f"signed by {name} until {handed.signed.signed.expires:%d %B %Y}")


@author.command("revoke")
def revoke_author(name: Author) -> None:
    """Take an author's right away; what was signed with it counts for nothing."""
    from deploy.repository.authors import revoke_author as revoke

    revoke(_repository(), name)
    print(f"revoked: {name}")


def _repository() -> SignedRepository:
    from tasks.settings import Settings
    from tasks.tracking.published import signed_repository

    return signed_repository(Settings.from_environment())
