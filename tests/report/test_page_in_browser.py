"""Reports in a browser: they run, sort, filter, fit, and can be read by everyone."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, sync_playwright

from bench.analysis.capacity.summary import summarize
from bench.analysis.several_runs.comparison import between
from bench.analysis.several_runs.history import history
from bench.report.files import OF_COMPARISON, of_capacity, of_history, of_regression, write
from bench.report.formats import Format
from tests.build.capacity import capacity_facts
from tests.build.compared import noisy, run, slower
from tests.build.regression import base_and_head, decided
from tests.build.runs import SEVEN, realistic
from tests.build.variants import failing, later

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of seven servers and two workloads, reported."""
    folder = tmp_path_factory.mktemp("run")
    write(realistic(rounds=3, rotations=2, workloads=("get_item", "mixed")), folder, [Format.HTML])
    return folder / "report.html"


@pytest.fixture(scope="module")
def failing_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which much went wrong, reported."""
    folder = tmp_path_factory.mktemp("failing")
    write(failing(realistic(rounds=3, rotations=2)), folder, [Format.HTML])
    return folder / "report.html"


FEW = tuple(server for server in SEVEN if server.name in {"uvicorn", "gunicorn-asgi", "uwsgi"})


@pytest.fixture(scope="module")
def short_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound run of few servers: all that a page is made of, though less of it."""
    folder = tmp_path_factory.mktemp("short")
    write(realistic(FEW, rounds=3, rotations=2), folder, [Format.HTML])
    return folder / "report.html"


@pytest.fixture(scope="module")
def short_failing_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same where much went wrong."""
    folder = tmp_path_factory.mktemp("short-failing")
    write(failing(realistic(FEW, rounds=3, rotations=2)), folder, [Format.HTML])
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    """A browser that shows nothing; its pages share a window, for a window takes half a second."""
    if CHROMIUM is None:
        missing = "chromium is not installed: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = found.new_context()
        context.new_page()  # keeps the window
        yield context
        found.close()


class Shown:
    """A page on the screen, with everything that it complained of or asked for."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        self.address = file.as_uri()
        page.goto(self.address)

    def column(self, number: int) -> list[float]:
        """What the visible lines of the table show in a column, from 0; absent is left out."""
        texts = self.page.eval_on_selector_all(
            f"#cells tbody tr:not([hidden]) > :nth-child({number + 1})",
            "cells => cells.map(cell => cell.dataset.sort)",
        )
        return [float(text) for text in texts if text]

    def lines(self) -> int:
        """How many lines of the table are visible."""
        return self.page.locator("#cells tbody tr:visible").count()


@pytest.fixture
def shown(browser: BrowserContext, report: Path) -> Iterator[Shown]:
    """The page of a sound run."""
    page = browser.new_page()
    yield Shown(page, report)
    page.close()


@pytest.fixture(scope="module")
def still(browser: BrowserContext, report: Path) -> Page:
    """The same page, for those that only look at it, in whatever size."""
    page = browser.new_page()
    page.goto(report.as_uri())
    return page


def test_it_asks_for_nothing_and_complains_of_nothing(shown: Shown) -> None:
    """No request but for the file itself; no error of scripts, styles or policy."""
    shown.page.get_by_role("button", name="Theme").click()
    shown.page.locator("#server-1").scroll_into_view_if_needed()
    assert shown.asked == [shown.address]
    assert shown.complaints == []


def test_the_policy_forbids_other_scripts_and_styles(shown: Shown) -> None:
    """What would get into the page could neither run nor dress."""
    shown.page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        " document.body.append(s); document.body.setAttribute('style', 'color: red'); }"
    )
    assert shown.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in text for text in shown.complaints)


AVERAGE = 4  # the column, from 0


def test_a_click_on_a_heading_sorts_by_it(shown: Shown) -> None:
    """Least first, then most first; lines without a figure would stand last."""
    heading = shown.page.locator("#cells thead th").nth(AVERAGE)
    heading.click()
    shown.page.wait_for_selector("#cells th[aria-sort=ascending]")
    shown.page.wait_for_function(SORTED, arg=[AVERAGE, 1])
    heading.click()
    shown.page.wait_for_function(SORTED, arg=[AVERAGE, -1])
    assert shown.column(AVERAGE) == sorted(shown.column(AVERAGE), reverse=True)


SORTED = """([column, sign]) => {
  const cells = document.querySelectorAll(`#cells tbody tr > :nth-child(${column + 1})`);
  const found = [...cells].map(cell => sign * Number(cell.dataset.sort));
  return found.every((value, index) => index === 0 || found[index - 1] <= value);
}"""


def test_headings_can_be_reached_and_used_by_keyboard(shown: Shown) -> None:
    """Tab from the last filter, then Enter."""
    shown.page.locator("input[name=server]").focus()
    for _ in range(2 + AVERAGE):  # the table's own region, then its headings
        shown.page.keyboard.press("Tab")
    assert shown.page.evaluate("document.activeElement.textContent").startswith("average")
    shown.page.keyboard.press("Enter")
    shown.page.wait_for_function(SORTED, arg=[AVERAGE, 1])


def test_lines_can_be_filtered_by_workload_load_and_name(shown: Shown) -> None:
    """And it is said how many are left; sorting keeps the filter."""
    assert shown.lines() == 28
    shown.page.locator("select[name=workload]").select_option("mixed")
    assert shown.lines() == 14
    shown.page.locator("select[name=load]").select_option("32 connections")
    assert shown.lines() == 7
    shown.page.locator("input[name=server]").fill("UNICORN")
    assert shown.lines() == 2
    assert shown.page.locator("#filters output").inner_text() == "2 of 28 lines"
    shown.page.locator("#cells thead th").nth(AVERAGE).click()
    shown.page.wait_for_function(SORTED, arg=[AVERAGE, 1])
    assert shown.lines() == 2


