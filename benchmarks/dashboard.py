"""How long each page of the published dashboard takes until it is drawn: ``python -m benchmarks.dashboard``."""

from __future__ import annotations

import os
from statistics import median
from typing import Annotated

import typer
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.table import Table

from ingestion.home import Home
from serving.dashboard.screenshots import ARGUMENTS, CHROMIUM, PICTURES, WIDE, serving

# The page says when everything it asked for is drawn; the clock is the browser's own, from the request on.
WATCH = """new MutationObserver((_, observer) => {
    if (document.documentElement?.dataset.ready) { window.readyAfter = performance.now(); observer.disconnect(); }
}).observe(document, {attributes: true, subtree: true, childList: true, attributeFilter: ['data-ready']})"""


def ready_milliseconds(page: Page, address: str) -> float:
    """From the request of an address until the page is drawn."""
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector("html[data-ready]", timeout=30_000)
    return float(page.evaluate("window.readyAfter"))


def main(times: Annotated[int, typer.Option(help="How often each page is opened.")] = 5) -> None:
    """Open every page of the site of AUDIENCE_HOME several times, each time without a cache."""
    site = Home.from_environment().site
    if not (site / "index.html").exists():
        raise typer.BadParameter(f"There is no dashboard in {site}: run `make run` first.")
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before it began"
    table = Table(title=f"Milliseconds until a page is drawn, {load}", title_justify="left", box=None)
    for name in ("page", "median", "fastest", "slowest"):
        table.add_column(name, justify="left" if name == "page" else "right")
    with serving(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        for picture in (each for each in PICTURES if each.scheme == "light" and each.size == WIDE):
            taken = []
            for _ in range(times):
                context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]})
                context.add_init_script(WATCH)
                taken.append(ready_milliseconds(context.new_page(), f"{address}/{picture.address}"))
                context.close()
            table.add_row(picture.name, f"{median(taken):,.0f}", f"{min(taken):,.0f}", f"{max(taken):,.0f}")
        browser.close()
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
