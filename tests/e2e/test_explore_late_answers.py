"""What is typed on Explore while an answer of the server is on its way stays where it was typed."""

import pytest
from playwright.sync_api import expect
from slow_line import SlowLine

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("field", ["and for whom (expression)", "Only in"])
def test_what_is_typed_while_another_variable_is_on_its_way_is_kept(
    finished_server, finished_run, page, field
):
    line = SlowLine(page)
    page.goto(
        f"{finished_server.url}/explore?run={finished_run.run}&var=insecure&stat=share&level=Yes"
    )
    expect(page.get_by_label("Legend")).to_be_visible()
    typed = page.get_by_label(field, exact=True)
    expect(typed).to_have_value("")

    line.hold()
    variable = page.get_by_label("Variable", exact=True)
    (electricity,) = variable.locator("option", has_text="Electricity use").all_inner_texts()
    variable.select_option(label=electricity)
    line.wait_until_silent()
    typed.press_sequentially("np > 1")
    while line.held:
        line.release_one()
        page.wait_for_timeout(50)
    line.release()

    expect(page.locator(".map-title")).to_contain_text("Electricity use")
    expect(page.get_by_label("Legend")).to_be_visible()
    expect(typed).to_have_value("np > 1")
