"""Pictures of every page in Chromium, for the docs and for looking at what changed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import uvicorn

from serving.dashboard.serve import application

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip
WIDE, NARROW = (1280, 800), (400, 800)


class NoBrowserError(RuntimeError):
    """There is no Chromium to take pictures with; the message says what to do."""


@dataclass(frozen=True)
class Picture:
    """One file: an address within the site as it looks in one theme and width."""

    name: str
    address: str
    scheme: str = "light"
    size: tuple[int, int] = WIDE


# One line per page; a page that needs a video names one of the demo's.
PICTURES: Sequence[Picture] = (
    Picture("overview", "#/overview"),
    Picture("video", "#/video?video=product-tour"),
    Picture("node", "#/node?video=product-tour&node=tour-home"),
    Picture("questions", "#/questions"),
    Picture("funnels", "#/funnels?goal=tour-to-purchase"),
    Picture("experiments", "#/experiments"),
    Picture("conversion", "#/conversion"),
    Picture("learning", "#/learning"),
    Picture("health", "#/health"),
    Picture("overview-dark", "#/overview", "dark"),
    Picture("overview-narrow", "#/overview", "light", NARROW),
)


def take(site: Path, folder: Path, pictures: Sequence[Picture] = PICTURES) -> list[Path]:
    """Write one PNG per picture, the whole page high.

    Raises:
        NoBrowserError: Chromium or Playwright is missing.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise NoBrowserError("Pictures need Playwright for Python: `make venv-dev` installs it.") from error
    if not CHROMIUM.exists():
        raise NoBrowserError(f"Pictures need Chromium at {CHROMIUM}: on Debian `apt-get install chromium`.")
    folder.mkdir(parents=True, exist_ok=True)
    with serving(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        try:
            return [take_one(browser, address, picture, folder) for picture in pictures]
        finally:
            browser.close()


def take_one(browser: Browser, address: str, picture: Picture, folder: Path) -> Path:
    """Open one address, wait until it is drawn, and write what is seen."""
    width, height = picture.size
    scheme: Literal["dark", "light"] = "dark" if picture.scheme == "dark" else "light"
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB")
    page = context.new_page()
    page.goto(f"{address}/{picture.address}")
    page.wait_for_selector("html[data-ready]", timeout=30_000)
    path = folder / f"{picture.name}.png"
    page.screenshot(path=path, full_page=True)
    context.close()
    return path


@contextmanager
def serving(site: Path) -> Iterator[str]:
    """Serve a site on a free port of this machine; its address."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(site), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()
