"""Every page is walked by Tab: all of it is reached, seen where one stands, and left again."""

import pytest
from keyboard import Keyboard

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/begin", "Recipient"),
        ("/surveys", "DEMOACS"),
        ("/places", "Stored"),
        ("/harmonize", "After harmonization"),
        ("/fuse", "What to fuse"),
        ("/validate", "How far off?"),
        ("/explore", "Estimates from"),
    ],
)
def test_tab_goes_around_a_page_and_is_seen_at_every_stop(finished_server, page, address, shown):
    keys = Keyboard(page)
    page.goto(f"{finished_server.url}{address}")
    page.get_by_text(shown).filter(visible=True).first.wait_for()
    page.wait_for_timeout(2500)  # what a busy server draws late is walked, too
    found = keys.stops()
    assert found[0].startswith("A Skip to the page")
    assert len(set(found)) == len(found)
    assert keys.hidden == []
