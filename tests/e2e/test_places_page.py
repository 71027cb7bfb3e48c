"""The Places page as a person uses it."""

import pandas as pd
import pytest
from playwright.sync_api import expect

from fusion_core.demo import DONOR
from fusion_core.geography.local_context import ContextClass, LocalContext, write_context
from fusion_core.workspace.layout import Workspace

pytestmark = pytest.mark.browser


@pytest.fixture
def served(app_server, demo_workspace):
    return app_server(demo_workspace)


def test_a_table_is_added_looked_at_and_found_again_by_its_address(page, served, tmp_path):
    pumas = pd.read_parquet(served.workspace / "geography" / "puma.parquet")["area_id"]
    file = tmp_path / "rents.csv"
    rents = pd.DataFrame({"puma": pumas[1:], "rent": range(800, 800 + len(pumas) - 1)})
    rents.to_csv(file, index=False)

    page.goto(f"{served.url}/places")
    expect(page.locator("nav a.active")).to_have_text("Places")
    boundaries = page.get_by_role("grid", name="Stored boundaries")
    expect(boundaries.get_by_role("row").filter(has_text="puma")).to_contain_text("20")
    expect(page.get_by_role("img", name="Map of the areas")).to_be_visible()

    page.get_by_role("button", name="Add places").click()
    page.get_by_role("button", name="Spatial table").click()
    page.locator("input[type=file]").first.set_input_files(file)
    expect(page.get_by_text("Upload complete").first).to_be_visible()
    # The file says what its rows are about, and that there is a number to average.
    expect(page.get_by_label("Rows are about")).to_have_value("PUMAs")
    averaged = page.get_by_role("combobox", name="Columns to average")
    expect(averaged.get_by_role("button", name="Remove item: 'rent'")).to_be_visible()
    page.get_by_label("Vintage").fill("next year")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("'next year' is not a vintage")).to_be_visible()

    page.get_by_label("Vintage").fill("2022")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("rents can be stored")).to_be_visible()
    assert not (served.workspace / "geography" / "predictors" / "rents.parquet").exists()
    page.get_by_role("button", name="Store", exact=True).click()

    tables = page.get_by_role("grid", name="Stored spatial tables")
    expect(tables.get_by_role("row").filter(has_text="rents")).to_have_attribute(
        "aria-selected", "true"
    )
    without = page.get_by_text("1 of 20 areas have no value (hatched).")
    expect(without).to_be_visible()
    expect(page.locator("svg.map path.none")).to_have_count(1)
    expect(page.get_by_text("rents.rent has no value for 1 of 20 PUMAs")).to_be_visible()

    page.goto(f"{served.url}/places?table=rents")
    expect(without).to_be_visible()


def test_what_a_donor_publishes_of_a_neighbourhood_is_listed_and_mapped(page, served):
    workspace = Workspace.open(served.workspace)
    pumas = pd.read_parquet(served.workspace / "geography" / "puma.parquet")["area_id"]
    shares = [100 * place / len(pumas) for place in range(len(pumas))]
    mix = pd.DataFrame({"puma": pumas, "few": shares, "many": [101 - share for share in shares]})
    classes = (ContextClass("few", None, 20), ContextClass("many", 20))
    context = LocalContext(
        "renters", "renters of the block group", DONOR, "renters", classes, mix, unit="%"
    )
    write_context(workspace, context)

    page.goto(f"{served.url}/places")
    contexts = page.get_by_role("grid", name="Stored local contexts")
    contexts.get_by_role("row").filter(has_text="renters").click()
    title = page.get_by_text("Renters of the block group, as ")
    expect(title).to_be_visible()
    expect(
        page.get_by_role("paragraph").filter(has_text="Percent in few: below 20 %")
    ).to_be_visible()
    expect(page.get_by_text("Local context 'renters' cannot be used")).to_be_visible()
    page.get_by_role("grid", name="Predictors").get_by_role("row").filter(has_text="many").click()
    expect(
        page.get_by_role("paragraph").filter(has_text="Percent in many: 20 % and more")
    ).to_be_visible()
    page.reload()
    expect(title).to_be_visible()


def test_boundaries_are_sent_as_the_kind_the_field_shows(page, served):
    page.goto(f"{served.url}/places?mode=add")
    page.locator("input[type=file]").first.set_input_files(
        served.workspace / "geography" / "puma.parquet"
    )
    expect(page.get_by_text("Upload complete").first).to_be_visible()
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("The boundaries 'puma' can be stored")).to_be_visible()
