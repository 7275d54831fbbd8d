"""`trunkline`: a table of commands. What a command does stands in its own module, imported when it is called.

So `trunkline --help` starts in a fraction of a second, and answering needs neither torch nor Prefect nor MLflow.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from flows.cli.release import release
from flows.cli.rollout import rollout
from flows.cli.skill import skill
from flows.cli.stop import nothing_to_stop, stoppable
from tasks.settings import MLFLOW_PORT, PREFECT_PORT

PANELS = {
    "Rows": ("init", "show", "import", "validate", "quarantine"),
    "Nets": ("spec", "plan", "retrain", "sweep", "compare", "score"),
    "Skills": ("skill",),
    "Champions": ("history", "promote", "rollback"),
    "Answers": ("parse", "explain", "serve", "export", "pack"),
    "Devices": ("release", "rollout"),
    "This machine": ("up", "ui", "down", "sync", "doctor", "clean"),
    "Demonstrations": ("demo", "demo-fleet"),
}
"""Heading in `trunkline --help` -> commands below it."""


class _Commands(TyperGroup):
    """The commands in the order and under the headings of `PANELS`."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        panels = {name: panel for panel, names in PANELS.items() for name in names}
        for name, command in self.commands.items():
            command.rich_help_panel = panels.get(name)  # type: ignore[attr-defined]  # typer adds the field
        self.commands = {name: self.commands[name] for name in (*panels, *self.commands) if name in self.commands}

    def invoke(self, ctx: Any) -> Any:
        with stoppable():
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Commands,
    help="Train one small net with a head for each question, and put it on devices.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

app.add_typer(release)
app.add_typer(rollout)
app.add_typer(skill)

SpecFile = Annotated[Path, typer.Argument(metavar="SPEC", help="Spec file, for example specs/home.yaml.")]
Data = Annotated[list[Path], typer.Option("--data", metavar="PATH", help="Rows instead of the spec's; repeatable.")]
Set = Annotated[list[str], typer.Option("--set", metavar="FIELD=VALUE", help="Any field of the spec; repeatable.")]
Option = Annotated[list[str], typer.Option("--option", metavar="NAME=VALUE", help="Of the format; repeatable.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value for a program to read.")]
Product = Annotated[str, typer.Option("--product", help="Whose champion; default: home, or the only product there is.")]
Why = Annotated[str, typer.Option("--reason", "--why", metavar="TEXT", help="Why; it is logged with your name.")]
Version = Annotated[
    int | None, typer.Option("--version", min=1, help="This one in the registry, and not the champion.")
]
Channel = Annotated[str, typer.Option("--channel", help="The channel that it is champion of.")]


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"trunkline {version('trunkline')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Train one small net with a head for each question, and put it on devices."""


@app.command()
def init(
    path: Annotated[Path | None, typer.Argument(metavar="[PATH]", help="Rows; default: the only file here.")] = None,
    format_: Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="As `import` names it.")] = None,
    option: Option = [],  # noqa: B006
    out: Annotated[Path | None, typer.Option("--out", metavar="SPEC", help="Default: beside PATH.")] = None,
) -> None:
    """Look at a file of rows, write a spec with comments beside it, and say what to run next."""
    from flows.cli.init import write_spec

    write_spec(path, format_, option, out)


@app.command()
def spec(
    field: Annotated[
        str, typer.Argument(metavar="[FIELD]", help="Only what is below it: train, heads, gate.margin.")
    ] = "",
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema that editors read.")] = False,
) -> None:
    """Show every field of a spec: its default and what it means."""
    from flows.cli.spec_fields import show_fields

    show_fields(field, schema=schema)


@app.command()
def plan(spec: SpecFile, data: Data = [], set_: Set = [], json: Json = False) -> None:  # noqa: B006
    """Show what a retrain would do, and why."""
    from flows.cli.plan import show_plan

    show_plan(spec, data, set_, as_json=json)


@app.command()
def validate(
    spec: Annotated[Path, typer.Argument(metavar="SPEC|PATH", help="Spec file, or rows whose heads are inferred.")],
    data: Data = [],  # noqa: B006
    set_: Set = [],  # noqa: B006
    json: Json = False,
) -> None:
    """Check the rows; bad ones go to the quarantine with their reasons."""
    from flows.cli.validate import run_validate

    run_validate(spec, data, set_, as_json=json)


@app.command()
def quarantine(
    spec: Annotated[
        Path | None, typer.Argument(metavar="[SPEC|PATH]", help="Whose; default: the last that had any.")
    ] = None,
    data: Data = [],  # noqa: B006
    reason: Annotated[str, typer.Option("--reason", metavar="CODE", help="Only rows with it; --json has codes.")] = "",
    json: Json = False,
) -> None:
    """Show the bad rows as they were found, and why each is bad."""
    from flows.cli.quarantine import show_quarantine

    show_quarantine(spec, data, reason, as_json=json)


