"""A variable derived on the Surveys page, from the form to the dictionary."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fusion_core.derived.definition import DerivedVariable
from fusion_core.execution.deriving import derive
from fusion_core.surveys import SurveyId
from fusion_core.workspace.layout import Workspace

pytestmark = pytest.mark.browser


def test_a_variable_is_built_from_steps_seen_and_added(
    app_server, demo_workspace: Path, page: Page
):
    server = app_server(demo_workspace)
    page.goto(f"{server.url}/surveys?survey=DEMOACS_2022")
    page.get_by_role("button", name="Derive a variable").click()
    page.get_by_label("Name", exact=True).fill("senior")
    page.get_by_label("Label", exact=True).fill("Anyone aged 65 or more")
    page.get_by_label("Built from the answers of").select_option("person")
    variable = page.get_by_role("combobox", name="Variable", exact=True)
    variable.click()
    variable.fill("agep")
    page.keyboard.press("Enter")
    page.keyboard.type("65")
    page.keyboard.press("Enter")
    expect(page.get_by_text("weighted · ")).to_be_visible()
    expect(page.get_by_text("none missing")).to_be_visible()
    page.get_by_role("button", name="Add the variable").click()
    expect(page.get_by_role("button", name="Import a survey")).to_be_visible()
    expect(page.get_by_text("Derived: agep >= 65")).to_be_visible()
    stored = Workspace.open(demo_workspace).stored_survey(SurveyId("DEMOACS", "2022"))
    assert stored.dictionary["senior"].levels == ("No", "Yes")


def test_a_derived_variable_is_changed_and_removed(app_server, demo_workspace: Path, page: Page):
    survey = SurveyId("DEMOACS", "2022")
    workspace = Workspace.open(demo_workspace)
    derive(workspace, survey, DerivedVariable("crowded", "np > 4", label="More than four"))
    server = app_server(demo_workspace)
    page.goto(f"{server.url}/surveys?survey={survey}&variable={survey}/crowded")
    page.get_by_role("button", name="Change the definition").click()
    label = page.get_by_label("Label", exact=True)
    expect(label).to_have_value("More than four")
    expect(page.get_by_label("Name", exact=True)).to_be_disabled()
    label.fill("A full house")
    page.get_by_role("button", name="Save the change").click()
    expect(page.get_by_role("button", name="Change the definition")).to_be_visible()
    expect(page.get_by_text("A full house").first).to_be_visible()
    assert workspace.stored_survey(survey).dictionary["crowded"].description == "A full house"
    page.get_by_role("button", name="Remove it", exact=True).click()
    page.get_by_role("button", name="Remove it for good").click()
    expect(page.get_by_role("button", name="Change the definition")).to_be_hidden()
    assert "crowded" not in workspace.stored_survey(survey).dictionary
