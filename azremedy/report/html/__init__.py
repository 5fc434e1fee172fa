"""A run, a plan or a scan as one page that needs nothing but a browser."""

from __future__ import annotations

from azremedy.report.html.render import write_html, write_scan_html

__all__ = ["write_html", "write_scan_html"]