@app.command()
def show(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Rows, or with --format another tool's file or folder.")],
    format_: Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="As `import` names it.")] = None,
    option: Option = [],  # noqa: B006
    json: Json = False,
) -> None:
    """Show a set of rows: counts, labels, lengths, and ten rows with coloured spans."""
    from flows.cli.show import show_rows

    show_rows(path, format_, option, as_json=json)


@app.command("import")
def import_(
    format_: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help="rasa, snips, conll, joint, massive, slurp, huggingface, hassil or label-studio (docs/data.md).",
        ),
    ],
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The other tool's file or folder.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="ROWS", help="JSON Lines; default: printed.")] = None,
    option: Option = [],  # noqa: B006
    rename: Annotated[
        list[str], typer.Option("--rename", metavar="THEIRS=OURS", help="Another name for a head; repeatable.")
    ] = [],  # noqa: B006
    json: Json = False,
) -> None:
    """Turn another tool's data into rows, and say what could not be carried over.

    A spec can read the same files without this step: `data: [{path: nlu/, format: rasa}]`.
    """
    from flows.cli.import_data import run_import

    run_import(format_, path, out, option, rename, as_json=json)


@app.command()
def retrain(
    spec: SpecFile,
    data: Data = [],  # noqa: B006
    set_: Set = [],  # noqa: B006
    waive: Annotated[
        list[str], typer.Option("--waive", metavar="HEAD", help="May be worse than alone (gate.waive); repeatable.")
    ] = [],  # noqa: B006
    json: Json = False,
) -> None:
    """Run the whole chain: rows, net, graphs, bundle, verdict, channel. What is done already is skipped."""
    from flows.cli.retrain import run_retrain

    run_retrain(spec, data, [*set_, *([f"gate.waive=[{', '.join(waive)}]"] if waive else [])], as_json=json)


@app.command()
def sweep(
    spec: SpecFile,
    over: Annotated[
        list[str], typer.Option("--over", metavar="FIELD=VALUES", help="What is searched; repeatable.")
    ] = [],  # noqa: B006
    trials: Annotated[int, typer.Option("--trials", min=1, max=10_000, help="With those of earlier calls.")] = 24,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Trainings at once; 0: one a core.")] = 0,
    data: Data = [],  # noqa: B006
    set_: Set = [],  # noqa: B006
    json: Json = False,
) -> None:
    """Search for better values of a spec's fields, on valid rows only, and write the best spec as a file.

    VALUES is a range, LOW..HIGH or LOW..HIGH,log, or a list in YAML, [A, B]; within what the spec takes:

        --over train.learning_rate=1e-4..1e-2,log --over trunk.width=64..256 --over "trunk.layers=[1, 2, 4]"

    Without --over: the learning rate, the dropout and the weight decay, around the spec's own. The first trial has the
    spec's own values; the others are chosen by what was found so far, and end early where they are worse than the
    median at the same epoch. A killed sweep goes on where it stopped; so does one with more --trials.
    """
    from flows.cli.sweep import run_sweep

    run_sweep(spec, over, data, set_, trials=trials, jobs=jobs, as_json=json)


@app.command()
def compare(
    spec: SpecFile,
    variants: Annotated[str, typer.Option("--variants", metavar="A,B", help="Only these, and `hard`.")] = "",
    seeds: Annotated[str, typer.Option("--seeds", metavar="0,1,2", help="At least three; default: the spec's.")] = "",
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Trainings at once; 0: one a core.")] = 0,
    data: Data = [],  # noqa: B006
    set_: Set = [],  # noqa: B006
    json: Json = False,
) -> None:
    """Compare sharing systems, side by side with nets that learn each head alone; promotes nothing.

    Every variant of the spec's `compare` section, and a single-task baseline for each main head, finds its learning
    rate on valid rows, is trained with every seed and an equal budget, shipped as a bundle, and scored by the device
    runtime. The report says for each head what sharing gained or lost, how sure that is, and who harms it where the
    seeds show that; how the heads relate, and what the recommended groups came to; and what each variant costs.
    A killed comparison goes on where it stopped.
    """
    from flows.cli.compare import run_compare

    run_compare(spec, data, set_, _names(variants), _numbers(seeds), jobs=jobs, as_json=json)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _numbers(text: str) -> list[int]:
    try:
        return [int(name) for name in _names(text)]
    except ValueError:
        raise typer.BadParameter(f"{text}: expected whole numbers with commas, for example 0,1,2") from None


