"""Write the page as one file: templates, style and script put together, everything escaped.

A browser may run this page's own style and script and nothing else: both are named by their
hashes in the page's content security policy, which forbids every request.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from azremedy.report.html.page import make_page
from azremedy.report.html.phrases import clean
from azremedy.report.html.scan_page import make_scan_page

if TYPE_CHECKING:
    from jinja2 import Environment

    from azremedy.domain.estate import Scan
    from azremedy.report.html.picture import Stock
    from azremedy.report.html.view import Page
    from azremedy.report.material import Material


def write_html(material: Material) -> str:
    """Write a report as a page that needs nothing but a browser.

    What Azure, people and files say in it is text to the browser, whatever it holds.
    """
    return _write(*make_page(material))


def write_scan_html(scan: Scan, file: str = "FILE") -> str:
    """Write a scan as a page of the same kind.

    Args:
        scan: the scan.
        file: where it is kept, for the commands.
    """
    return _write(*make_scan_page(scan, file))


def _write(page: Page, stock: Stock) -> str:
    from markupsafe import Markup  # noqa: PLC0415 - only for this page

    style, script = _read("style.css"), _read("script.js")
    written = (
        _open_templates()
        .get_template("page.html.j2")
        .render(
            page=page,
            stock=stock,
            style=Markup(style),  # noqa: S704 - a file of ours
            script=Markup(script),  # noqa: S704 - a file of ours
            policy=_make_policy(style, script),
        )
    )
    return written + "\n"


def _make_policy(style: str, script: str) -> str:
    own = f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _read(name: str) -> str:
    return files("azremedy.report.html").joinpath(name).read_text(encoding="utf-8")


@cache
def _open_templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - see above

    return Environment(
        loader=PackageLoader("azremedy.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_clean,
    )


def _clean(value: Any) -> Any:
    """Take secrets and hidden signs out of every text that a template writes."""
    return clean(value) if type(value) is str else value
