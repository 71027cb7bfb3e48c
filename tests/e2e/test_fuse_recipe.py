"""A recipe chosen on the Fuse place, on surveys read from files in the published layout."""

import pandas as pd
import pytest
from playwright.sync_api import expect
from published_files import make_pums

from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.store import HarmonyStore
from fusion_core.ingest.readers import ImportRequest, try_import
from fusion_core.recipes import apply_recipe, find_recipe
from fusion_core.surveys import SurveyId
from fusion_core.workspace.layout import Workspace

pytestmark = pytest.mark.browser

# A shared machine may be many times slower than an idle one.
LONG = 120_000
PAIR = SurveyPair(SurveyId("NHTS", "2017"), SurveyId("ACS", "2024"))


@pytest.fixture
def arizona(shared_data, tmp_path):
    """The NHTS's households of one state, and an ACS of the same made from its dictionary."""
    homes = pd.read_parquet(shared_data / "public" / "nhts" / "nhts2017_hhpub.parquet")
    homes[homes["HHSTATE"] == "AZ"].head(300).to_csv(tmp_path / "hhpub.csv", index=False)
    files = make_pums(shared_data, tmp_path, year=2024, described="pums-dict_acs5-2021.csv.gz")
    requests = [
        ImportRequest("nhts", {"household": tmp_path / "hhpub.csv"}, "NHTS", "2017"),
        ImportRequest(
            "acs_pums",
            {
                "household": files.housing,
                "person": files.person,
                "dictionary": files.dictionary,
            },
            "ACS",
            "2024",
        ),
    ]
    workspace = Workspace.create(tmp_path / "workspace", title="Arizona")
    for request in requests:
        trial = try_import(request)
        assert trial.survey is not None, trial.problems
        workspace.add_survey(trial.survey, may_replace=False)
    apply_recipe(workspace, find_recipe("travel"), author="ana")
    # As somebody would find it who has harmonized the pair, but fused nothing yet.
    stored = HarmonyStore(workspace.path, PAIR)
    assert len(stored.load().harmonies) == 8
    stored.delete("hhsize__np", author="ana")
    return workspace.path


def test_a_recipe_chooses_its_variables_in_order(app_server, arizona, page):
    page.goto(f"{app_server(arizona).url}/fuse?pair={PAIR}")
    recipe = page.get_by_role("combobox", name="Recipe")
    expect(page.locator("[data-predictor]").first).to_be_visible(timeout=LONG)
    expect(recipe.locator("option")).to_have_count(2)
    recipe.select_option("travel")
    chosen = page.locator(".step")
    expect(chosen).to_have_count(5, timeout=LONG)
    expect(chosen.first).to_contain_text("price")
    expect(chosen.last).to_contain_text("bike2save")
    expect(page.get_by_label("Name of the run")).to_have_value("Table 2, travel")
    # It is an offer to be taken again, and what was taken can be changed.
    expect(recipe).to_have_value("")
    assert len(HarmonyStore(arizona, PAIR).load().harmonies) == 8