def test_a_click_on_a_server_opens_what_is_known_of_it(shown: Shown) -> None:
    """Its own part of the page."""
    shown.page.locator("#cells tbody a", has_text="daphne").first.click()
    assert shown.page.locator("article:target h3").inner_text().startswith("daphne")


BACKGROUND = "getComputedStyle(document.querySelector('section')).backgroundColor"
LETTERS = "getComputedStyle(document.querySelector('.chart .f1f2328')).fill"


def becomes(page: Page, expression: str, value: str) -> None:
    """Wait for it: the page hears of the system's theme when it is next painted."""
    page.wait_for_function(f"{expression} === {json.dumps(value)}")


def test_it_is_dark_where_the_system_is_and_can_be_told_otherwise(shown: Shown) -> None:
    """Charts too."""
    shown.page.emulate_media(color_scheme="dark")
    becomes(shown.page, BACKGROUND, "rgb(22, 27, 34)")
    becomes(shown.page, LETTERS, "rgb(230, 237, 243)")
    shown.page.get_by_role("button", name="Theme").click()
    becomes(shown.page, BACKGROUND, "rgb(255, 255, 255)")
    becomes(shown.page, LETTERS, "rgb(31, 35, 40)")


WIDTH = "document.documentElement.scrollWidth"


@pytest.mark.parametrize("width", [360, 820, 1440])
def test_nothing_is_wider_than_the_screen(still: Page, width: int) -> None:
    """A phone, a tablet, a desk: wide tables scroll by themselves, the page does not."""
    still.set_viewport_size({"width": width, "height": 900})
    assert still.evaluate(WIDTH) <= width


def test_long_words_of_a_failing_run_fit_a_phone(
    browser: BrowserContext, short_failing_run: Path
) -> None:
    """Errors, paths and names of tests."""
    page = browser.new_page()
    page.set_viewport_size({"width": 360, "height": 900})
    Shown(page, short_failing_run)
    assert page.evaluate(WIDTH) <= 360
    page.close()


@pytest.mark.parametrize("width", [1280, 1440])
def test_every_column_of_the_table_is_seen_at_once(still: Page, width: int) -> None:
    """On the screen of a laptop, with two workloads: CPU, memory and verdict too."""
    still.set_viewport_size({"width": width, "height": 900})
    ends = still.eval_on_selector_all(
        "#cells thead th", "headings => headings.map(h => h.getBoundingClientRect().right)"
    )
    region = "document.querySelector('#cells').closest('.scroll').getBoundingClientRect().right"
    assert len(ends) == 14
    assert max(ends) <= still.evaluate(region)


@pytest.mark.parametrize(
    ("scheme", "which"),
    [
        ("light", "short_report"),
        ("dark", "short_failing_run"),
        pytest.param("light", "report", marks=pytest.mark.long),
        pytest.param("dark", "failing_run", marks=pytest.mark.long),
    ],
)
def test_it_is_accessible(
    browser: BrowserContext, scheme: str, which: str, request: pytest.FixtureRequest
) -> None:
    """Axe finds nothing serious: names, contrast, landmarks, tables, text for every chart."""
    page = browser.new_page()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    Shown(page, request.getfixturevalue(which))
    assert serious(page) == []
    page.close()


def test_what_is_not_for_paper_is_not_printed(shown: Shown) -> None:
    """No filters, no buttons, no contents."""
    shown.page.emulate_media(media="print")
    for selector in ("#filters", "#theme", "nav"):
        assert not shown.page.locator(selector).is_visible()
    assert shown.page.locator("#cells").is_visible()


OTHERS = ("between.html", "capacity.html", "history.html", "regression.html")


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of every other kind, in one folder."""
    folder = tmp_path_factory.mktemp("others")
    a = run(noisy(1, *SEVEN[:3], rotations=2), "a")
    b = run(later(noisy(2, *(slower(one, 1.0) for one in SEVEN[:3]), rotations=2), 1), "b")
    sides = ("main (0123456789ab)", "a branch as it stands")
    pages = {
        "between.html": OF_COMPARISON[".html"](between(a, b)),
        **of_capacity(summarize(capacity_facts()), [Format.HTML]),
        **of_history(history([a, b])),
        **of_regression(decided(base_and_head(1.1)), sides),
    }
    for name in OTHERS:
        (folder / name).write_bytes(pages[name])
    return folder


@pytest.mark.parametrize("name", OTHERS)
def test_every_kind_of_report_asks_for_nothing_and_fits(
    browser: BrowserContext, others: Path, name: str
) -> None:
    """By itself, with no complaint of its policy, also on a phone, and a table can be sorted."""
    page = browser.new_page()
    page.set_viewport_size({"width": 360, "height": 900})
    shown = Shown(page, others / name)
    heading = page.locator("table.sortable thead th.num:not(.no-sort)").first
    heading.click()
    heading.and_(page.locator("[aria-sort=ascending]")).wait_for()
    assert shown.asked == [shown.address]
    assert shown.complaints == []
    assert page.evaluate(WIDTH) <= 360
    page.close()


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_every_kind_of_report_is_accessible(
    browser: BrowserContext, others: Path, name: str, scheme: str
) -> None:
    """Axe finds nothing serious in either theme."""
    page = browser.new_page()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    Shown(page, others / name)
    assert serious(page) == []
    page.close()


def serious(page: Page) -> list[tuple[str, str]]:
    """What keeps some people from reading a page, each with an example."""
    found = Axe().run(page).response["violations"]
    bad = [each for each in found if each["impact"] in {"serious", "critical"}]
    return [(each["id"], each["nodes"][0]["html"]) for each in bad]
