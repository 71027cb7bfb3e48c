"""Runs combined and outcomes built on the Explore page, driven through its widgets."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from fusion_core.derived.outcomes import read_outcomes
from fusion_core.errors import InputError
from fusion_core.estimates.runs import EstimateCache
from fusion_core.fusion import write_implicates
from fusion_core.fusion.base import Stream
from fusion_core.fusion.implicates.implicates import FusedVariable, Implicates
from fusion_core.harmony.expressions import Test
from fusion_core.harmony.model.harmony import SurveyPair
from fusion_core.surveys.model import (
    Dictionary,
    Survey,
    SurveyDescription,
    SurveyId,
    variable_from_column,
)
from fusion_core.workspace.combinations import combination_names, open_combination
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import RunSpec, RunState, create_run, open_run
from harmony_app.explore.data.catalogue import read_catalogue
from harmony_app.explore.data.estimates import Estimator
from harmony_app.explore.page import ExplorePage
from harmony_app.explore.view import joined
from harmony_app.shell.session import Session

TRAVEL = SurveyId("TRAVEL", "2017")


@pytest.fixture
def workspace(mapped_workspace, tmp_path):
    """A copy with a second run, of another donor on the same recipient, which asked one thing too."""
    folder = tmp_path / "workspace"
    shutil.copytree(mapped_workspace.workspace.path, folder)
    copy = Workspace.open(folder)
    generator = np.random.default_rng(3)
    first = open_run(copy, mapped_workspace.run)
    recipient = first.spec().pair.recipient
    rows = len(copy.survey(recipient).table("household"))
    donor = copy.survey(first.spec().pair.donor).table("household")[["household_id", "weight"]]
    names = ("kwh", "miles")
    donor = donor.assign(**{name: generator.gamma(2.0, 5.0, len(donor)) for name in names})
    entries = [variable_from_column(name, donor[name]) for name in names]
    copy.add_survey(Survey(SurveyDescription(TRAVEL), Dictionary(entries), donor))
    spec = RunSpec("Travel", SurveyPair(TRAVEL, recipient), names, implicates=6, seed=2)
    run, drawn = create_run(copy, spec), Stream(2, "travel", names)
    run.input_folder.mkdir()
    shutil.copy(first.input_folder / "recipient.parquet", run.input_folder)
    fused = {
        name: FusedVariable(name, generator.gamma(2.0, 5.0, (rows, 6)), streams=(drawn,))
        for name in names
    }
    write_implicates(Implicates(fused), run.implicates_folder)
    run.write_state(RunState(status="finished", stage="validate", progress=1.0))
    return copy


@pytest.fixture
def page(workspace, mapped_workspace):
    session = Session(workspace, "ann", "light", {"run": mapped_workspace.run})
    return ExplorePage(session, read_catalogue(workspace), Estimator(workspace, EstimateCache()))


def opened(page):
    page.combining.drawer.open.value = True
    return page.combining.drawer.form


def choose(condition, variable, *levels, threshold=None):
    condition.variable.value = variable
    if levels:
        condition.levels.value = list(levels)
    condition.threshold.value = threshold


def test_an_outcome_of_two_conditions_is_kept_and_mapped(page, workspace, mapped_workspace):
    card = opened(page)
    choose(card.conditions[0], "cold", "Yes")
    choose(card.conditions[1], "tenure", "Renter")
    card.name.value, card.title.value = "cold_renters", "Renters in a cold home"
    card.keep.clicks += 1
    assert page.state.variable == "cold_renters"
    assert page.state.level == "Yes"
    [kept] = read_outcomes(open_run(workspace, mapped_workspace.run).derived_path)
    assert kept.label == "Renters in a cold home"
    assert "Derived as" in dict(page.note.facts)


def test_runs_of_two_donors_are_combined_and_asked_together(page, workspace):
    card = opened(page)
    assert list(card.other.options)
    card.combination.value = "winter_travel"
    card.combine.clicks += 1
    assert combination_names(workspace) == ["winter_travel"]
    assert page.state.source == "combination:winter_travel"
    assert set(page.source.fused) == {"cold", "kwh", "miles"}
    assert open_combination(workspace, "winter_travel").parts[1].variables == ("miles",)
    choose(card.conditions[0], "cold", "Yes")
    choose(card.conditions[1], "miles", threshold=8.0)
    card.name.value = "both"
    card.keep.clicks += 1
    facts = dict(page.note.facts)
    assert facts["Donors"] == "HEAT 2020 and TRAVEL 2017"
    assert "independent" in facts["Assumption"]
    page.choose_area("0100100")
    assert "Whatever the dependence between the donors" in page.side.card.object


def test_a_run_that_adds_no_variable_is_refused_in_words_of_the_page(page):
    card = opened(page)
    [other] = card._partners.values()
    [spec] = other.specs
    card._partners = {other.id: replace(other, specs=(replace(spec, fusion_variables=("kwh",)),))}
    card.combination.value = "nothing_new"
    card.combine.clicks += 1
    assert "has no fused variable that" in card.message.object
    assert "RUN:" not in card.message.object


@pytest.mark.parametrize(
    ("name", "message"), [("", "not a name"), ("np", "already"), ("Both Burdens", "not a name")]
)
def test_what_cannot_be_kept_is_said_beside_the_button(page, name, message):
    card = opened(page)
    choose(card.conditions[0], "cold", "Yes")
    card.name.value = name
    card.keep.clicks += 1
    assert card.message.visible
    assert message in card.message.object


def test_conditions_are_put_together_in_three_ways():
    tests = [
        Test("cold", "in", ("Yes",)),
        Test("tenure", "in", ("Renter", "Owner's")),
        Test("kwh", "more_than", (900.0,)),
        None,
    ]
    assert joined(tests, "all") == (
        "cold = 'Yes' AND tenure IN ('Renter', 'Owner''s') AND kwh > 900"
    )
    assert " OR " in joined(tests[:2], "any")
    assert joined(tests, "two").count("CASE WHEN") == 3
    with pytest.raises(InputError, match="two conditions"):
        joined(tests[:1], "two")
    with pytest.raises(InputError, match="Choose a condition"):
        joined([None], "all")
