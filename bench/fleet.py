"""Ten thousand simulated devices through five releases, one bad: who ran what, what was served, a picture.

    python -m bench.fleet [BUNDLE] [--out FOLDER]

BUNDLE is a folder with `manifest.json`; without it the champion of `home` in this home is taken. Its sizes are what the
figures in bytes are of. The laws that a history must keep are tests (tests/deploy/rollout/test_fleet.py).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.updates import champion_in
from deploy.rollout.devices import CPUS
from deploy.rollout.fleet import Played, Release, play
from deploy.rollout.plan import Plan
from deploy.rollout.rehearsal import gone_bad, retrained
from tasks.reports.fleet import draw_rollouts, fleet_page
from trunkline_edge.bundle.manifest import Manifest


def history(bundle: Path, made: Path) -> tuple[Release, ...]:
    """Return what devices come with and five releases: all new, bad, one head, another head, all new and in fp32."""
    factory = Manifest.from_bytes((bundle / "manifest.json").read_bytes())
    heads = [entry.name for entry in factory.files if entry.role == "head"]
    graphs = [*(entry.name for entry in factory.files if entry.role == "trunk"), *heads]
    whole = retrained(bundle, made / "whole", graphs, seed=1)
    bad = gone_bad(made / "whole", made / "bad", heads[0])
    head = retrained(made / "whole", made / "head", heads[:1], seed=2)
    other = retrained(made / "head", made / "other", heads[-1:], seed=3)
    last = retrained(made / "other", made / "last", graphs, seed=4)
    first, *others = CPUS
    return (
        Release("factory", factory),
        Release("1 whole, int8", whole, is_int8=True),
        Release("2 bad", bad, is_int8=True, fails_test_on=frozenset({first}), crashes_on=frozenset(others)),
        Release(f"3 {heads[0]}", head, is_int8=True),
        Release(f"4 {heads[-1]}", other, is_int8=True),
        Release("5 whole, fp32", last),
    )


def table(played: Played) -> str:
    """Return a line a release."""
    lines = [f"{'release':<20}{'offered':>9}{'ended':>8}{'fetched by':>12}{'bytes each':>12}{'of whole':>10}"
             f"{'ran it':>9}{'for good':>10}"]  # fmt: skip
    for number, release in enumerate(played.releases[1:], start=1):
        each, whole = played.served[number] / max(1, played.fetched[number]), sum(release.files.values())
        lines.append(
            f"{release.name:<20}{played.widest(number):>7g} %{played.ended(number).decision.action:>8}"
            f"{played.fetched[number]:>12,}{each:>12,.0f}{each / whole:>10.1%}{played.tried[number]:>9,}"
            f"{played.committed[number]:>10,}"
        )
    return "\n".join(lines)


def main() -> None:
    """Play, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("bundle", nargs="?", type=Path)
    parser.add_argument("--out", type=Path, default=Path(".trunkline/fleet"))
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with TemporaryDirectory() as made:
        releases = history(options.bundle or champion_in(Path(made) / "champion"), Path(made))
    begun = time.perf_counter()
    # The share decides: of 100,000 devices, 500 with an unsound int8 kernel are few, and would stop a good release.
    plan = Plan(max_failed=options.devices)
    played = play(releases, plan, devices=options.devices, seed=options.seed)
    seconds = time.perf_counter() - begun
    print(table(played))
    print(f"not on the last one: {dict(played.left_behind)}; {len(played.running)} hours in {seconds:.0f} s")
    draw_rollouts(played, options.out / "fleet.png")
    (options.out / "fleet.html").write_text(fleet_page(played, options.out / "fleet.png"), encoding="utf-8")
    print(f"{options.out / 'fleet.html'}")


if __name__ == "__main__":
    main()
