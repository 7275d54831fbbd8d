"""`trunkline demo-fleet`: a signed channel and three devices that follow it: updates, a bad one, a mirror that lies."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import uvicorn
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deploy.repository import release
from deploy.repository.channels import unpack
from deploy.repository.keys import KeyFolder
from deploy.repository.signed import SignedRepository
from deploy.rollout import moves
from deploy.rollout.moves import Desk
from deploy.rollout.plan import Plan, Stage
from deploy.rollout.receive import reports_app
from deploy.rollout.rehearsal import gone_bad, retrained
from deploy.rollout.store import ReportStore
from flows.cli.parse import find_champion
from flows.cli.printing import shown
from flows.cli.retrain import run_retrain
from schemas.errors import TrunklineError
from tasks.settings import Settings
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.update.decisions import BUCKETS, bucket
from trunkline_edge.update.status import status_of

CHANNEL, LOCAL = "stable", "local"
DEVICES = ("kitchen", "bedroom", "garage")
INTERVAL_S, PROBATION_S = 2.0, 3.0
WAIT_S = 180.0
"""For one device to do one thing; a busy machine takes long to start a process."""
TINY = Path("specs/tiny.yaml")


class DemoStuck(TrunklineError):
    """A device did not do what it should in time."""


def run_fleet_demo() -> None:
    """Play the story, with a table after each act."""
    console, settings = Console(), Settings.from_environment()
    product, champion = _champion(console, settings)
    folder = settings.home / "demo-fleet"
    shutil.rmtree(folder, ignore_errors=True)
    with ExitStack() as stack:
        stage = _Stage(console, folder, product, champion, stack)
        for act in (stage.open, stage.new_training, stage.one_head, stage.bad_bundle, stage.lying_mirror):
            begun = time.monotonic()
            act()
            stage.show()
            console.print(f"[dim]{time.monotonic() - begun:.0f} s[/dim]\n", highlight=False)
    console.print(shown(f"All of it lies in {folder}; `rm -r` it at will."), soft_wrap=True)


def _champion(console: Console, settings: Settings) -> tuple[str, Path]:
    """Return a product's name and its champion as a folder; without any, of a tiny net that is trained first."""
    if not any((settings.repository / "channels").glob(f"*/{LOCAL}.json")):
        console.print("No champion yet (`make demo` makes one of full size): training a tiny net first.")
        run_retrain(TINY, [], [], as_json=False)
    names = [path.parent.name for path in (settings.repository / "channels").glob(f"*/{LOCAL}.json")]
    product, champion = find_champion(settings.repository, "home" if "home" in names else sorted(names)[0], LOCAL)
    return product, unpack(settings.repository, champion.bundle_id, settings.home / "demo-fleet-champion")


@dataclass
class _Device:
    """A `trunkline-edge` process with a home of its own."""

    home: Path
    process: subprocess.Popen[bytes]
    url: str


