"""The page in a real browser: nothing it complains about, nothing it asks for, usable by all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from azremedy.api.scan import scan
from azremedy.report.html import write_html, write_scan_html
from tests.support import browsers, report_materials
from tests.support.stages import open_stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

    from azremedy.report.material import Material

pytestmark = pytest.mark.skipif(
    not (browsers.CHROMIUM.is_file() and browsers.DRIVER.is_file()),
    reason="Debian's chromium and chromium-driver are not installed",
)
PAGES = ("fixed", "failed", "left-off", "planned", "fleet", "scan", "canary")
FLEET = 6
CANARY = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>\'"&'


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    """Open one browser for all tests of this module."""
    with browsers.open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def axe() -> str:
    """Give axe's source."""
    try:
        return browsers.find_axe()
    except browsers.NoAxeError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def pages(
    tmp_path_factory: pytest.TempPathFactory,
    fixed: Material,
    failed: Material,
    left_off: Material,
    planned: Material,
) -> dict[str, Path]:
    """Write one page of each sort."""
    folder = tmp_path_factory.mktemp("pages")
    estate = open_stage(tmp_path_factory.mktemp("estate"), "fleet-small")
    texts = {
        "fixed": write_html(fixed),
        "failed": write_html(failed),
        "left-off": write_html(left_off),
        "planned": write_html(planned),
        "fleet": write_html(report_materials.make_fleet([fixed, fixed, failed], FLEET)),
        "scan": write_scan_html(scan(estate.azure)),
        "canary": write_html(report_materials.with_canary(failed, CANARY)),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.mark.parametrize("name", PAGES)
def test_console_is_silent_and_nothing_is_asked_for(
    browser: Chrome, pages: dict[str, Path], name: str
) -> None:
    """The page is whole: no message of the browser, no request but for the page itself."""
    browsers.list_console(browser)
    browsers.list_requests(browser)

    browsers.show(browser, pages[name])
    browser.execute_script(
        "for (const each of document.querySelectorAll('details')) { each.open = true; }"
    )

    assert [] == browsers.list_console(browser)
    assert [pages[name].as_uri()] == browsers.list_requests(browser)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(
    browser: Chrome, pages: dict[str, Path], axe: str, *, name: str, dark: bool
) -> None:
    """Contrast, names, roles and headings are right, in both themes, with details unfolded."""
    browsers.show(browser, pages[name], dark=dark)
    browser.execute_script(
        "const all = [...document.querySelectorAll('details')];"
        "for (const each of all.slice(0, 12)) { each.open = true; }"
    )

    # What the theme changes is contrast; the rest is judged once.
    rules = ("color-contrast",) if dark else ()
    assert [] == browsers.list_axe_findings(browser, axe, *rules)


@pytest.mark.parametrize("name", ["fixed", "failed", "left-off", "planned", "scan"])
def test_pictures_are_there_and_hold_their_texts(
    browser: Chrome, pages: dict[str, Path], name: str
) -> None:
    """Each picture has a size and a label, and no text runs out of its box."""
    browsers.show(browser, pages[name])

    drawn: Any = browser.execute_script(
        "for (const each of document.querySelectorAll('details.target')) { each.open = true; }"
        "return [...document.querySelectorAll('svg.world')].map((each) => ["
        "  each.getBoundingClientRect().height > 100, Boolean(each.getAttribute('aria-label'))]);"
    )
    wide: Any = browser.execute_script(
        "return [...document.querySelectorAll('.row text, .frame text')]"
        "  .filter((each) => each.getBBox().x + each.getBBox().width > 318)"
        "  .map((each) => each.textContent);"
    )

    assert {(True, True)} == {tuple(each) for each in drawn}
    assert [] == wide


@pytest.mark.parametrize("name", PAGES)
def test_page_fits_a_narrow_window(browser: Chrome, pages: dict[str, Path], name: str) -> None:
    """On a telephone only tables and pictures are scrolled, each by itself."""
    browsers.show(browser, pages[name], width=390)

    width: Any = browser.execute_script("return document.documentElement.scrollWidth;")

    assert width <= 390


def test_text_of_strangers_does_nothing(browser: Chrome, pages: dict[str, Path]) -> None:
    """What looks like markup is shown as it is, and never run."""
    browsers.show(browser, pages["canary"])

    harmed: Any = browser.execute_script("return window.harmed === 1;")
    shown: Any = browser.execute_script("return document.body.textContent;")

    assert harmed is False
    assert CANARY in shown
    assert [] == browser.find_elements("css selector", "img")


def test_script_of_strangers_would_not_run(browser: Chrome, pages: dict[str, Path]) -> None:
    """Were anything let through, the page's own policy would stop it."""
    browsers.show(browser, pages["fixed"])

    browser.execute_script(
        "const made = document.createElement('script');"
        "made.textContent = 'window.harmed = 1'; document.body.append(made);"
    )

    harmed: Any = browser.execute_script("return window.harmed === 1;")
    assert harmed is False
    assert "Content Security Policy" in "".join(browsers.list_console(browser))


def test_theme_changes_with_the_keyboard(browser: Chrome, pages: dict[str, Path]) -> None:
    """The button is reached by tabulator and pressed by Enter: system, light, dark."""
    browsers.show(browser, pages["fixed"])
    before = _background(browser)

    _press(browser, "\ue004", "\ue004", "\ue007", "\ue007")

    assert "Theme: dark" == browser.find_element("id", "theme").text
    assert before != _background(browser)


def test_details_unfold_with_the_keyboard(browser: Chrome, pages: dict[str, Path]) -> None:
    """A VM's line can be reached and unfolded without a mouse."""
    browsers.show(browser, pages["fleet"])
    first = browser.find_element("css selector", "details.target > summary")

    first.send_keys("\ue007")

    assert browser.find_element("css selector", "details.target[open] h4").is_displayed()


def test_filter_leaves_what_fits(browser: Chrome, pages: dict[str, Path]) -> None:
    """By words and by how VMs stand; the number is told."""
    browsers.show(browser, pages["fleet"])

    browser.find_element("id", "find").send_keys("shop-web-0003")
    one = browser.find_element("id", "shown").text
    browser.find_element("css selector", "input[name=state][value=failed]").click()
    none = browser.find_element("id", "shown").text

    assert (f"1 of {FLEET} shown", f"0 of {FLEET} shown") == (one, none)


def test_reference_leads_to_its_source(browser: Chrome, pages: dict[str, Path]) -> None:
    """A fact's number unfolds the list of sources and shows the line."""
    browsers.show(browser, pages["fixed"])

    reference = browser.find_element("css selector", "a.ref")
    browser.execute_script("arguments[0].click();", reference)

    target = str(reference.get_attribute("href")).partition("#")[2]
    assert browser.find_element("id", target).is_displayed()


def test_page_can_be_printed(browser: Chrome, pages: dict[str, Path]) -> None:
    """A short report is printed whole, also what is folded."""
    browsers.show(browser, pages["fixed"])

    opened: Any = browser.execute_script(
        "dispatchEvent(new Event('beforeprint'));"
        "return document.querySelectorAll('details:not([open])').length;"
    )
    printed: Any = browser.execute_cdp_cmd("Page.printToPDF", {})

    assert 0 == opened
    assert len(printed["data"]) > 10_000


def _background(browser: Chrome) -> Any:
    return browser.execute_script("return getComputedStyle(document.body).backgroundColor;")


def _press(browser: Chrome, *keys: str) -> None:
    from selenium.webdriver import ActionChains  # noqa: PLC0415 - as in browsers.py

    for key in keys:
        ActionChains(browser).send_keys(key).perform()
