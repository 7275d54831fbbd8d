"""The environment as one frozen value; nothing below `tasks` looks at `os.environ`."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import inf
from pathlib import Path
from urllib.parse import quote, unquote

from schemas.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = ("127.0.0.1", "::1", "localhost")
MLFLOW_PORT, PREFECT_PORT = 5000, 4200
"""Where `trunkline ui` and `up` serve the pages, unless told otherwise or taken."""
MLFLOW_PAGE, PREFECT_PAGE = f"http://127.0.0.1:{MLFLOW_PORT}", f"http://127.0.0.1:{PREFECT_PORT}"
SERVER_IDLE_S = "900"
"""A person who looks at a result and changes the spec is back by then."""

_NO_FOLDER = (errno.EEXIST, errno.ENOTDIR, errno.ENOENT, errno.ELOOP, errno.ENAMETOOLONG)
"""What is wrong with a path and not with the machine."""


@dataclass(frozen=True)
class Settings:
    """Where Trunkline keeps its state and which servers it talks to."""

    home: Path
    mlflow_uri: str
    prefect_home: Path
    sweeps_uri: str
    """Database of sweeps."""
    runner: str = ""
    """Where the tasks of a flow run; see `tasks.runners`."""
    server_idle: str = SERVER_IDLE_S
    """As it was set; see `server_idle_s`."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read `TRUNKLINE_HOME`, `_SWEEPS_URI`, `_RUNNER`, `_SERVER_IDLE_S`, `MLFLOW_TRACKING_URI`, `PREFECT_HOME`.

        All have a default. A relative path is one of the folder where the command starts.
        """
        home = Path(environment.get("TRUNKLINE_HOME") or ".trunkline").expanduser().absolute()
        return cls(
            home=home,
            mlflow_uri=_in_full(environment.get("MLFLOW_TRACKING_URI") or database_uri(home / "mlflow.db")),
            prefect_home=Path(environment.get("PREFECT_HOME") or home / "prefect").expanduser().absolute(),
            sweeps_uri=_in_full(environment.get("TRUNKLINE_SWEEPS_URI") or database_uri(home / "sweeps.db")),
            runner=environment.get("TRUNKLINE_RUNNER") or "",
            server_idle=environment.get("TRUNKLINE_SERVER_IDLE_S") or SERVER_IDLE_S,
        )

    @property
    def cache(self) -> Path:
        """One folder a step and key."""
        return self.home / "cache"

    @property
    def quarantine(self) -> Path:
        """Rejected rows with their reasons."""
        return self.home / "quarantine"

    @property
    def repository(self) -> Path:
        """Bundles and channel pointers that devices read."""
        return self.home / "repository"

    @property
    def published(self) -> Path:
        """The signed repository: what a web server hands out to devices."""
        return self.home / "published"

    @property
    def keys(self) -> Path:
        """Private keys of the signed repository; nothing else may read them."""
        return self.home / "keys"

    @property
    def rollouts(self) -> Path:
        """Plans and moves of rollouts."""
        return self.home / "rollouts"

    @property
    def reports(self) -> Path:
        """Database of what devices report."""
        return self.home / "reports.db"

    @property
    def store(self) -> Path:
        """What came back from devices and people: a folder a product."""
        return self.home / "store"

    @property
    def inbox(self) -> Path:
        """Where such files are put to be taken in."""
        return self.home / "inbox"

    @property
    def logs(self) -> Path:
        """What libraries and servers have to say, kept off the terminal."""
        return self.home / "logs"

    @property
    def locks(self) -> Path:
        """Lock files; the kernel frees them when their holder dies."""
        return self.home / "locks"

    @property
    def artifacts(self) -> Path:
        """Files of MLflow's runs and models."""
        return self.home / "artifacts"

    @property
    def mlflow_database(self) -> Path | None:
        """MLflow's database where that is a file on this machine, and not somebody's server."""
        return _file_of(self.mlflow_uri)

    @property
    def is_local(self) -> bool:
        """Is MLflow a file, and not somebody's server?"""
        return self.mlflow_database is not None

    @property
    def server_idle_s(self) -> float:
        """How long a server waits for the next command, 0: not at all; raises `UserError` when that is no number."""
        try:
            seconds = float(self.server_idle)
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds < inf:
            raise UserError(
                f"TRUNKLINE_SERVER_IDLE_S is {self.server_idle!r}; expected seconds, for example 900, or 0 to keep none"
            )
        return seconds

    def apply(self) -> None:
        """Hand the settings to Prefect, MLflow and OpenMP, which read the environment when first imported.

        What the user has set already wins; paths are handed on in full, as servers start in other folders. A home that
        is new is its owner's alone: rows and keys lie in it. Raises `UserError` for a path that can be none.
        """
        try:
            self.home.parent.mkdir(parents=True, exist_ok=True)
            self.home.mkdir(mode=0o700, exist_ok=True)
            self.quarantine.mkdir(mode=0o700, exist_ok=True)  # also in a home that others may look into
            self.prefect_home.mkdir(parents=True, exist_ok=True)  # Prefect makes no parents
        except OSError as error:
            if error.errno not in _NO_FOLDER:
                raise
            place = f"{self.home!s:.200} (TRUNKLINE_HOME) cannot be made a folder: {error.strerror}"
            raise UserError(f"{place}; name one that is there or can be made") from None
        os.environ |= {
            "TRUNKLINE_HOME": str(self.home),
            "TRUNKLINE_SWEEPS_URI": self.sweeps_uri,
            "MLFLOW_TRACKING_URI": self.mlflow_uri,
            "PREFECT_HOME": str(self.prefect_home),
        }
        os.environ |= {name: value for name, value in self._library_environment().items() if not os.environ.get(name)}

    def _library_environment(self) -> dict[str, str]:
        own = self.prefect_home.is_relative_to(self.home)  # else it may have a profile that names another database
        prefect = database_uri(self.prefect_home / "prefect.db", driver="aiosqlite")
        return {
            **({"PREFECT_API_DATABASE_CONNECTION_URL": prefect} if own else {}),
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
            # A module in the working directory is not ours to import: for servers, workers and what they start.
            "PYTHONSAFEPATH": "1",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            # OpenMP's threads spin for milliseconds at every barrier. On a busy machine they spin while the others
            # wait for a core: a step took 1,700 ms beside two busy processes, 140 ms with this; alone 70 ms with or
            # without it (2 cores; `python -m bench.training`). libgomp reads it when torch is imported.
            "GOMP_SPINCOUNT": "20000",
        }


