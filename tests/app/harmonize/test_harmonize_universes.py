"""Published harmonies whose universes differ, made by the messages of the page, person by person."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_up_survey import with_made_up_answers

from fusion_core.harmony.apply.apply import harmonize_pair
from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.ingest.fusiondata.dictionary import read_fusiondata_dictionary
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.layout import Workspace
from harmony_app.harmonize.page.page import HarmonizePage
from harmony_app.shell.session import Session

PAIR = "ASEC_2019__ACS_2019"
HOUSEHOLDS = 400

SCHOOLING = {
    "educ": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12, 13, 14, 15, 16],
    "schl": [1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 10, 11, 11, 12, 13, 14, 15, 16],
}
RELATIONS = {
    "relate": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 12],
    "relshipp": [1, 2, 10, 3, 11, 4, 4, 4, 6, 5, 7, 5, 4, 8, 9, 13, 12, "drop", "drop"],
}
"""The groups people typed, level by level."""


@pytest.fixture(scope="module")
def asec(shared_data, tmp_path_factory) -> Workspace:
    """The two surveys with their real dictionaries and made-up answers, and no harmony."""
    workspace = Workspace.create(
        tmp_path_factory.mktemp("asec") / "cases", title="Cases", synthetic=True
    )
    for number, name in enumerate(PAIR.split("__")):
        paths = [shared_data / "dictionaries" / f"{name}_{level}.parquet" for level in "HP"]
        survey = with_made_up_answers(
            read_fusiondata_dictionary(*paths), HOUSEHOLDS, np.random.default_rng(number)
        )
        if "schl" in survey.dictionary:
            grown = survey.person["agep"] >= 15
            young = survey.person["schl"] == "Less than 3 years old"
            survey.person.loc[grown & young, "schl"] = "Grade 9"
        workspace.add_survey(survey)
    return workspace


@pytest.fixture(scope="module")
def published(shared_data, asec):
    donor, recipient = surveys(asec)
    found = read_harmonies(
        shared_data / "harmonies" / "r" / f"{PAIR}.R",
        donor=donor.dictionary,
        recipient=recipient.dictionary,
    )
    return {harmony.key: harmony for harmony in found.harmonies}


def surveys(workspace):
    return tuple(workspace.survey(SurveyId.parse(name)) for name in PAIR.split("__"))


def made(workspace, donor, recipient, groups, *messages):
    """Return the harmony that the messages of the page lead to, from levels without groups."""
    page = HarmonizePage(Session(workspace, "ana", "light", {"pair": PAIR}))
    page.receive({"kind": "open", "donor": donor, "recipient": recipient})
    for side, name in (("donor", donor), ("recipient", recipient)):
        pairs = [[index, group] for index, group in enumerate(groups[name])]
        page.receive({"kind": "assign_each", "side": side, "pairs": pairs})
    for message in messages:
        page.receive(message)
    return page.state.current


def columns(workspace, harmony):
    result = harmonize_pair([harmony], *surveys(workspace))
    assert not result.failures, result.failures
    both = (frame[harmony.key].astype(object) for frame in (result.donor, result.recipient))
    return [column.fillna("nobody").tolist() for column in both]


def highest(persons: pd.DataFrame, codes: list) -> list[str]:
    """Return the highest code of every household, person by person; who is dropped has none."""
    found: dict[str, float] = {}
    for household, code in zip(persons["household_id"], codes, strict=True):
        found.setdefault(household, -1.0)
        if code != "drop":
            found[household] = max(found[household], code)
    in_order = [found[household] for household in sorted(found)]
    return ["nobody" if code < 0 else f"{code:g}" for code in in_order]


def coded(survey, variable, groups) -> list:
    codes = dict(zip(survey.dictionary[variable].levels, groups[variable], strict=True))
    return [codes[answer] for answer in survey.person[variable].astype(str)]


def test_persons_too_young_to_be_asked_join_the_group_of_those_not_asked(asec, published):
    harmony = made(
        asec,
        "educ",
        "schl",
        SCHOOLING,
        {
            "kind": "universe_rows",
            "side": "recipient",
            "condition": {
                "joined": "all",
                "tests": [{"variable": "agep", "relation": "at_least", "values": [15]}],
            },
        },
        {"kind": "outside", "side": "recipient", "group": 1},
    )
    donor, recipient = surveys(asec)
    asked = [
        code if age >= 15 else 1
        for code, age in zip(
            coded(recipient, "schl", SCHOOLING), recipient.person["agep"], strict=True
        )
    ]
    found = columns(asec, harmony)
    assert found[0] == highest(donor.person, coded(donor, "educ", SCHOOLING))
    assert found[1] == highest(recipient.person, asked)
    assert found == columns(asec, published[harmony.key])


def test_group_quarters_leave_and_the_others_are_linked(asec, published):
    harmony = made(asec, "relate", "relshipp", RELATIONS, {"kind": "ordered", "value": True})
    donor, recipient = surveys(asec)
    found = columns(asec, harmony)
    assert found[0] == highest(donor.person, coded(donor, "relate", RELATIONS))
    assert found[1] == highest(recipient.person, coded(recipient, "relshipp", RELATIONS))
    assert found == columns(asec, published[harmony.key])
