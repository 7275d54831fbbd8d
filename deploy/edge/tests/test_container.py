"""packaging/Containerfile, built and run: on a read-only root, as its unprivileged user, watched by its health command.

buildah builds it on a Debian made by mmdebstrap, as there is no registry of images here. What runs a container in
earnest is played by the kernel's own parts, as compose.yaml asks for them: namespaces, a root mounted read-only, no
capability and none to be had, the image's own user, environment and commands, and one volume.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tuf", reason="the device has no extra [update]")
pytest.importorskip("filelock", reason="the signed repository is of the application")

from deploy.edge.tests.update.fleet import GOOD, new_fleet

TOOLS = ("buildah", "mmdebstrap", "bwrap", "setpriv", "nsenter", "unshare", "ip")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="building a root file system takes root"),
    pytest.mark.skipif(
        not all(map(shutil.which, TOOLS)),
        reason=f"{', '.join(each for each in TOOLS if not shutil.which(each))} not installed",
    ),
]

EDGE = Path(__file__).parents[1]
DEBIAN = "docker.io/library/debian:bookworm-slim"
IMAGE = "trunkline-edge"
CERTIFICATES = Path("/etc/ssl/certs")
MAX_MB = 120
READY_S = 60
ASK = """
import json, urllib.request as r
asked = r.Request("http://127.0.0.1:8080/parse", json.dumps({"text": "turn on the lamp"}).encode())
print(r.urlopen(asked, timeout=10).read().decode())
"""


def did(*command: str | Path, timeout: float = 400) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=timeout)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@dataclass
class Image:
    """A built image: its files, and what it says of how to run it."""

    root: Path
    config: dict[str, Any]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    folder = tmp_path_factory.mktemp("image")
    debian = folder / "debian.tar"
    made = subprocess.run(
        ["mmdebstrap", "--variant=minbase", "--quiet", "bookworm", str(debian)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("no Debian to be had: mmdebstrap reaches no mirror")
    buildah = ("buildah", "--root", folder / "images", "--runroot", folder / "run", "--storage-driver", "vfs")
    base = did(*buildah, "from", "scratch").strip()
    did(*buildah, "add", base, debian, "/")
    did(*buildah, "commit", "--format", "docker", base, DEBIAN)
    # The desk's certificates, and where to look for them: pip may sit behind a proxy with one of its own.
    (folder / "pip.conf").write_text("[global]\ncert = /desk/ca-certificates.crt\ndefault-timeout = 180\n")
    source = shutil.copytree(EDGE, folder / "edge", ignore=shutil.ignore_patterns("tests", "*.egg-info", "build"))
    did(
        *(*buildah, "build", "--isolation", "chroot", "--format", "docker", "--pull-never", "--network", "host"),
        *("--volume", f"{CERTIFICATES}:/desk:ro", "--volume", f"{folder / 'pip.conf'}:/etc/pip.conf:ro"),
        *("--file", source / "packaging" / "Containerfile", "--tag", IMAGE, source),
    )
    config = json.loads(did(*buildah, "inspect", "--type", "image", IMAGE))["Docker"]["config"]
    container = did(*buildah, "from", "--pull-never", IMAGE).strip()
    yield Image(Path(did(*buildah, "mount", container).strip()), config)
    subprocess.run([*map(str, buildah), "rm", "--all"], capture_output=True, check=False)


@dataclass
class Device:
    """One network of containers of an image, with one volume, as compose.yaml has them."""

    image: Image
    inside: int
    """Process id of what holds network and mounts."""
    places: Path
    """Where image, volume and repository are seen by everybody in there."""

    def command(self, *words: str) -> list[str]:
        """Return what runs a command as the image wants to be run, and no more than compose.yaml lets it."""
        user, _, group = self.image.config["User"].partition(":")
        (volume,) = self.image.config["Volumes"]
        guarded = [
            *("nsenter", f"--target={self.inside}", "--net", "--mount"),
            *("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--inh-caps=-all"),
            *("--bounding-set=-all", "--no-new-privs"),
            *("bwrap", "--unshare-all", "--share-net", "--die-with-parent", "--ro-bind", f"{self.places}/root", "/"),
            *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--bind", f"{self.places}/volume", volume),
            *("--ro-bind", f"{self.places}/published", "/tmp/published", "--clearenv"),
        ]
        for variable in self.image.config["Env"]:
            name, _, value = variable.partition("=")
            guarded += ["--setenv", name, value]
        return [*guarded, *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*words), capture_output=True, text=True, check=False, timeout=120)

    def is_healthy(self) -> bool:
        """Ask as the container's runtime does."""
        kind, *command = self.image.config["Healthcheck"]["Test"]
        assert kind == "CMD"
        return self.run(*command).returncode == 0


