"""The pages, in the states a visitor brings them to, have no violation axe-core knows of."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def click(name: str, role: str = "button") -> Callable[[Page], None]:
    """Return what clicks the first element of a role and name."""
    return lambda page: page.get_by_role(role, name=name).first.click()


def area(*places: int) -> Callable[[Page], None]:
    """Return what chooses areas by their place in the ranking, and compares them."""

    def choose(page: Page) -> None:
        ranked = page.get_by_role("list", name="Ranked areas").get_by_role("button")
        for number, place in enumerate(places):
            ranked.nth(place).click(modifiers=["Shift"] if number else [])

    return choose


def keys(*pressed: str) -> Callable[[Page], None]:
    """Return what presses keys, one after the other."""

    def press(page: Page) -> None:
        for key in pressed:
            page.keyboard.press(key)

    return press


MATCH = "/harmonize?"
UNREADABLE = {"name": "table.parquet", "mimeType": "application/octet-stream", "buffer": b"junk"}
# Name of the state, address, what is to be seen first, what is done then, what is seen after it.
STATES = {
    "begin": ("/begin", "Recipient", None, None),
    "surveys": ("/surveys", "DEMOACS", None, None),
    "surveys-import": ("/surveys", "DEMOACS", click("Import a survey"), "Nothing is stored until"),
    "places": ("/places", "Stored", None, None),
    "places-add": ("/places?mode=add", "Check the file", None, None),
    "places-table": (
        "/places?mode=add",
        "Check the file",
        click("Spatial table"),
        "Rows are about",
    ),
    "harmonize": ("/harmonize", "After harmonization", None, None),
    "harmonize-all": ("/harmonize?view=all", "All harmonies", None, None),
    "harmonize-findings": ("/harmonize?view=findings", "Findings of all harmonies", None, None),
    "harmonize-coverage": ("/harmonize?view=coverage", "Coverage by theme", None, None),
    "harmonize-transfer": ("/harmonize?view=transfer", "Transfer harmonies", None, None),
    "harmonize-numbers": (
        f"{MATCH}donor=income&recipient=hincp",
        "After harmonization",
        None,
        None,
    ),
    "harmonize-candidates": (f"{MATCH}donor=sexresp", "Which recipient variable", None, None),
    "harmonize-recode": (
        f"{MATCH}donor=tenure&recipient=ten",
        "rented",
        click("recode"),
        "Save as",
    ),
    "harmonize-queue": ("/harmonize", "After harmonization", click("suggestions"), "Keep as draft"),
    "harmonize-keys": ("/harmonize", "After harmonization", keys("?"), "accept what is suggested"),
    "fuse": ("/fuse", "What to fuse", None, None),
    "fuse-runs": ("/fuse?view=runs", "Winter", None, None),
    "validate": ("/validate", "How far off?", None, None),
    "validate-analyses": ("/validate", "How far off?", click("Show all analyses"), "Observed"),
    "validate-distributions": (
        "/validate?tab=distributions",
        "Distributions that differ",
        None,
        None,
    ),
    "validate-households": ("/validate?tab=draws", "Subsets", None, None),
    "validate-predictors": ("/validate?tab=predictors", "Subsets", None, None),
    "validate-implicates": ("/validate?tab=implicates", "Subsets", None, None),
    "validate-unseen": ("/validate?tab=unseen", "Takes about", None, None),
    "validate-known": ("/validate?tab=known", "Subsets", None, None),
    "validate-places": (
        "/validate?tab=distributions",
        "Dependence between variables",
        click("Compare places"),
        "by more than the margin",
    ),
    "validate-formed": (
        "/validate",
        "How far off?",
        lambda page: page.get_by_text("How subsets are formed").click(),
        "groups of equal size",
    ),
    "validate-numbers": (
        "/validate?tab=known",
        "What the recipient knows",
        lambda page: page.get_by_text("The numbers").first.click(),
        "truth varies by",
    ),
    "validate-refused": (
        "/validate?tab=table",
        "Column of area codes",
        lambda page: page.locator("input[type=file]").first.set_input_files(UNREADABLE),
        "The table could not be read",
    ),
    "validate-run": ("/validate?tab=run", "Compared with another run", None, None),
    "validate-table": ("/validate?tab=table", "Column of area codes", None, None),
    "explore": ("/explore", "Estimates from", None, None),
    "explore-table": ("/explore?view=table", "Reliability", None, None),
    "explore-donor": ("/explore?view=donor", "alone, by region", None, None),
    "explore-two": ("/explore?var=insecure&with=mean%3Aelec_kwh", "Estimates from", None, None),
    "explore-area": ("/explore", "Estimates from", area(0), "90 % sure it lies between"),
    "explore-compared": ("/explore", "Estimates from", area(0, 3), "allowing for its choice"),
    "explore-publish": ("/explore", "Estimates from", click("Publish as data"), "Title"),
    "explore-totals": (
        "/explore",
        "Estimates from",
        click("Add known totals"),
        "Table of known totals",
    ),
    "explore-method": ("/explore?view=about", "Estimates from", None, None),
    "guide": ("/help/explore", "Read the map", None, None),
    "guide-search": ("/help/?q=margin", "sections found", None, None),
    "explore-outcome": ("/explore", "Estimates from", click("Build an outcome"), "Condition 1"),
}


def wait_for(page: Page, text: str) -> None:
    page.get_by_text(text).filter(visible=True).first.wait_for()


def bring(page: Page, url: str, state: str) -> None:
    """Open a page and bring it to a state."""
    address, first, act, then = STATES[state]
    page.goto(f"{url}{address}")
    wait_for(page, first)
    if act is not None:
        act(page)
        wait_for(page, then)
    page.wait_for_timeout(800)  # colours fade in for a moment


def violations(page: Page) -> list[str]:
    """Say what axe-core finds, a line each, with the first element of its kind."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{item['id']}: {item['help']} – {item['nodes'][0]['html'][:200]}" for item in found]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_a_page_can_be_used_by_everybody(finished_server, new_page, state, dark):
    page = new_page(dark=dark, url=finished_server.url)
    bring(page, finished_server.url, state)
    assert violations(page) == []


# What lies side by side on a wide page is scrolled on a narrow one.
NARROW = ("validate", "validate-distributions", "validate-numbers", "fuse-runs", "surveys")


@pytest.mark.parametrize("state", NARROW)
def test_a_narrow_page_can_be_used_by_everybody(finished_server, new_page, state):
    page = new_page(width=1024, height=768)
    bring(page, finished_server.url, state)
    assert violations(page) == []


def test_the_computers_preference_for_dark_holds_until_a_person_chooses(finished_server, browser):
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(f"{finished_server.url}/surveys")
    page.locator("html[data-theme=dark]").wait_for()
    page.get_by_role("button", name="Switch between light and dark").click()
    page.locator("html[data-theme=light]").wait_for()
    page.goto(f"{finished_server.url}/begin")
    page.locator("html[data-theme=light]").wait_for()
    context.close()