def database_uri(file: Path, *, driver: str = "pysqlite") -> str:
    """Return the address of an SQLite file, whatever characters its path has.

    The driver is named, though it is the default one: of a bare `sqlite:///` MLflow takes the quoted path for a folder,
    and makes it.
    """
    return f"sqlite+{driver}:///{quote(str(file), safe=' +/')}"  # as SQLAlchemy quotes


def _in_full(uri: str) -> str:
    """Return the address of a database; that of an SQLite file with its whole path."""
    file = _file_of(uri)
    if file is None or file.is_absolute() or str(file) == ":memory:":
        return uri
    _, mark, query = uri.partition("?")
    return f"{database_uri(file.absolute())}{mark}{query}"


def _file_of(uri: str) -> Path | None:
    scheme, _, path = uri.partition(":///")
    return Path(unquote(path.partition("?")[0])) if scheme.partition("+")[0] == "sqlite" else None


def source_folder(package: str) -> Path:
    """Return where a package of ours has its sources."""
    if package == "trunkline_edge":
        import trunkline_edge

        return Path(trunkline_edge.__file__).parent
    return ROOT / package


@cache
def git_commit() -> str:
    """Return the checkout's commit, with `-dirty` when files differ from it; `unknown` outside git."""
    try:
        described = subprocess.run(
            ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return described.stdout.strip()
