"""`trunkline history`, `promote` and `rollback`: who was champion when and why, and a person's say in it."""

from __future__ import annotations

import re
import sys
import textwrap
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.cli.own_servers import see_mlflow
from flows.cli.parse import product_meant
from flows.cli.printing import print_json, shown
from schemas.errors import UserError
from schemas.spec.product import PRODUCT_PATTERN
from tasks.cache.in_use import use_home
from tasks.settings import Settings
from tasks.tracking.champion import champions_of
from tasks.tracking.promotions import Promotion, read_history
from trunkline_edge.bundle.store import channels_of, read_pointer
from trunkline_edge.printable import printable

SHOWN_LETTERS = 120
"""Of a reason: a verdict that was overridden may have hundreds."""
UNCUT = 10_000
"""Characters, more than a line here has."""


def show_history(product: str, *, as_json: bool) -> None:
    """Print who was champion when, by whom and why, oldest first; of all products unless one is named."""
    settings = Settings.from_environment()
    history = read_history(settings.home)
    told = [promotion for promotion in history.promotions if product in ("", promotion.product)]
    in_force = _in_force(told, settings.repository)
    if as_json:
        lines = [{**asdict(each), "in_force": each in in_force} for each in told]
        found = {
            "promotions": lines,
            "unreadable_lines": history.unreadable,
            "changed_before_lines": history.changed_before,
        }
        print_json(found)
        return
    console = _console()
    if told:
        console.print(history_text(told, in_force, console.width), soft_wrap=True)
        console.print("Every version, kept challengers too: trunkline history --versions", highlight=False)
    else:
        console.print(shown(f"Nothing {f'of {product} ' if product else ''}has been promoted yet."))
    log = settings.home / "promotions.jsonl"
    for number in history.changed_before:
        console.print(f"{log}: what stands before line {number} was changed later", markup=False, soft_wrap=True)
    for number in history.unreadable:
        console.print(f"{log}, line {number}: no promotion, left as it is", markup=False, soft_wrap=True)


def show_versions(product: str, *, as_json: bool) -> None:
    """Print every registered version: its score, what the gate said of it, and where it is champion."""
    settings = Settings.from_environment()
    settings.apply()
    see_mlflow()
    from tasks.tracking.registry import version_records

    found = [(each, _channels(settings.repository, each.product, each.bundle_id)) for each in version_records(product)]
    if as_json:
        print_json({"versions": [{**asdict(each), "champion_on": channels} for each, channels in found]})
        return
    table = Table(title="versions", title_justify="left", box=None)
    for column in ("made (UTC)", "version", "bundle", "sentences right", "verdict", "champion on"):
        table.add_column(column, overflow="fold", no_wrap=column in ("made (UTC)", "version", "bundle"))
    for each, channels in found:
        cells = (
            _when(each.made),
            f"{each.product} {each.version}",
            each.bundle_id[:12],
            "" if each.sentence_accuracy is None else f"{each.sentence_accuracy:.4f}",
            (each.verdict or "none").partition(":")[0],
            ", ".join(channels),
        )
        table.add_row(*map(shown, cells))
    console = _console()
    console.print(table)
    console.print("The reasons of a verdict: --json, or the version's page in `trunkline ui`", highlight=False)


def _console() -> Console:
    """Return a console that cuts lines for a terminal only: what reads a pipe wants them whole."""
    return Console() if sys.stdout.isatty() else Console(width=UNCUT)


def _channels(repository: Path, product: str, bundle_id: str) -> list[str]:
    """Return the channels on which a bundle is champion."""
    return [channel for channel, champion in champions_of(repository, product).items() if champion == bundle_id]


def _when(moment: str) -> str:
    return moment.removesuffix("+00:00").replace("T", " ")


def promote_version(product: str, channel: str, version: int, why: str, *, new_channel: bool) -> None:
    """Make a registered version champion, whatever its verdict; a new channel is made only where one is asked for."""
    settings = _settings(why)
    from tasks.tracking import succession

    meant = succession.Channel(product_meant(settings.repository, product), channel, settings)
    known = channels_of(settings.repository, meant.product)
    if known and channel not in known and not new_channel:
        there = ", ".join(known)
        raise UserError(
            f"{meant.product} has no channel {channel!r}; it has: {there}. Where a new one is meant: --new-channel"
        )
    if not re.fullmatch(PRODUCT_PATTERN, channel):
        raise UserError(f"{channel!r} is no name of a channel: small letters, digits, - and _, a letter first")
    _tell(succession.promote_version(meant, version, why))


def roll_back(product: str, channel: str, why: str) -> None:
    """Make the champion before this one champion again."""
    settings = _settings(why)
    from tasks.tracking import succession

    meant = succession.Channel(product_meant(settings.repository, product), channel, settings)
    _tell(succession.roll_back(meant, why))


def _settings(why: str) -> Settings:
    if not why.strip():
        raise UserError('--reason is empty: say why, for example --reason "version 7 does not know the new lamps"')
    settings = Settings.from_environment()
    settings.apply()
    see_mlflow()
    use_home(settings)
    return settings


def _in_force(promotions: list[Promotion], repository: Path) -> list[Promotion]:
    """Return the latest promotion of each champion that a channel points at."""
    latest = {(each.product, each.channel, each.bundle_id): each for each in promotions}
    channels = {(each.product, each.channel) for each in promotions}
    pointers = {channel: read_pointer(repository, *channel) for channel in channels}
    return [each for (*channel, bundle_id), each in latest.items()
            if (pointer := pointers[channel[0], channel[1]]) and pointer["bundle_id"] == bundle_id]  # fmt: skip


def history_text(promotions: list[Promotion], in_force: list[Promotion], width: int) -> Text:
    """Return who was champion when, by whom and why, with the reasons below each; lines end between words."""
    lines = list[str]()
    for each in promotions:
        version = f"{each.version}{' (in force)' if each in in_force else ''}"
        replaced = "" if each.replaced is None else f"instead of {each.replaced_version or each.replaced[:12]}, "
        who = each.who if each.how == "verdict" else f"{each.who} ({each.how})"
        place = f"{each.product}/{each.channel}"
        lines.append(f"{_when(each.when)} UTC  {place}  version {version}  bundle {each.bundle_id[:12]}")
        lines += [f"  {line}" for line in (f"{replaced}by {who}", *map(_in_short, each.why))]
    return Text("\n").join(Text(folded) for line in lines for folded in _folded(printable(line), width))


def _folded(line: str, width: int) -> list[str]:
    indent = "    " if line.startswith(" ") else "  "
    return textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _in_short(reason: str) -> str:
    """Return a reason as a line or two can hold it; all of it is in `--json`."""
    return reason if len(reason) <= SHOWN_LETTERS else f"{reason[:SHOWN_LETTERS].rstrip()} ..."


def _tell(promotion: Promotion) -> None:
    before = promotion.replaced_version or (promotion.replaced or "none")[:12]
    print(
        f"{promotion.product}: version {promotion.version} is champion on channel {promotion.channel}, before: {before}"
    )
