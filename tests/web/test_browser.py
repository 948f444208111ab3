"""One visit in a real browser: from the first run to a scanned phone account.

Needs Chromium and chromedriver (Debian: chromium, chromium-driver) and selenium; skipped where
they are missing. The pages talk to fakes in this process (demo_server.py).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from demo_server import DemoCore, start
from web_fakes import CODE
from web_fakes import PASSWORD as DEMO_PASSWORD

pytest.importorskip("selenium", reason="selenium is not installed")
if not (shutil.which("chromium") and shutil.which("chromedriver")):
    pytest.skip("chromium and chromedriver are not installed", allow_module_level=True)

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--window-size=1366,768",
)  # fmt: skip
# The waits end as soon as what they wait for is there; this bounds a broken run.
PATIENCE_S = 30
PASSWORD = "a long sentence"
WIDTHS = (390, 1280)
"""Pixels of a mobile, and of a small computer."""
OWNERS = [
    "/", "/calls?queue=sales", "/reports", "/blocked", "/people", "/people/201", "/people/phones",
    "/settings/lines", "/settings/menus/main", "/settings/queues/sales", "/settings/accounts/anna",
]  # fmt: skip
AGENTS = ["/", "/desk", "/voicemail"]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, DemoCore]]:
    address, core, server = start(tmp_path, is_fresh=True)
    yield address, core
    server.shutdown()
    server.server_close()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = Chrome(options=options, service=ChromeService(str(shutil.which("chromedriver"))))
    yield browser
    browser.quit()


def test_from_first_run_to_a_connected_phone(browser: Chrome, site: tuple[str, DemoCore]) -> None:
    address, core = site
    visit = Visit(browser)

    visit.begin(address)
    visit.press("Sign out")
    visit.fill(name="zola", password=PASSWORD)
    visit.press("Sign in")
    visit.sees("Karoo Water Systems")

    browser.execute_script("window.wasNeverReloaded = true")
    visit.press("Place a test call")
    visit.fill(number="0791234567", name="Nomsa Test")
    visit.press("Ring now")
    visit.until(lambda b: "Nomsa Test" in b.find_element(By.ID, "panel-calls").text)
    visit.sees("See what happened")
    assert browser.execute_script("return window.wasNeverReloaded")

    pause = "#panel-agents form[action$='/202/pause'] button"
    browser.execute_script("document.getElementById('test-call').close()")
    visit.one(pause).click()
    visit.until(lambda b: "Paused" in visit.one("#panel-agents [data-key='202']").text)
    assert core.actions[-1][:2] == ("202", "pause")

    visit.press("Calls")
    visit.fill(text="Pieter")
    visit.press("Search")
    visit.one("td.caller a").click()
    visit.until(lambda b: b.execute_script("return document.querySelector('audio').duration") == 42)
    visit.sees("What happened")

    visit.press("People")
    visit.press("Add a person")
    visit.fill(name="Nandi Zulu")
    visit.press("Add person")
    visit.sees("Nandi Zulu is added")
    assert visit.one(".qr svg").size["width"] >= 200
    assert core.office.extensions[-1].secret not in visit.one("main").text
    visit.press("Show")
    visit.sees(core.office.extensions[-1].secret)

    assert [entry["message"] for entry in browser.get_log("browser")] == []


def test_core_away_and_back(browser: Chrome, site: tuple[str, DemoCore]) -> None:
    address, core = site
    visit = Visit(browser)
    visit.begin(address)
    core.is_away = True
    visit.until(lambda b: "does not answer" in b.find_element(By.ID, "away").text)
    assert visit.one("#link").text == "not connected"
    core.is_away = False
    visit.until(lambda b: b.find_element(By.ID, "away").text == "")
    assert visit.one("#link").text == "live"


def test_a_new_phone_appears_and_is_approved(browser: Chrome, site: tuple[str, DemoCore]) -> None:
    address, core = site
    asking, core.phones = core.phones, core.phones.model_copy(update={"asking": ()})
    visit = Visit(browser)
    visit.begin(address)
    visit.press("People")
    visit.press("Phones")
    visit.sees("How phones find the box")
    assert "asks to be set up" not in visit.one("main").text
    core.phones = asking  # the page finds out by itself
    visit.sees("A Fanvil X3U at 192.168.1.31 asks to be set up")
    visit.fill(extension="203")
    visit.press("Set it up")
    visit.sees("Restart the phone")
    assert core.approvals[0][1].extension == "203"
    assert [entry["message"] for entry in browser.get_log("browser")] == []


def width(browser: Chrome, screen: int) -> int:
    """How wide the page is, in pixels, on a screen of so many."""
    metrics = {"width": screen, "height": 800, "deviceScaleFactor": 1, "mobile": screen < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    return int(browser.execute_script("return document.documentElement.scrollWidth"))


@pytest.mark.parametrize(("who", "pages"), [("thandi", OWNERS), ("anna", AGENTS)])
def test_no_page_is_wider_than_the_screen(
    browser: Chrome, tmp_path: Path, who: str, pages: list[str]
) -> None:
    address, _, server = start(tmp_path)
    visit = Visit(browser)
    visit.sign_in(address, who)
    wide = {}
    for page in pages:
        browser.get(address + page)
        visit.one("main h1")
        wide |= {(page, px): width(browser, px) for px in WIDTHS}
    server.shutdown()
    server.server_close()
    assert {what: found for what, found in wide.items() if found > what[1]} == {}
    assert [entry["message"] for entry in browser.get_log("browser")] == []


def test_an_agent_pauses_by_reason_and_hears_a_message(browser: Chrome, tmp_path: Path) -> None:
    address, core, server = start(tmp_path)
    core.office = core.office.model_copy(update={"pause_reasons": ("Lunch", "Training")})
    visit = Visit(browser)
    visit.sign_in(address, "anna")
    browser.get(address + "/desk")
    visit.one("#panel-my_state details.menu summary").click()
    visit.press("Training")
    visit.until(lambda b: "Training" in visit.one("#panel-my_state .big-state").text)
    assert core.actions[-1][2].reason == "Training"
    assert visit.one("#panel-my_state .actions").text.split("\n")[0] == "Ready"
    visit.press("Voice mail")
    message = visit.one("audio[data-heard]")
    browser.execute_script("arguments[0].dispatchEvent(new Event('play'))", message)
    visit.until(lambda b: "Mark as heard" not in b.find_element(By.TAG_NAME, "main").text)
    assert core.heard == ["m1"]
    server.shutdown()
    server.server_close()


class Visit:
    """What a person does with a page: fill, press, look."""

    def __init__(self, browser: Chrome) -> None:
        self.browser = browser

    def begin(self, address: str) -> None:
        """The first run: the first page asked for leads there by itself."""
        self.browser.get(address)
        self.fill(code=CODE, name="zola", password=PASSWORD, again=PASSWORD)
        self.press("Make account and begin")
        self.sees("Your box is ready")

    def sign_in(self, address: str, name: str) -> None:
        self.browser.get(address)
        self.fill(name=name, password=DEMO_PASSWORD)
        self.press("Sign in")
        self.sees("What is happening now")

    def until(self, is_so: Callable[[Chrome], object]) -> None:
        """Waits; what belonged to a page just left counts as not yet."""
        left = (StaleElementReferenceException,)
        WebDriverWait(self.browser, PATIENCE_S, 0.05, ignored_exceptions=left).until(is_so)

    def one(self, selector: str) -> WebElement:
        self.until(lambda b: b.find_elements(By.CSS_SELECTOR, selector))
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def sees(self, words: str) -> None:
        self.until(lambda b: words in b.find_element(By.TAG_NAME, "body").text)

    def fill(self, **fields: str) -> None:
        for name, text in fields.items():
            self.until(lambda _, name=name, text=text: self._fills(name, text))

    def _fills(self, name: str, text: str) -> bool:
        fields = self.browser.find_elements(By.CSS_SELECTOR, f"main [name='{name}']")
        if not (fields and fields[0].is_displayed()):
            return False
        if fields[0].tag_name == "select":
            Select(fields[0]).select_by_value(text)
        else:
            fields[0].clear()
            fields[0].send_keys(text)
        return True

    def press(self, words: str) -> None:
        """The visible button or link that says `words`."""
        path = f"//*[self::a or self::button][normalize-space()='{words}']"

        def has_pressed(browser: Chrome) -> bool:
            seen = [e for e in browser.find_elements(By.XPATH, path) if e.is_displayed()]
            if seen:
                seen[0].click()
            return bool(seen)

        self.until(has_pressed)
