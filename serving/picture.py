"""The picture on the README's first screen, drawn from a published snapshot: `make picture`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import duckdb
import matplotlib

matplotlib.use("Agg")
import matplotlib.dates as dates
from matplotlib import pyplot
from matplotlib.axes import Axes

from ingestion.home import Home
from serving.generations import NothingPublishedError, published_snapshot

# One column of values by name, as DuckDB hands it to NumPy.
Columns = dict[str, Any]

INK, MUTED, BLUE, ORANGE, PALE = "#1f2933", "#6b7785", "#2563b0", "#d9762b", "#b9d0ea"


def draw(snapshot: Path, target: Path, video_id: str | None = None) -> None:
    """Draw attention and retention of the most watched node (of one video), and the top line by day, as a PNG.

    Raises ValueError where the snapshot holds no watched video.
    """
    with duckdb.connect(snapshot, read_only=True) as connection:
        watched = connection.execute(
            """
            select workspace_id, video_id, node_id, max(coalesce(dim_node.title, node_id)) as title
            from engagement.attention_heatmap
            left join core.dim_node using (workspace_id, video_id, node_id)
            where $video is null or video_id = $video
            group by all
            order by sum(views) desc, video_id, node_id
            limit 1
            """,
            {"video": video_id},
        ).fetchall()
        if not watched:
            raise ValueError(f"{snapshot} holds no watched video: run `make run` first.")
        *node, title = watched[0]
        curve = connection.execute(
            """
            select second, coalesce(views, 0) as views, retention
            from engagement.retention_curve
            left join engagement.attention_heatmap using (workspace_id, video_id, node_id, second)
            where workspace_id = ? and video_id = ? and node_id = ?
            order by second
            """,
            node,
        ).fetchnumpy()
        days = connection.execute(
            """
            select date_day, sum(impressions)::bigint as impressions, sum(plays)::bigint as plays, sum(minutes_viewed) as minutes
            from kpis.kpi_video_daily
            group by date_day
            order by date_day
            """
        ).fetchnumpy()
    pyplot.rcParams.update({"font.family": "DejaVu Sans", "font.size": 9.5, "text.color": INK, "axes.labelcolor": MUTED})
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 3.9), layout="constrained", width_ratios=(1.15, 1))
    attention(left, curve, f"“{title}”, second by second")
    top_line(right, days)
    figure.savefig(target, dpi=150, facecolor="white")


def attention(axes: Axes, curve: Columns, title: str) -> None:
    """Views per second as an area, retention as a line."""
    seconds, views = curve["second"], curve["views"]
    axes.fill_between(seconds, views, step="post", color=PALE, linewidth=0)
    axes.set_ylim(0, max(views) * 1.18)
    axes.set_xlim(0, max(seconds))
    axes.set_xlabel("second of the video")
    plain(axes, title)
    axes.text(max(seconds) * 0.02, max(views) * 0.1, "views that watched this second", color=BLUE)
    share = axes.twinx()
    share.plot(seconds, curve["retention"] * 100, color=ORANGE, linewidth=2)
    share.set_ylim(0, 118)
    share.set_yticks([0, 25, 50, 75, 100], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    share.tick_params(length=0, colors=MUTED)
    share.spines[:].set_visible(False)
    share.text(max(seconds) * 0.98, 106, "still watching then or later", color=ORANGE, ha="right")


def top_line(axes: Axes, days: Columns) -> None:
    """Impressions and plays as lines, each with its name at its end."""
    for name, color in (("impressions", MUTED), ("plays", BLUE)):
        axes.plot(days["date_day"], days[name], color=color, linewidth=2)
        axes.annotate(
            name, (days["date_day"][-1], days[name][-1]), xytext=(6, 0), textcoords="offset points", color=color, va="center"
        )
    axes.set_ylim(0, max(days["impressions"]) * 1.18)
    axes.xaxis.set_major_locator(dates.AutoDateLocator(maxticks=6))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(dates.DateFormatter("%-d %b"))  # type: ignore[no-untyped-call]
    plain(axes, f"{sum(days['plays']):,} plays, {sum(days['minutes']):,.0f} minutes, day by day")


def plain(axes: Axes, title: str) -> None:
    """A title, quiet axes, nothing else."""
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color("#cbd2d9")
    axes.tick_params(length=0, colors=MUTED)
    axes.grid(axis="y", color="#eef1f4")
    axes.set_axisbelow(True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, default=Path("docs/images/demo.png"))
    parser.add_argument("--video", help="draw this video instead of the most watched one")
    arguments = parser.parse_args()
    try:
        draw(published_snapshot(Home.from_environment()), arguments.target, arguments.video)
    except (NothingPublishedError, ValueError) as error:
        raise SystemExit(str(error)) from error
    print(f"drawn to {arguments.target}")


if __name__ == "__main__":
    main()
