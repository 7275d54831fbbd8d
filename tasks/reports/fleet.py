"""A simulated history of rollouts for people: one picture, one page."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from deploy.rollout.fleet import Played
from tasks.reports.figures import COLOURS, new_figure, printable, save_figure


def draw_rollouts(played: Played, path: Path) -> Figure:
    """Draw over the days which bundles devices run and to how many each was offered, and what each took to fetch."""
    figure, (running, fetched) = new_figure(14, 4.6, columns=2)
    days = np.arange(len(played.running)) / 24
    devices = played.running[0].sum()
    names = [printable(release.name) for release in played.releases]
    shares = 100 * played.running.T / devices
    running.stackplot(days, shares, labels=names, colors=(COLOURS * 4)[: len(names)], alpha=0.55, linewidth=0)
    for number in range(1, len(names)):
        turns = [turn for turn in played.turns if turn.release == number]
        colour = (COLOURS * 4)[number]
        offered = [turn.percent for turn in turns]
        running.step([turn.hour / 24 for turn in turns], offered, where="post", color=colour, linewidth=1.6)
        if played.ended(number).decision.action in ("stop", "ask"):
            stopped = turns[-1].hour / 24
            running.axvline(stopped, color="#d1495b", linestyle=":", linewidth=1.2)
            running.annotate(f"{names[number]}: stopped", (stopped, 50), (4, 0), textcoords="offset points", fontsize=8)
    running.set(xlabel="days", ylabel="% of devices", ylim=(0, 100), xlim=(0, days[-1]))
    running.set_title(f"what {devices:,} devices run; lines: to how many it was offered", fontsize=10, loc="left")
    running.legend(frameon=False, fontsize=8, loc="lower right")
    measured = played.served[1:] / np.maximum(played.fetched[1:], 1) / 1e3
    whole = [sum(release.files.values()) / 1e3 for release in played.releases[1:]]
    places = np.arange(len(measured))
    fetched.bar(places - 0.2, whole, 0.4, color="#cccccc", label="whole bundle")
    fetched.bar(places + 0.2, measured, 0.4, color=COLOURS[0], label="fetched by a device, mean")
    fetched.set_xticks(places, names[1:], rotation=20, ha="right", fontsize=8)
    fetched.set(ylabel="kB", yscale="log", ylim=(None, 4 * max(whole)))  # room for the legend
    fetched.set_title("bytes of an update", fontsize=10, loc="left")
    fetched.legend(frameon=False, fontsize=8, loc="upper right")
    return save_figure(figure, path)


def fleet_page(played: Played, picture: Path) -> str:
    """Return one HTML file that needs no other."""
    encoded = base64.b64encode(picture.read_bytes()).decode()
    rows = []
    for number, release in enumerate(played.releases[1:], start=1):
        end = played.ended(number)
        cells = (
            release.name,
            f"{played.widest(number):g} %",
            f"{end.decision.action}: {'; '.join(end.decision.reasons)}",
            f"{played.fetched[number]:,}",
            f"{played.served[number]:,}",
            f"{sum(release.files.values()):,}",
            f"{played.tried[number]:,}",
            f"{played.committed[number]:,}",
        )
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    left = ", ".join(f"{escape(why)}: {count:,}" for why, count in played.left_behind.items()) or "none"
    head = ("release", "offered to", "how it ended", "fetched by", "bytes served", "bytes of the bundle",
            "ran it", "ran it beyond probation")  # fmt: skip
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Rollouts</title>"
        "<style>body{font:15px system-ui;margin:2em auto;max-width:1100px}table{border-collapse:collapse}"
        "td,th{border-bottom:1px solid #ddd;padding:.3em .6em;text-align:left}img{max-width:100%}</style>"
        f"<h1>{played.running[0].sum():,} simulated devices</h1>"
        f'<img alt="devices by bundle over time" src="data:image/png;base64,{encoded}">'
        f"<table><tr>{''.join(f'<th>{name}</th>' for name in head)}</tr>{''.join(rows)}</table>"
        f"<p>Devices that do not run the last bundle at the end: {left}</p></html>"
    )
