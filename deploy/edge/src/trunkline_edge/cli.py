"""`trunkline-edge`: what a person or a service manager runs on the device. Standard library only."""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from trunkline_edge import __version__
from trunkline_edge.errors import (
    BootCorrupt,
    BundleInvalid,
    InputRefused,
    ServiceRefused,
    TrunklineEdgeError,
    UpdateRunning,
)
from trunkline_edge.printable import printable
from trunkline_edge.token import HOME_ASSISTANT_VARIABLE

if TYPE_CHECKING:
    from trunkline_edge.understanding.names import Names

PACKAGES = {
    "onnxruntime": "trunkline-edge[cpu]",
    "numpy": "trunkline-edge",
    "tuf": "trunkline-edge[update]",
    "urllib3": "trunkline-edge[update]",
    "websockets": "trunkline-edge[names]",
}
"""What commands import late -> what brings it."""
YEAR_S = 366 * 86_400
MAX_TOLD = 5
"""Places that a warning lists."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, 1 if the device or bundle is at fault, 2 if the call is, 130 or 143 if stopped."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # as standard input is read, whatever the locale of a service
    try:
        return int(options.run(options))
    except TrunklineEdgeError as error:
        code = getattr(error, "code", None)
        print(f"trunkline-edge: {printable(str(error))}" + (f" ({code})" if code else ""), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt as stopped:
        print("trunkline-edge: stopped. What is installed stays; the same command goes on from here.", file=sys.stderr)
        return 128 + int((stopped.args or (signal.SIGINT,))[0])
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in PACKAGES:
            raise
        told = f"needs the package {package}, which is not installed: `pip install '{PACKAGES[package]}'`"
        print(f"trunkline-edge: this {told}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Python flushes once more when it ends, and exits with 120 where that fails: let it flush to nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.stderr.close()
        return 0
    except OSError as error:
        message = f"{error.filename or options.home}: {error.strerror or error}"
        print(f"trunkline-edge: {printable(message)}", file=sys.stderr)
        return 1


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(number)


def _parser() -> argparse.ArgumentParser:
    default_home = Path(os.environ.get("TRUNKLINE_EDGE_HOME", "./.trunkline/device"))
    parser = argparse.ArgumentParser(prog="trunkline-edge", description="Understand utterances on this device.")
    parser.add_argument("--version", action="version", version=f"trunkline-edge {__version__}")
    parser.set_defaults(home=default_home)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    home_help = (
        "folder of this device's bundles; root writes there as its owner "
        "(default: $TRUNKLINE_EDGE_HOME, else ./.trunkline/device)"
    )

    def command(name: str, run: object, help_text: str, of: Any = commands) -> argparse.ArgumentParser:
        sub: argparse.ArgumentParser = of.add_parser(name, help=help_text, description=help_text)
        # Without a default of its own: before or after the action, `names --home H set` too, what was given counts.
        sub.add_argument("--home", type=Path, default=argparse.SUPPRESS, help=home_help)
        sub.set_defaults(run=run)
        return sub

    factory_help = "folder of a bundle to fall back on (default: the package's)"
    threads_help = "threads that run graphs (default: %(default)s, best for short text)"
    token_help = "file of mode 600 with the token that the fleet's server wants to see"
    parse = command("parse", _parse, "Answer utterances as JSON, one canonical result a line.")
    parse.add_argument("text", nargs="*", help="utterances; without any, a prompt, or the lines of standard input")
    parse.add_argument("--all", action="store_true", help="also rank every label of the class heads")
    parse.add_argument("--timing", action="store_true", help="also give milliseconds")
    parse.add_argument("--threads", type=_between(0, 64, int), default=1, metavar="N", help=threads_help)
    answering_help = "threads that answer beside the main one (default: %(default)s, best for short text)"
    serving = command("serve", _serve, "Answer over HTTP and Wyoming until stopped; needs the extra [serve].")
    serving.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    port_help = "0: any free port (default: %(default)s)"
    serving.add_argument("--http-port", type=int, default=8080, metavar="PORT", help=port_help)
    serving.add_argument("--wyoming-port", type=int, default=10400, metavar="PORT", help=port_help)
    serving.add_argument("--mqtt", metavar="HOST[:PORT]", help="broker for Hermes queries; needs the extra [mqtt]")
    zeroconf_help = "announce Wyoming under this name; needs the extra [zeroconf]"
    serving.add_argument("--zeroconf", metavar="NAME", help=zeroconf_help)
    hybrid_help = "ask Home Assistant's exact templates first; needs the extra [hybrid]"
    serving.add_argument("--hybrid", action="store_true", help=hybrid_help)
    mapping_help = "labels to intents and slots of Home Assistant, as JSON (default: the package's)"
    serving.add_argument("--home-assistant", type=Path, metavar="FILE", help=mapping_help)
    caller_help = "file of mode 600 with the token that HTTP callers must show"
    serving.add_argument("--token-file", type=Path, metavar="FILE", help=caller_help)
    serving.add_argument("--threads", type=int, default=0, metavar="N", help=answering_help)
    serving.add_argument("--factory", type=Path, metavar="FOLDER", help=factory_help)
    level_help = "debug, info, warning or error (default: %(default)s)"
    serving.add_argument("--log-level", default="info", metavar="LEVEL", help=level_help)
    names = command("names", None, "Show, set or clear the names that only this device knows: rooms, lamps, artists.")
    home_token_help = f"file of mode 600 with an administrator's token (default: ${HOME_ASSISTANT_VARIABLE})"
    names.add_argument("--token-file", type=Path, help=argparse.SUPPRESS)  # of `sync`, which it may stand before
    of_names = names.add_subparsers(required=True, metavar="ACTION")
    command("show", _names_show, "Print all names as a file that `set` takes.", of_names)
    set_text = "Take the names of a file in place of all names before; services know them within a second."
    setting = command("set", _names_set, set_text, of_names)
    file_help = 'JSON: {list: [{"id", "names": [...], "in": id of what it stands in, if anything}]}'
    setting.add_argument("file", type=Path, metavar="FILE", help=file_help)
    command("clear", _names_clear, "Forget all names.", of_names)
    sync_text = "Take the names of a Home Assistant in place of all names before; needs the extra [names]."
    syncing = command("sync", _names_sync, sync_text, of_names)
    syncing.add_argument("address", metavar="ADDRESS", help="for example http://homeassistant.local:8123")
    syncing.add_argument("--token-file", type=Path, default=argparse.SUPPRESS, metavar="FILE", help=home_token_help)
    skill = command("skill", None, "Add, remove or list skills: heads by others on the active bundle's trunk.")
    of_skills = skill.add_subparsers(required=True, metavar="ACTION")
    adding = command("add", _skill_add, "Test a skill and add it, or take a newer version of one.", of_skills)
    adding.add_argument("file", type=Path, metavar="FILE", help="the packed skill, for example coffee.tls")
    removing = command("remove", _skill_remove, "Remove a skill; the others and the bundle stay.", of_skills)
    removing.add_argument("name", metavar="NAME", help="as `list` shows it")
    command("list", _skill_list, "List the skills, and why one does not answer.", of_skills)
    install = command("install", _install, "Install a bundle that was carried here in one file (`trunkline pack`).")
    install.add_argument("file", type=Path, metavar="FILE", help="the packed bundle, for example home.tlb")
    install.add_argument("--factory", type=Path, metavar="FOLDER", help=factory_help)
    update = command("update", _update, "Install what a channel points at, once or as a service.")
    where = update.add_mutually_exclusive_group(required=True)
    where.add_argument("--repository", type=Path, metavar="FOLDER", help="folder of a local repository")
    where.add_argument("--url", help="address of a signed repository; needs --root and the extra [update]")
    root_help = "root.json of the signed repository, which came with this device"
    update.add_argument("--root", type=Path, metavar="FILE", help=root_help)
    update.add_argument("--product", required=True, help="product to follow, for example home")
    update.add_argument("--channel", default="local", help="channel to follow (default: %(default)s)")
    skill_help = "also take this skill, signed by this author, for the active bundle's trunk; repeatable; needs --url"
    update.add_argument("--skill", action="append", default=[], metavar="AUTHOR/NAME", help=skill_help)
    update.add_argument("--daemon", action="store_true", help="keep checking until SIGTERM")
    interval_help = "between two checks of the daemon (default: %(default)s)"
    update.add_argument("--interval", type=_between(1, YEAR_S), default=3600, metavar="SECONDS", help=interval_help)
    probation_help = "for which a new bundle is on probation (default: %(default)s)"
    update.add_argument("--probation", type=_between(0, YEAR_S), default=600, metavar="SECONDS", help=probation_help)
    update.add_argument("--factory", type=Path, metavar="FOLDER", help=factory_help)
    ms_help = "that 95 of 100 answers of a new bundle may take (default: %(default)s)"
    update.add_argument("--max-ms", type=_between(1, 1e6), default=500, metavar="MS", help=ms_help)
    mb_help = "of memory that a new bundle may take (default: %(default)s)"
    update.add_argument("--max-mb", type=_between(1, 1e6), default=400, metavar="MB", help=mb_help)
    seconds_help = "that a new bundle's test may take (default: %(default)s)"
    update.add_argument("--max-seconds", type=_between(1, 1e6), default=120, metavar="SECONDS", help=seconds_help)
    update.add_argument("--report-url", metavar="URL", help="where to post what came of the check, or of the daemon's")
    update.add_argument("--report-token-file", type=Path, metavar="FILE", help=token_help)
    back = command("rollback", _rollback, "Return to the bundle before the active one, which is never tried again.")
    back.add_argument("reason", nargs="?", default="rolled back by hand", help="what is wrong, for the output")
    back.add_argument("--factory", type=Path, metavar="FOLDER", help=factory_help)
    verify = command("verify", _verify, "Hash every file of a bundle and repeat its golden utterances.")
    verify.add_argument("--bundle", metavar="ID", help="bundle id (default: the active one)")
    status = command("status", _status, "Show what is installed and how the last check went.")
    status.add_argument("--json", action="store_true", help="print one JSON value for a program to read")
    report = command("report", _report, "Post the reports that wait for the fleet's server; no utterance is in them.")
    report.add_argument("--report-url", required=True, metavar="URL", help="where to post them")
    report.add_argument("--report-token-file", type=Path, metavar="FILE", help=token_help)
    return parser


def _between(least: float, most: float, kind: Callable[[str], float] = float) -> Callable[[str], float]:
    """Return what reads a number in these bounds, for argparse."""

    def number(text: str) -> float:
        if not least <= kind(text) <= most:
            raise argparse.ArgumentTypeError(f"{text}: expected {least:,} to {most:,.0f}")
        return kind(text)

    return number


def _act_as_owner(home: Path) -> None:
    """Let root go on as the user who owns a home: services of that user could not read what root writes.

    For good, and only where that user can run this program, as their services must.
    """
    if os.geteuid() != 0 or not home.exists() or (owner := home.stat()).st_uid == 0:
        return
    os.seteuid(owner.st_uid)
    can_run = all(os.access(path, os.R_OK, effective_ids=True) for path in (home, sys.executable, __file__))
    os.seteuid(0)
    if can_run:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
        print(f"trunkline-edge: goes on as user {owner.st_uid}, who owns {printable(str(home))}", file=sys.stderr)


def _parse(options: argparse.Namespace) -> int:
    from trunkline_edge.bundle.skills import SKILLS_FILE
    from trunkline_edge.lines import Refused, answer_lines, read_lines
    from trunkline_edge.prompt import prompt
    from trunkline_edge.understanding.names_file import names_of
    from trunkline_edge.understanding.session import open_active
    from trunkline_edge.understanding.skills import open_skills

    runtime = open_active(options.home, threads=options.threads)
    runtime.know(names_of(options.home))
    opened = open_skills(options.home, options.home / SKILLS_FILE, runtime, threads=options.threads)
    runtime.learn(opened.skills)
    for why in opened.aside.values():
        print(printable(f"trunkline-edge: set aside: {why}"), file=sys.stderr)
    for text in options.text:
        print(runtime.parse(text, ranking=options.all).to_line(timing=options.timing), flush=True)
    if options.text:
        return 0
    if sys.stdin.isatty():
        prompt(runtime, lambda answer: print(answer.to_line(timing=options.timing), flush=True), ranking=options.all)
        return 0
    refused = 0
    for answer in answer_lines(runtime, read_lines(sys.stdin.buffer), ranking=options.all):
        refused += isinstance(answer, Refused)
        print(answer.to_line(timing=options.timing), flush=True)
    if refused:
        raise InputRefused(f"refused {refused} of the lines; each has an `error` in place of its answer")
    return 0


def _install(options: argparse.Namespace) -> int:
    from trunkline_edge.update.agent import Agent
    from trunkline_edge.update.carried import CarriedSource
    from trunkline_edge.update.recovery import packaged_factory

    if not options.file.is_file():
        name = "FILE" if options.file.exists() else options.file.name
        raise InputRefused(f"{options.file}: {_no_file(options.file)}; `trunkline pack PRODUCT {name}` writes one")
    _act_as_owner(options.home)
    factory = options.factory or packaged_factory()
    agent = Agent(options.home, CarriedSource(options.file), factory=factory, tests_again=True)
    outcome = agent.check()
    print(f"{outcome.did}: {outcome.reason}")
    return 0 if outcome.state.active == agent.source.pointer().bundle_id else 1


def _no_file(path: Path) -> str:
    """Say what is where a file was to be."""
    if path.is_dir():
        return "is a folder, where a file was expected"
    return "is no file" if path.exists() else "no such file"


def _names_show(options: argparse.Namespace) -> int:
    from trunkline_edge.understanding.names_file import names_of

    print(printable(names_of(options.home).to_bytes().decode()))
    return 0


def _names_set(options: argparse.Namespace) -> int:
    from trunkline_edge.understanding.names_file import read_names

    return _keep(options.home, read_names(options.file))


def _names_clear(options: argparse.Namespace) -> int:
    from trunkline_edge.understanding.names_file import forget_names

    forget_names(options.home)
    return 0


def _names_sync(options: argparse.Namespace) -> int:
    """Ask a Home Assistant; what it calls things and nobody could say is told on stderr and left out."""
    from trunkline_edge.errors import NamesRefused
    from trunkline_edge.home_assistant_names import read_home
    from trunkline_edge.token import read_token

    token = read_token(options.token_file, variable=HOME_ASSISTANT_VARIABLE)
    if token is None:
        raise NamesRefused(f"a token of Home Assistant is needed: --token-file FILE, or ${HOME_ASSISTANT_VARIABLE}")
    home = read_home(options.address, token)
    for line in home.left_out:
        print(f"trunkline-edge: left out: {printable(line)}", file=sys.stderr)
    return _keep(options.home, home.names)


def _keep(home: Path, names: Names) -> int:
    """Let a home have these names; places that are not among them, and lists that its bundle does not use, are told on
    stderr.
    """
    from trunkline_edge.bundle.store import load_manifest, read_state
    from trunkline_edge.understanding.names_file import keep_names

    _act_as_owner(home)
    keep_names(home, names)
    print(f"{names.count:,} names known")
    entries = [entry for each in names.lists.values() for entry in each]
    if unknown := sorted({entry.within for entry in entries if entry.within} - {entry.id for entry in entries}):
        more = f" and {len(unknown) - MAX_TOLD} more" if len(unknown) > MAX_TOLD else ""
        told = f"`in` names {', '.join(unknown[:MAX_TOLD])}{more}, the id of nothing here"
        print(f"trunkline-edge: {printable(told)}: what stands there is not found where it stands", file=sys.stderr)
    with suppress(BundleInvalid):  # which is for an update to mend
        if (active := read_state(home).active) is not None:
            used = load_manifest(home, active).name_lists
            if idle := [name for name, entries in names.lists.items() if entries and name not in used]:
                told = f"no answer uses {', '.join(idle)}; lists of the active bundle: {', '.join(used) or 'none'}"
                print(f"trunkline-edge: {printable(told)}", file=sys.stderr)
    return 0


def _skill_add(options: argparse.Namespace) -> int:
    from trunkline_edge.errors import SkillRefused
    from trunkline_edge.update.skills import add_skill

    if not options.file.is_file():
        raise SkillRefused(f"{options.file}: {_no_file(options.file)}; `trunkline skill pack` writes one")
    _act_as_owner(options.home)
    manifest, health = add_skill(options.home, options.file)
    size = sum(entry.length for entry in manifest.brought)
    told = f"{health.golden} golden answers repeated, {size / 1e3:.1f} kB"
    print(printable(f"added: {manifest.product} version {manifest.provenance.version}, {told}"))
    return 0


def _skill_remove(options: argparse.Namespace) -> int:
    from trunkline_edge.update.skills import remove_skill

    _act_as_owner(options.home)
    remove_skill(options.home, options.name)
    print(printable(f"removed: {options.name}"))
    return 0


def _skill_list(options: argparse.Namespace) -> int:
    from trunkline_edge.update.skills import installed_skills

    for each in installed_skills(options.home):
        origin = each.manifest.provenance
        state = "answers" if each.aside is None else f"set aside: {each.aside}"
        print(printable(f"{each.manifest.product} version {origin.version}, {state}"))
    return 0


def _update(options: argparse.Namespace) -> int:
    from trunkline_edge.update.service import run_daemon, run_once

    _act_as_owner(options.home)
    return run_daemon(options) if options.daemon else run_once(options)


def _rollback(options: argparse.Namespace) -> int:
    from trunkline_edge.update.recovery import packaged_factory, reject

    _act_as_owner(options.home)
    print(reject(options.home, options.reason, options.factory or packaged_factory()).reason)
    return 0


def _report(options: argparse.Namespace) -> int:
    from trunkline_edge.token import read_token
    from trunkline_edge.update.report import post_reports

    token = read_token(options.report_token_file) if options.report_token_file else None
    posted = post_reports(options.home, options.report_url, token)
    whence = f": none waits in {printable(str(options.home))}; `update --report-url URL` makes one of each check"
    print(f"{posted} posted{'' if posted else whence}")
    return 0


def _verify(options: argparse.Namespace) -> int:
    from trunkline_edge.bundle.store import load_manifest, located_in, read_state
    from trunkline_edge.errors import NothingInstalled
    from trunkline_edge.understanding.selftest import check_golden
    from trunkline_edge.understanding.session import Runtime

    bundle_id = options.bundle or read_state(options.home).active
    if bundle_id is None:
        raise NothingInstalled.in_home(options.home)
    locate = located_in(options.home)
    try:
        golden = check_golden(Runtime(load_manifest(options.home, bundle_id), locate), locate)
    except TrunklineEdgeError as error:
        print(json.dumps({"bundle_id": bundle_id, "ok": False, "error": type(error).__name__}))
        raise
    print(json.dumps({"bundle_id": bundle_id, "golden": golden, "ok": True}))
    return 0


def _serve(options: argparse.Namespace) -> int:
    from trunkline_edge.services import missing_packages

    if missing := missing_packages():
        raise ServiceRefused(f"serving needs {', '.join(missing)}: `pip install 'trunkline-edge[serve]'`")
    from trunkline_edge.services.engine import BundleSource
    from trunkline_edge.services.serve import serve
    from trunkline_edge.services.settings import serve_options
    from trunkline_edge.update.recovery import mend, packaged_factory

    settings = serve_options(
        host=options.host,
        http_port=options.http_port,
        wyoming_port=options.wyoming_port,
        token_file=options.token_file,
        home_assistant=options.home_assistant,
        mqtt=options.mqtt,
        zeroconf=options.zeroconf,
        hybrid=options.hybrid,
        threads=options.threads,
        log_level=options.log_level,
    )
    _act_as_owner(options.home)
    try:
        mended = mend(options.home, options.factory or packaged_factory())
        if mended.did != "kept":
            print(f"trunkline-edge: {mended.reason}", file=sys.stderr)
    except (BootCorrupt, UpdateRunning, OSError) as error:
        # An update will mend it, or the home is one that this service may only read. It says itself what it lacks.
        print(f"trunkline-edge: {printable(str(error))}", file=sys.stderr)
    serve(
        BundleSource.of_device(options.home),
        settings,
        lambda addresses: print(addresses.to_text(), flush=True),
    )
    return 0


def _status(options: argparse.Namespace) -> int:
    from trunkline_edge.update.status import as_lines, as_table, status_of

    status = status_of(options.home)
    if options.json:
        print(printable(json.dumps(status, ensure_ascii=False, indent=1)))
    elif sys.stdout.isatty() and find_spec("rich"):
        from rich.console import Console

        Console().print(as_table(status))
    else:
        print(as_lines(status))
    return 0