@dataclass
class _Stage:
    """All that stands on it."""

    console: Console
    folder: Path
    product: str
    good: Path
    """Folder of the bundle that all devices run."""
    stack: ExitStack
    versions: dict[str, int] = field(default_factory=dict)
    """By bundle id."""
    devices: dict[str, _Device] = field(default_factory=dict)

    def open(self) -> None:
        """Act 1: keys, a repository, a channel, three devices."""
        self._say("A channel", "keys for every role, a signed repository of static files, and three devices that know "
                  "its first root.json and nothing else")  # fmt: skip
        repository = SignedRepository(self.folder / "published", KeyFolder(self.folder / "keys"))
        release.init(repository, [CHANNEL])
        self.desk = Desk(repository, self.folder / "rollouts", ReportStore(self.folder / "reports.db"))
        self.bytes = Counter[str]()
        self.url = self.stack.enter_context(_served(_Counted(_files(repository.folder), self.bytes)))
        self.reports = self.stack.enter_context(_served(reports_app(self.desk.reports, None))) + "/reports"
        release.promote(repository, CHANNEL, self.product, self._publish(self.good), 1)
        for name in DEVICES:
            self._start(name, self.url)
        self._until_all_run_good(self.good)

    def new_training(self) -> None:
        """Act 2: everything is new."""
        self._say("A new training", "trunk and heads are new, so every device fetches them all")
        graphs = [entry.name for entry in _manifest(self.good).files if entry.role in ("trunk", "head")]
        new = self._next_folder()
        retrained(self.good, new, graphs, seed=1)
        release.promote(self.desk.repository, CHANNEL, self.product, self._publish(new), len(self.versions))
        self._until_all_run_good(new)

    def one_head(self) -> None:
        """Act 3: a head over the same trunk, in two stages."""
        head = self._head()
        self._say("One head, in stages", f"{head} was trained on over the frozen trunk: first for one device, for all "
                  "when its report is good")  # fmt: skip
        new = self._next_folder()
        retrained(self.good, new, [head], seed=2)
        bundle_id = self._publish(new)
        first = self._roll_out(bundle_id)
        self._until(lambda: self._runs(first, bundle_id), f"{first} runs {self._name(bundle_id)}")
        self._steer_until("finish")
        self._until_all_run_good(new)

    def bad_bundle(self) -> None:
        """Act 4: signed by the right key, and bad."""
        head = self._head()
        self._say("A bad bundle", f"signed by the right keys, but {head} answers nonsense: the first device's test "
                  "refuses it, its report stops the rollout, the others never see it")  # fmt: skip
        bad = self._next_folder()
        gone_bad(self.good, bad, head)
        bundle_id = self._publish(bad)
        first = self._roll_out(bundle_id)
        self._until(lambda: bundle_id in status_of(self.devices[first].home)["failed"], f"{first} refuses it")  # type: ignore[operator]  # a dict, in JSON
        self._steer_until("stop")
        self._until_all_run_good(self.good)

    def lying_mirror(self) -> None:
        """Act 5: a byte of a file differs on the way."""
        head = self._head(last=True)
        self._say("A mirror that lies", f"it serves the next version with one bit of {head} flipped; one device "
                  "follows the mirror, the others the repository")  # fmt: skip
        name = DEVICES[-1]
        self._stop(name)  # before it could take the new version from the repository
        new = self._next_folder()
        retrained(self.good, new, [head], seed=3)
        release.promote(self.desk.repository, CHANNEL, self.product, self._publish(new), len(self.versions))
        mirror = self.folder / "mirror"
        shutil.copytree(self.desk.repository.folder, mirror)
        entry = _manifest(new).file(head)
        (file,) = (mirror / "targets" / "m").glob(f"{entry.sha256}.*")
        raw = bytearray(file.read_bytes())
        raw[len(raw) // 2] ^= 1
        file.write_bytes(raw)
        self._start(name, self.stack.enter_context(_served(_files(mirror))))
        self._until(lambda: status_of(self.devices[name].home)["code"] == "update.content", f"{name} refuses the file")
        self._until(lambda: self._runs(name, _manifest(self.good).bundle_id), f"{name} keeps what it has")
        for other in DEVICES[:-1]:
            self._until(partial(self._runs, other, _manifest(new).bundle_id), f"{other} runs the next version")
        self.show()
        self.console.print(f"{name} goes back to the repository itself:", highlight=False)
        self._stop(name)
        self._start(name, self.url)
        self._until_all_run_good(new)

    def show(self) -> None:
        """Print what devices run and think, by their own `status`, and what the server has sent."""
        sent = f"{self.bytes['targets']:,} bytes of bundles, {self.bytes['metadata']:,} of signed metadata"
        self.console.print(f"sent since the act began: {sent}", highlight=False)
        table = Table()
        for column in ("device", "runs", "before", "refused for good", "last check"):
            table.add_column(column)
        for name, device in self.devices.items():
            status = status_of(device.home)
            failed: dict[str, str] = status["failed"]  # type: ignore[assignment]  # as JSON has it
            trial = ", on probation" if status["on_probation"] else ""
            table.add_row(
                name,
                self._name(status["active"]) + trial,
                self._name(status["previous"]),
                ", ".join(f"{bundle_id[:8]}: {code}" for bundle_id, code in failed.items()),
                "well" if status["code"] is None else str(status["code"]),
            )
        self.console.print(table)

    def _roll_out(self, bundle_id: str) -> str:
        """Start a rollout whose first stage is exactly one of the devices; returns its name."""
        pointer = release.pointer_of(self.desk.repository, CHANNEL, self.product)
        assert pointer is not None  # since act 1
        ids = {(device.home / "device").read_text(): name for name, device in self.devices.items()}
        turn = {bucket(f"{CHANNEL}-{self.product}-{pointer.sequence + 1}", each): name for each, name in ids.items()}
        only = min(turn)
        # One failure of three devices is no statistics: the count rule stops here.
        plan = Plan(stages=(Stage(100 * (only + 1) / BUCKETS, 1, 0), Stage(100, 3, 0)), max_failed=1)
        version = self.versions[bundle_id]
        moves.start(self.desk, CHANNEL, self.product, bundle_id=bundle_id, version=version, plan=plan, who="demo",
                    why=f"version {version}")  # fmt: skip
        return turn[only]

    def _steer_until(self, action: str) -> None:
        """Do what the rules say until they have said this, as the flow `rollout` does by the hour."""

        def step() -> bool:
            standing = moves.look(self.desk, CHANNEL, self.product)
            assert standing is not None  # else the loop has ended
            decision = standing.decision
            if decision.action == "wait":
                return False
            self.console.print(f"  {decision.action}: {'; '.join(decision.reasons)}", highlight=False, markup=False)
            if decision.action == "stop":
                moves.stop(self.desk, CHANNEL, self.product, who="demo", why=decision.reasons)
            else:
                moves.widen(self.desk, standing, who="demo", why=decision.reasons)
            return decision.action == action

        self._until(step, f"the reports lead to {action}")

    def _say(self, title: str, what: str) -> None:
        self.console.rule(f"[bold]{title}[/]", align="left")
        self.console.print(what, highlight=False)
        if hasattr(self, "bytes"):
            self.bytes.clear()

    def _next_folder(self) -> Path:
        return self.folder / f"bundle-{len(self.versions) + 1}"

    def _publish(self, folder: Path) -> str:
        found = release.publish(self.desk.repository, folder)
        self.versions[found.bundle_id] = len(self.versions) + 1
        files = ", ".join(found.files)
        self.console.print(f"  published: {files}; {found.bytes:,} bytes", highlight=False, markup=False)
        return found.bundle_id

    def _head(self, *, last: bool = False) -> str:
        heads = [entry.name for entry in _manifest(self.good).files if entry.role == "head"]
        return heads[-1 if last else 0]

    def _name(self, bundle_id: object) -> str:
        version = self.versions.get(str(bundle_id))
        return "nothing" if bundle_id is None else f"version {version}, {str(bundle_id)[:8]}"

    def _runs(self, name: str, bundle_id: str) -> bool:
        status = status_of(self.devices[name].home)
        return status["active"] == bundle_id and not status["on_probation"]

    def _until_all_run_good(self, folder: Path) -> None:
        self.good = folder
        bundle_id = _manifest(folder).bundle_id
        for name in self.devices:
            self._until(partial(self._runs, name, bundle_id), f"{name} runs {self._name(bundle_id)}")

    def _until(self, is_so: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WAIT_S
        while not is_so():
            if time.monotonic() > deadline:
                raise DemoStuck(f"waited {WAIT_S:g} s in vain for: {what}; logs: {self.folder}/*.log")
            time.sleep(0.1)

    def _start(self, name: str, url: str) -> None:
        home = self.folder / name
        root = self.desk.repository.folder / "metadata" / "1.root.json"
        command = [
            sys.executable, "-P", "-m", "trunkline_edge", "update", "--daemon", "--home", str(home), "--url", url,
            "--root", str(root), "--product", self.product, "--channel", CHANNEL, "--interval", str(INTERVAL_S),
            "--probation", str(PROBATION_S), "--report-url", self.reports,
        ]  # fmt: skip
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        self.devices[name] = _Device(home, process, url)
        self.stack.callback(_end, process)

    def _stop(self, name: str) -> None:
        _end(self.devices[name].process)


def _manifest(folder: Path) -> Manifest:
    return Manifest.from_bytes((folder / "manifest.json").read_bytes())


def _files(folder: Path) -> ASGIApp:
    return Starlette(routes=[Mount("/", StaticFiles(directory=folder))])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class _Counted:
    """Counts the bytes that an application sends, by the first part of the path."""

    def __init__(self, app: ASGIApp, sent: Counter[str]) -> None:
        self.app, self.sent = app, sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.body":
                self.sent[scope["path"].split("/")[1]] += len(message.get("body", b""))
            await send(message)

        await self.app(scope, receive, counted)


@contextmanager
def _served(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a free port of this machine; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)