@app.command()
def parse(
    text: Annotated[
        list[str] | None, typer.Argument(help="Sentences; without any, a prompt, or the lines of standard input.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Also rank every label of the class heads.")] = False,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="IN", help="Sentences: JSON Lines or plain lines.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="OUT", help="Where the answers go.")] = None,
    timing: Annotated[bool, typer.Option("--timing", help="Also give milliseconds.")] = False,
    names: Annotated[Path | None, typer.Option(metavar="FILE", help="What a device knows by name (JSON).")] = None,
    product: Product = "",
    channel: Channel = "local",
    version: Version = None,
) -> None:
    """Answer sentences with the champion: one canonical result a line, as JSON.

    Without any, on a terminal, a prompt: what was understood in colours, with values, ids, confidence and milliseconds.
    """
    from flows.cli.parse import parse_texts

    parse_texts(
        text or [],
        file,
        out,
        ranking=all_,
        timing=timing,
        names=names,
        product=product,
        channel=channel,
        version=version,
    )


@app.command()
def explain(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="One sentence.")],
    names: Annotated[Path | None, typer.Option(metavar="FILE", help="What a device knows by name (JSON).")] = None,
    product: Product = "",
    channel: Channel = "local",
    version: Version = None,
    json: Json = False,
) -> None:
    """Show why the champion answers a sentence as it does.

    The two likeliest intents, what each word was tagged as and could have been, which known names stand in it, whether
    a threshold turned it down, and the train rows that have most words and runs of letters in common with it. Where
    skills were added: which of them took it for its own, and the reasons of the one that answers.
    """
    from flows.cli.explain import explain_text

    explain_text(text, names=names, product=product, channel=channel, version=version, as_json=json)


@app.command()
def pack(
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help="Whose champion.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write, for example home.tlb.")],
    channel: Channel = "local",
) -> None:
    """Write the champion as one file to carry to a device, where `trunkline-edge install FILE` opens it."""
    from flows.cli.pack import pack_champion

    pack_champion(product, out, channel)


@app.command()
def serve(
    product: Product = "",
    channel: Channel = "local",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    http_port: Annotated[int, typer.Option(help="0: any free port.")] = 8080,
    wyoming_port: Annotated[int, typer.Option(help="0: any free port.")] = 10400,
    mqtt: Annotated[str | None, typer.Option(metavar="HOST[:PORT]", help="Broker for Hermes queries.")] = None,
    zeroconf: Annotated[str | None, typer.Option(metavar="NAME", help="Announce Wyoming under this name.")] = None,
    hybrid: Annotated[bool, typer.Option("--hybrid", help="Ask Home Assistant's exact templates first.")] = False,
    token_file: Annotated[Path | None, typer.Option(help="Token of HTTP callers, in a file of mode 600.")] = None,
    home_assistant: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Labels to intents and slots of Home Assistant (JSON).")
    ] = None,
    names: Annotated[Path | None, typer.Option(metavar="FILE", help="What a device knows by name (JSON).")] = None,
    threads: Annotated[int, typer.Option(help="Threads that answer beside the main one.")] = 0,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
) -> None:
    """Answer over HTTP and Wyoming with the champion, until Ctrl-C."""
    from flows.cli.serve import serve_champion
    from trunkline_edge.services.settings import serve_options

    options = serve_options(
        host=host,
        http_port=http_port,
        wyoming_port=wyoming_port,
        token_file=token_file,
        home_assistant=home_assistant,
        mqtt=mqtt,
        zeroconf=zeroconf,
        hybrid=hybrid,
        threads=threads,
        log_level=log_level,
    )
    serve_champion(options, names, product=product, channel=channel)


@app.command()
def export(
    layout: Annotated[str, typer.Argument(metavar="LAYOUT", help="folder (Node, browsers, C), or triton.")],
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where to; a Triton repository may have others in it.")
    ],
    product: Product = "",
    channel: Channel = "local",
) -> None:
    """Write the champion's files for a program that is not ours: docs/integrations.md has the rest."""
    from flows.cli.export import export_champion

    export_champion(layout, folder, product=product, channel=channel)


@app.command()
def score(
    spec: SpecFile,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Labelled rows.")],
    split: Annotated[str, typer.Option("--split", help="train, valid, test or all; default: test, if any.")] = "",
    version: Version = None,
    with_seen: Annotated[bool, typer.Option("--with-seen", help="Also the rows that it learned from.")] = False,
    set_: Set = [],  # noqa: B006
    json: Json = False,
) -> None:
    """Measure the champion on a labelled file: every head, whole sentences, latency.

    Rows that it learned from are left out: they tell nothing of what it will meet.
    """
    from flows.cli.score import show_score

    show_score(spec, path, split, set_, version=version, with_seen=with_seen, as_json=json)


