"""`trunkline skill`: heads by anybody on the champion's frozen trunk, verb by verb."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

skill = typer.Typer(
    name="skill", help="Small heads of their own on a champion's frozen trunk: train, pack, add.", no_args_is_help=True
)

On = Annotated[str, typer.Option("--on", metavar="PRODUCT", help="Whose champion; default: home, or the only one.")]
Channel = Annotated[str, typer.Option("--channel", help="The channel that it is champion of.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the skill.")]
Precision = Annotated[
    str | None,
    typer.Option("--precision", metavar="int8|mixed|fp32", help="Of the trunk below it; default: the champion's own."),
]


@skill.command()
def train(
    spec: Annotated[Path, typer.Argument(metavar="SPEC|PATH", help="Spec file, or rows whose heads are inferred.")],
    on: On = "",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Default: NAME.tls, here.")] = None,
    layer: Annotated[int, typer.Option(min=0, max=512, help="Width of a layer below the heads; 0: none.")] = 0,
    channel: Channel = "local",
    precision: Precision = None,
    set_: Annotated[list[str], typer.Option("--set", metavar="FIELD=VALUE", help="Any field of the spec.")] = [],  # noqa: B006
    json: Annotated[bool, typer.Option("--json", help="Print one JSON value for a program to read.")] = False,
) -> None:
    """Train a skill on rows of its own, register it, and write the file that `trunkline-edge skill add` takes.

    The champion stays as it is. Beside the heads of the spec the skill learns to tell its utterances from those that
    the champion and the other skills on its trunk were trained on.
    """
    from flows.cli.skill_train import run_train

    run_train(spec, on, out, layer, channel, set_, precision=precision, as_json=json)


@skill.command()
def pack(
    name: Name,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write, for example coffee.tls.")],
    on: On = "",
    channel: Channel = "local",
    precision: Precision = None,
) -> None:
    """Write the newest version of a skill on the champion's trunk as one file to carry to a device."""
    from flows.cli.skills import pack_skill

    print(pack_skill(name, out, on, channel, precision))


@skill.command()
def publish(
    name: Name,
    author: Annotated[str, typer.Option("--author", metavar="AUTHOR", help="Who signs: `trunkline release author`.")],
    on: On = "",
    channel: Channel = "local",
) -> None:
    """Sign a skill into the repository that devices update from, for each precision of the champion's trunk.

    Devices that follow it (`trunkline-edge update --skill AUTHOR/NAME`) take it at their next check.
    """
    from flows.cli.skills import publish_here

    publish_here(name, author, on, channel)


@skill.command()
def sign(
    author: Annotated[str, typer.Option("--author", metavar="AUTHOR", help="Your name in the team's repository.")],
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="Packed skills; none: sign the earlier ones again.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Default: AUTHOR.signed.json, here.")
    ] = None,
) -> None:
    """Sign skills on a machine of your own, and write one file for the team; the first time makes your key.

    It takes neither a champion nor the team's keys. The team publishes what is in the file: `trunkline release author`.
    """
    from flows.cli.skills import sign_here

    sign_here(files or [], author, out)


@skill.command()
def add(name: Name, on: On = "", channel: Channel = "local") -> None:
    """Let `trunkline parse` and `serve` on this machine answer with a skill's newest version too."""
    from flows.cli.skills import add_here

    add_here(name, on, channel)


@skill.command()
def remove(name: Name, on: On = "") -> None:
    """Let this machine answer without a skill again; it stays in the registry."""
    from flows.cli.skills import remove_here

    remove_here(name, on)


@skill.command("list")
def list_(on: On = "", channel: Channel = "local") -> None:
    """Show the skills of a product: version, size, what each claims, and whether it stands on the champion's trunk."""
    from flows.cli.skills import list_skills

    list_skills(on, channel)
