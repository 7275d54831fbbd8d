"""`trunkline-edge`: what a person or a service manager runs on the device. Standard library only."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from trunkline_edge import __version__
from trunkline_edge.errors import InputRefused, ServiceRefused, TrunklineEdgeError
from trunkline_edge.understanding.text import MAX_CHARACTERS

MAX_LINE_BYTES = 64 * 1024  # bytes


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, 1 when the device or bundle is at fault, 2 when the call is."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # as standard input is read, whatever the locale of a service
    try:
        return int(options.run(options))
    except TrunklineEdgeError as error:
        print(f"trunkline-edge: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # Python flushes once more when it ends, and exits with 120 where that fails: let it flush to nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.stderr.close()
        return 0
    except OSError as error:
        print(f"trunkline-edge: {error.filename or options.home}: {error.strerror or error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    default_home = os.environ.get("TRUNKLINE_EDGE_HOME", "./.trunkline/device")
    parser = argparse.ArgumentParser(prog="trunkline-edge", description="Understand utterances on this device.")
    parser.add_argument("--version", action="version", version=f"trunkline-edge {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, help_text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_text, description=help_text)
        sub.add_argument(
            "--home",
            type=Path,
            default=Path(default_home),
            help="folder of this device's bundles (default: %(default)s)",
        )
        sub.set_defaults(run=run)
        return sub

    parse = command("parse", _parse, "Answer utterances as JSON, one canonical result a line.")
    parse.add_argument("text", nargs="*", help="utterances; without any, lines of standard input")
    parse.add_argument("--all", action="store_true", help="also rank every label of the class heads")
    parse.add_argument("--timing", action="store_true", help="also give milliseconds")
    parse.add_argument("--threads", type=int, default=1, help="onnxruntime threads (default: 1, best for short text)")
    update = command("update", _update, "Install what a channel of a local repository points at.")
    update.add_argument("--repository", type=Path, required=True, help="folder of the repository")
    update.add_argument("--product", required=True, help="product to follow, for example home")
    update.add_argument("--channel", default="local", help="channel to follow (default: local)")
    verify = command("verify", _verify, "Hash every file of a bundle and repeat its golden utterances.")
    verify.add_argument("--bundle", help="bundle id (default: the active one)")
    serving = command("serve", _serve, "Answer over HTTP and Wyoming until stopped; needs the extra [serve].")
    serving.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serving.add_argument("--http-port", type=int, default=8080, help="0: any free one (default: %(default)s)")
    serving.add_argument("--wyoming-port", type=int, default=10400, help="0: any free one (default: %(default)s)")
    serving.add_argument("--mqtt", metavar="HOST[:PORT]", help="broker on which Hermes queries are answered")
    serving.add_argument("--token-file", type=Path, help="file of mode 600 with the token that HTTP callers must show")
    serving.add_argument("--names", type=Path, help="file that maps labels to Home Assistant's intents and slots")
    serving.add_argument("--threads", type=int, default=1, help="that run graphs (default: %(default)s)")
    serving.add_argument("--log-level", default="info", help="debug, info, warning or error (default: %(default)s)")
    command("status", _status, "Show what is installed, as JSON.")
    return parser


def _parse(options: argparse.Namespace) -> int:
    from trunkline_edge.bundle.store import open_active

    runtime = open_active(options.home, threads=options.threads)
    for text in options.text or _lines():
        print(runtime.parse(text, ranking=options.all).to_line(timing=options.timing), flush=True)
    return 0


def _lines() -> Iterator[str]:
    """Utterances from standard input; a line that is no text is refused with its number."""
    for number, raw in enumerate(iter(lambda: sys.stdin.buffer.readline(MAX_LINE_BYTES + 1), b""), start=1):
        if len(raw) > MAX_LINE_BYTES:
            raise InputRefused(
                f"line {number} is longer than {MAX_LINE_BYTES} bytes; text has at most {MAX_CHARACTERS}"
            )
        try:
            yield raw.decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise InputRefused(f"line {number} is not UTF-8: {error.reason} at byte {error.start}") from None


def _update(options: argparse.Namespace) -> int:
    from trunkline_edge.bundle.store import update

    state, copied = update(options.home, options.repository, options.product, options.channel)
    print(json.dumps({"active": state.active, "previous": state.previous, "copied": [e.name for e in copied]}))
    return 0


def _verify(options: argparse.Namespace) -> int:
    from trunkline_edge.bundle.store import load_manifest, located_in, read_state
    from trunkline_edge.errors import NothingInstalled
    from trunkline_edge.understanding.selftest import check_golden
    from trunkline_edge.understanding.session import Runtime

    bundle_id = options.bundle or read_state(options.home).active
    if bundle_id is None:
        raise NothingInstalled(f"no bundle is active in {options.home}; run `trunkline-edge update` first")
    locate = located_in(options.home)
    runtime = Runtime(load_manifest(options.home, bundle_id), locate)
    print(json.dumps({"bundle_id": bundle_id, "golden": check_golden(runtime, locate), "ok": True}))
    return 0


def _serve(options: argparse.Namespace) -> int:
    from trunkline_edge.services import MQTT_PACKAGES, missing_packages

    if missing := missing_packages():
        raise ServiceRefused(f"serving needs {', '.join(missing)}: `pip install 'trunkline-edge[serve]'`")
    if options.mqtt and missing_packages(MQTT_PACKAGES):
        raise ServiceRefused("--mqtt needs paho-mqtt: `pip install 'trunkline-edge[serve,mqtt]'`")
    from trunkline_edge.services.engine import BundleSource
    from trunkline_edge.services.serve import serve
    from trunkline_edge.services.settings import serve_options

    serve(
        BundleSource.of_device(options.home),
        serve_options(
            host=options.host,
            http_port=options.http_port,
            wyoming_port=options.wyoming_port,
            token_file=options.token_file,
            names_file=options.names,
            mqtt=options.mqtt,
            threads=options.threads,
            log_level=options.log_level,
        ),
        lambda addresses: print(addresses.to_text(), flush=True),
    )
    return 0


def _status(options: argparse.Namespace) -> int:
    from trunkline_edge.bundle.store import load_manifest, read_state

    state = read_state(options.home)
    status: dict[str, object] = {"home": str(options.home), "active": state.active, "previous": state.previous}
    if state.active is not None:
        manifest = load_manifest(options.home, state.active)
        status |= {
            "product": manifest.product,
            "version": manifest.version,
            "created": manifest.created,
            "bytes": manifest.size_bytes,
            "heads": [head.name for head in manifest.heads],
            "quality": manifest.quality,
            "cost": asdict(manifest.cost) if manifest.cost else None,
        }
    print(json.dumps(status, ensure_ascii=False, indent=1))
    return 0
