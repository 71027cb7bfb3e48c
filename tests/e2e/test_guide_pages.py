"""The guide in the app: each page opens its chapter, and whoever searches finds."""

import pytest
from playwright.sync_api import expect

from harmony_app.help import chapter_for

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("place", ["begin", "surveys", "harmonize", "explore"])
def test_a_page_opens_its_own_chapter_and_stays_open(page, finished_server, place):
    page.goto(f"{finished_server.url}/{place}")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Guide", exact=True).click()
    guide = opened.value
    expect(guide.get_by_role("heading", level=1)).to_have_text(chapter_for(place).title)
    assert page.url.split("?")[0].endswith(place)


def test_a_chapter_leads_back_to_its_page_and_on_to_the_next_chapter(page, finished_server):
    page.goto(f"{finished_server.url}/help/validate")
    page.get_by_role("link", name="Explore ›").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Explore")
    page.get_by_role("link", name="Open this place in the app").click()
    page.wait_for_url("**/explore*")


def test_pictures_are_shown(page, finished_server):
    page.goto(f"{finished_server.url}/help/harmonize")
    picture = page.get_by_role("img").first
    picture.scroll_into_view_if_needed()
    page.wait_for_function("[...document.images].every((each) => each.naturalWidth > 0)")


def test_a_search_leads_to_the_section(page, finished_server):
    page.goto(f"{finished_server.url}/help/start")
    page.get_by_role("searchbox", name="Search the guide").fill("surely higest")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Ranks", exact=True).click()
    expect(page.get_by_role("heading", name="Ranks", exact=True)).to_be_in_viewport()


def test_a_search_for_what_is_not_there_says_so_and_markup_does_nothing(page, finished_server):
    page.goto(f"{finished_server.url}/help/?q=<script>document.title='x'</script>")
    expect(page.get_by_role("heading", level=1)).to_contain_text("No sections found for “<script>")
    assert page.title().startswith("Search")


def test_instead_of_a_chapter_that_is_not_there_the_search_answers(page, finished_server):
    answer = page.request.get(f"{finished_server.url}/help/known_answers")
    assert answer.status == 404
    assert "found for “known answers”" in answer.text()
    assert page.request.get(f"{finished_server.url}/help/pictures/none.png").status == 404