@app.command()
def history(
    product: Annotated[str, typer.Option("--product", help="Of this product only.")] = "",
    versions: Annotated[
        bool, typer.Option("--versions", help="Every registered version instead, kept challengers too: score, verdict.")
    ] = False,
    json: Json = False,
) -> None:
    """Show who was champion when, by whom and why; with --versions all versions with scores and verdicts."""
    from flows.cli import champions

    (champions.show_versions if versions else champions.show_history)(product, as_json=json)


@app.command()
def promote(
    version: Annotated[
        int, typer.Argument(min=1, metavar="VERSION", help="Number in the registry, as `retrain` names it.")
    ],
    why: Why,
    product: Product = "",
    channel: Channel = "local",
    new_channel: Annotated[bool, typer.Option("--new-channel", help="Make the channel if there is none.")] = False,
) -> None:
    """Make a registered version champion because you say so, whatever its verdict; the self-test must pass."""
    from flows.cli.champions import promote_version

    promote_version(product, channel, version, why, new_channel=new_channel)


@app.command()
def rollback(why: Why, product: Product = "", channel: Channel = "local") -> None:
    """Make the previous champion the champion again; run it twice to go back by two."""
    from flows.cli.champions import roll_back

    roll_back(product, channel, why)


@app.command()
def ui(
    mlflow_port: Annotated[int, typer.Option(help="0: any free port.")] = MLFLOW_PORT,
    prefect_port: Annotated[int, typer.Option(help="0: any free port.")] = PREFECT_PORT,
) -> None:
    """Serve the MLflow and Prefect pages of this home until Ctrl-C."""
    from flows.cli.ui import serve_pages

    serve_pages(mlflow_port, prefect_port)


@app.command()
def down() -> None:
    """Stop the servers of this home that commands have left to the next one.

    A Prefect server waits a quarter of an hour for it (TRUNKLINE_SERVER_IDLE_S) and then ends by itself.
    """
    from flows.cli.down import stop_servers

    stop_servers()


@app.command()
def up(
    mlflow_port: Annotated[int, typer.Option(help="0: any free port.")] = MLFLOW_PORT,
    prefect_port: Annotated[int, typer.Option(help="0: any free port.")] = PREFECT_PORT,
    pool: Annotated[str, typer.Option(help="Whose runs the worker takes.")] = "trunkline",
) -> None:
    """Run Prefect, MLflow and a worker on this machine, on loopback, until Ctrl-C; makes the server equal first.

    For a small team; docs/operations.md has the same with PostgreSQL and workers on other machines.
    """
    from flows.cli.up import keep_up

    keep_up(mlflow_port, prefect_port, pool)


@app.command()
def sync(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Make the Prefect server equal to prefect.yaml: work pool, deployments, schedules, triggers, dead workers' runs.

    What is in the file's work pools and not in the file is removed. A schedule that a person paused or activated
    stays so: the file says only how a new one begins. PREFECT_API_URL names the server; default: this home's.
    """
    from flows.cli.sync import run_sync

    run_sync(dry_run=dry_run)


@app.command()
def doctor(
    fix: Annotated[bool, typer.Option("--fix", help="Put right what killed commands left behind.")] = False,
    json: Json = False,
) -> None:
    """Check Python, packages, GPU, ports, disk and home, and look for what killed commands left behind."""
    from flows.cli.doctor import show_health

    raise typer.Exit(show_health(fix=fix, as_json=json))


@app.command()
def clean(
    keep: Annotated[int, typer.Option("--keep", min=0, help="Outputs of each step that stay, latest used first.")] = 5,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    json: Json = False,
) -> None:
    """Remove finished steps, bundles and failed runs that nothing needs any more.

    Whatever the champion, the challenger and the champion before need stays, and so do the last promotions and the
    last outputs of each step. Refuses to start while another command works in this home.
    """
    from flows.cli.clean import clean_home

    clean_home(keep, dry_run=dry_run, as_json=json)


@app.command()
def demo(spec: Annotated[Path, typer.Option("--spec", help="What to train.")] = Path("specs/home.yaml")) -> None:
    """Train the smart home, put it on a device of its own, and ask it something."""
    from flows.cli.demo import run_demo

    run_demo(spec)


@app.command("demo-fleet")
def demo_fleet() -> None:
    """Play a signed channel with three devices: updates, a bad bundle, a mirror that lies. About a minute.

    Ships the champion of `home`; where there is none, a tiny net is trained first.
    """
    from flows.cli.fleet_demo import run_fleet_demo

    run_fleet_demo()


def main() -> None:
    """Run a command; errors become one paragraph on stderr and an exit code (2: the call, 1: ours)."""
    try:
        app()
    except Exception as error:
        from flows.cli.errors import report
        from tasks.settings import Settings

        sys.exit(report(error, Settings.from_environment().logs))
    finally:
        nothing_to_stop()