@pytest.fixture
def device(image: Image, tmp_path: Path) -> Iterator[Device]:
    fleet = new_fleet(tmp_path / "fleet")
    fleet.release(GOOD)
    places = tmp_path / "places"
    volume = tmp_path / "volume"
    for folder in (places, volume):
        folder.mkdir()
    os.chown(volume, *map(int, image.config["User"].split(":")))
    shown = {"root": image.root, "volume": volume, "published": fleet.repository.folder}
    # Below /mnt, where somebody who may not look into our folders finds them.
    mounts = "".join(f"mkdir /mnt/{name} && mount --bind '{path}' /mnt/{name} && " for name, path in shown.items())
    script = f"mount -t tmpfs tmpfs /mnt && {mounts}ip link set lo up && echo up && exec sleep 600"
    held = subprocess.Popen(
        ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", script],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert held.stdout is not None and held.stdout.readline() == "up\n"
    yield Device(image, held.pid, Path("/mnt"))
    held.kill()
    held.communicate()


def until(is_so: Callable[[], bool], seconds: float = READY_S) -> bool:
    end = time.monotonic() + seconds
    while not (found := is_so()) and time.monotonic() < end:
        time.sleep(0.5)
    return found


def test_it_serves_and_updates_on_a_read_only_root_and_its_health_command_tells_how_it_is(
    device: Device, tmp_path: Path
) -> None:
    config = device.image.config
    site = ("python3", "-m", "http.server", "8000", "--bind", "127.0.0.1", "--directory", "/tmp/published")
    with (tmp_path / "log").open("wb") as log:
        serving, web = (
            subprocess.Popen(device.command(*words), stdout=log, stderr=log)
            for words in ((*config["Entrypoint"], *config["Cmd"]), site)
        )
    try:
        assert not until(device.is_healthy, 5), "it has no bundle yet"
        update = ("update", "--url", "http://127.0.0.1:8000", "--root", "/tmp/published/metadata/1.root.json",
                  "--product", "tiny", "--channel", "stable")  # fmt: skip
        updated = device.run(*config["Entrypoint"], *update)
        assert updated.returncode == 0, updated.stderr
        assert json.loads(updated.stdout)["did"] == "installed"
        assert until(device.is_healthy), (tmp_path / "log").read_text()
        answer = device.run("python3", "-c", ASK)
        assert json.loads(answer.stdout)["intents"][0]["name"] == "turn_on", answer.stderr
        serving.send_signal(signal.SIGTERM)
        serving.wait(30)
        assert not device.is_healthy()
    finally:
        for process in (serving, web):
            process.kill()
            process.wait()


def test_nothing_in_it_can_be_written_but_its_volume_and_nobody_in_it_has_a_right(device: Device) -> None:
    tried = device.run(
        "sh", "-c", "id -u; grep -h -E '^(Cap|NoNew)' /proc/self/status; for each in / /etc /opt/trunkline-edge /usr; "
        'do touch $each/x 2>/dev/null && echo "wrote $each"; done; touch "$TRUNKLINE_EDGE_HOME/x" && echo kept'
    )  # fmt: skip
    user, *rights, kept = tried.stdout.split("\n")[:-1]
    assert (user, kept) == (device.image.config["User"].partition(":")[0], "kept"), tried.stdout + tried.stderr
    assert {line.split(":")[0]: int(line.split()[1], 16) for line in rights} == {
        **dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), 0),
        "NoNewPrivs": 1,
    }


def test_what_we_put_into_it_stays_below_what_a_device_has_to_spare(image: Image) -> None:
    files = (
        path for path in (image.root / "opt" / "trunkline-edge").rglob("*") if path.is_file() and not path.is_symlink()
    )
    assert sum(path.stat().st_size for path in files) / 1e6 < MAX_MB
