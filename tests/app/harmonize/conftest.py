"""A small workspace with two surveys, written once per test."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from fusion_core.surveys.model import (
    Dictionary,
    Survey,
    SurveyDescription,
    SurveyId,
    variable_from_column,
)
from fusion_core.workspace.layout import Workspace
from harmony_app.harmonize.page.page import HarmonizePage
from harmony_app.harmonize.work.browser_component import HarmonizeComponent
from harmony_app.shell.session import Session

DONOR = SurveyId("ENERGY", "2020")
RECIPIENT = SurveyId("ACS", "2019")


def _donor() -> Survey:
    household = pd.DataFrame(
        {
            "household_id": [f"d{i}" for i in range(6)],
            "weight": [1.0, 2.0, 1.0, 2.0, 1.0, 1.0],
            "heat": pd.Categorical(
                ["Gas", "Electric", "Gas", "Wood", "Electric", "Gas"],
                categories=["Gas", "Electric", "Wood"],
            ),
            "kids": [0, 1, 2, 0, 3, 0],
            "pay": pd.Categorical(
                ["Yes", "No", "Yes", "Yes", "No", "No"], categories=["Yes", "No"]
            ),
        }
    )
    columns = {"heat": "Main heating fuel", "kids": "Number of children", "pay": "Pays the bill"}
    variables = [
        variable_from_column(name, household[name], description=text)
        for name, text in columns.items()
    ]
    return Survey(SurveyDescription(DONOR), Dictionary(variables), household)


def _recipient() -> Survey:
    household = pd.DataFrame(
        {
            "household_id": [f"r{i}" for i in range(4)],
            "weight": [1.0, 1.0, 1.0, 1.0],
            "hfl": pd.Categorical(
                ["Utility gas", "Electricity", "Electricity", "Wood"],
                categories=["Utility gas", "Electricity", "Wood"],
            ),
        }
    )
    person = pd.DataFrame(
        {
            "household_id": ["r0", "r0", "r1", "r2", "r2", "r2", "r3"],
            "person_number": [1, 2, 1, 1, 2, 3, 1],
            "weight": 1.0,
            "agep": [40, 10, 70, 35, 5, 17, 18],
        }
    )
    variables = [
        variable_from_column("hfl", household["hfl"], description="House heating fuel"),
        variable_from_column("agep", person["agep"], description="Age", respondent="person"),
    ]
    return Survey(SurveyDescription(RECIPIENT), Dictionary(variables), household, person)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace.create(tmp_path / "project", title="Test")
    workspace.add_survey(_donor())
    workspace.add_survey(_recipient())
    return workspace


@pytest.fixture
def open_page(workspace: Workspace):
    """Open the page as a visitor would: ``open_page(donor=…, recipient=…, user=…)``."""

    def build(user: str = "kim", **query: str) -> HarmonizePage:
        query = {"pair": f"{DONOR}__{RECIPIENT}"} | query
        return HarmonizePage(Session(workspace, user, "light", query))

    return build


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What pages told the browser once, newest last."""
    heard: list[dict] = []
    monkeypatch.setattr(
        HarmonizeComponent,
        "tell",
        lambda _, kind, **content: heard.append({"kind": kind, **content}),
    )
    return heard
