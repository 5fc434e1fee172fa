"""Open pages in a real browser, and let axe look at them."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_cache_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver import Chrome

CHROMIUM = Path("/usr/bin/chromium")
"""Debian's browser; its package chromium-driver brings the driver."""
DRIVER = Path("/usr/bin/chromedriver")
_AXE = "axe-core@4"
_PATIENCE_S = 120
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoAxeError(Exception):
    """There is no axe-core, and none can be fetched."""


@contextmanager
def open_browser() -> Iterator[Chrome]:
    """Open a browser that keeps what its console says and what it asks the network for."""
    # Where there is no browser its driver's library need not be there either.
    from selenium.webdriver import Chrome, ChromeOptions  # noqa: PLC0415
    from selenium.webdriver.chrome.service import Service  # noqa: PLC0415

    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in _FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = Chrome(options=options, service=Service(str(DRIVER)))
    try:
        yield browser
    finally:
        browser.quit()


def find_axe() -> str:
    """Give the source of axe-core, fetched from the npm registry once.

    Raises:
        NoAxeError: with the reason.
    """
    folder = user_cache_path("azremedy-tests") / "axe"
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        _fetch(folder)
    return script.read_text(encoding="utf-8")


def _fetch(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NoAxeError("there is no npm")
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, _AXE],
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )
    if done.returncode:
        raise NoAxeError(f"axe-core cannot be fetched: {done.stderr.strip()[-300:]}")


def show(browser: Chrome, page: Path, *, dark: bool = False, width: int = 1280) -> None:
    """Show a page of a file, in one of the themes."""
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(page.as_uri())


def list_console(browser: Chrome) -> list[str]:
    """List what the console has said since it was asked last."""
    return [each["message"] for each in _read_log(browser, "browser")]


def list_requests(browser: Chrome) -> list[str]:
    """List the addresses that were asked for since the last time."""
    messages = [
        json.loads(each["message"])["message"] for each in _read_log(browser, "performance")
    ]
    return [
        each["params"]["request"]["url"]
        for each in messages
        if each["method"] == "Network.requestWillBeSent"
    ]


def _read_log(browser: Chrome, name: str) -> list[Any]:
    return list(browser.get_log(name))  # type: ignore[no-untyped-call] # selenium's own gap


def list_axe_findings(browser: Chrome, axe: str, *rules: str) -> list[str]:
    """Let axe judge the page; list what it finds, with the first place of each.

    Args:
        browser: the browser, with the page.
        axe: its source.
        rules: the rules to judge by; all when left out.
    """
    browser.execute_script(axe)
    found: Any = browser.execute_async_script(
        "const [rules, done] = arguments;"
        "const only = rules.length ? {runOnly: rules} : {};"
        "axe.run(document, {resultTypes: ['violations'], ...only}).then("
        "  (told) => done(told.violations.map((v) => `${v.id}: ${v.nodes.length}: ` +"
        "    `${v.nodes[0].html} ${v.nodes[0].failureSummary}`)),"
        "  (error) => done([String(error)]));",
        rules,
    )
    return [str(each) for each in found]
