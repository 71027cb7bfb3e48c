"""What the tests of hard published cases share: a workspace of real dictionaries, and a counting hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
from made_up_survey import with_made_up_answers
from playwright.sync_api import Locator, Page, expect
from running_app import AppServer

from fusion_core.harmony.apply.apply import harmonize_pair
from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.harmony.model.harmony import Harmony, SideName, SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.ingest.fusiondata.dictionary import read_fusiondata_dictionary
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.layout import Workspace

HOUSEHOLDS = 1_500
WAIT = 90_000
"""Milliseconds a page may take on a busy machine; nothing here is about speed."""

SURVEYS = (
    "RECS_2015",
    "RECS_2020",
    "CEI_2015-2019",
    "ASEC_2019",
    "AHS_2019",
    "ACS_2015",
    "ACS_2019",
)


def build_workspace(shared_data: Path, folder: Path, surveys: Sequence[str] = SURVEYS) -> Workspace:
    """Write the surveys the cases need with made-up answers and no harmonies."""
    workspace = Workspace.create(folder, title="Hard cases", synthetic=True)
    for number, name in enumerate(surveys):
        path = shared_data / "dictionaries" / f"{name}_H.parquet"
        persons = path.with_name(f"{name}_P.parquet")
        survey = read_fusiondata_dictionary(path, persons if persons.exists() else None)
        generator = np.random.default_rng(number)
        workspace.add_survey(with_made_up_answers(survey, HOUSEHOLDS, generator))
    return workspace


@dataclass
class Hand:
    """A person at the page; counts what fingers do. Choosing in a drop-down is two clicks."""

    page: Page
    server: AppServer
    clicks: int = 0
    keys: int = 0

    @property
    def workspace(self) -> Workspace:
        """The workspace the page works on."""
        return Workspace.open(self.server.workspace)

    def open(self, pair: str, donor: str, recipient: str) -> None:
        """Go to the pair and choose both variables by searching; not part of the counts."""
        self.page.goto(
            f"{self.server.url}/harmonize?pair={quote(pair)}&donor={donor}&recipient={recipient}"
        )
        expect(self.page.locator(".variable-card.recipient .name")).to_have_text(
            recipient, timeout=WAIT
        )
        self.clicks = self.keys = 0

    def click(self, target: Locator) -> None:
        target.click()
        self.clicks += 1

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.keys += len(text)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1

    def choose(self, label: str, option: str) -> None:
        self.page.get_by_label(label, exact=True).last.select_option(option)
        self.clicks += 2

    def chip(self, side: str, key: str) -> None:
        """Open an editor of a side."""
        self.click(self.page.locator(f".settings.{side} [data-key={key}]"))

    def level(self, side: SideName, label: str) -> Locator:
        """A level in view, by its whole label."""
        rows = self.page.locator(f".side-levels.{side} .level:not(.heading)")
        return rows.filter(has=self.page.get_by_text(label, exact=True))

    def group(self, code: int, *, longer: bool) -> None:
        """Type a group's number; where a longer one begins alike, Enter says it ends here."""
        self.type(str(code))
        if longer:
            self.press("Enter")

    def find(self, side: SideName, text: str) -> None:
        """Select what a filter finds, in addition to what is selected."""
        box = self.page.get_by_label(f"Filter {side} levels")
        if box.input_value():
            self.press("f")
        else:
            self.click(box)
        self.type(text)
        self.press("Enter")

    def finds(self, count: int) -> None:
        expect(self.page.locator(".assign-line strong")).to_have_text(f"{count} selected")

    def take_suggestion(self, reason: str) -> None:
        """Take what is suggested for a reason."""
        expect(self.page.locator(".suggestion-words")).to_contain_text(reason, timeout=WAIT)
        self.press("a")
        expect(self.page.locator(".suggestion-band")).to_be_hidden(timeout=WAIT)

    def button(self, name: str) -> None:
        """Click a button of the open editor."""
        self.click(self.page.locator(".setting-editor").get_by_role("button", name=name))

    def reads(self, text: str) -> None:
        expect(self.page.locator(".setting-editor .reading").last).to_contain_text(
            text, timeout=WAIT
        )

    def save(self) -> None:
        self.click(self.page.get_by_role("button", name="Save harmony"))
        expect(self.page.locator(".toast")).to_contain_text("Saved", timeout=WAIT)


def saved(workspace: Workspace, pair: str, key: str) -> Harmony:
    """Return the harmony a journey saved."""
    donor, recipient = pair.split("__")
    store = HarmonyStore(
        workspace.path, SurveyPair(SurveyId.parse(donor), SurveyId.parse(recipient))
    )
    harmony = store.load().get(key)
    assert harmony is not None, f"{key} was not saved"
    return harmony


def read_published(shared_data: Path, workspace: Workspace, pair: str, key: str) -> Harmony:
    """Read a published harmony of two surveys of a workspace."""
    donor, recipient = (
        workspace.survey(SurveyId.parse(name), household_columns=(), person_columns=())
        for name in pair.split("__")
    )
    found = read_harmonies(
        shared_data / "harmonies" / "r" / f"{pair}.R",
        donor=donor.dictionary,
        recipient=recipient.dictionary,
    )
    return next(harmony for harmony in found.harmonies if harmony.key == key)


def columns(hand: Hand, pair: str, harmony: Harmony) -> tuple[pd.Series, pd.Series]:
    """Return both columns a harmony yields, by household (person) in the order of the survey."""
    both = [hand.workspace.survey(SurveyId.parse(name)) for name in pair.split("__")]
    result = harmonize_pair([harmony], *both)
    assert not result.failures, result.failures
    return result.donor[harmony.key], result.recipient[harmony.key]


def table(hand: Hand, name: str, respondent: str = "person") -> pd.DataFrame:
    """Return the answers of a survey's persons or households."""
    survey = hand.workspace.survey(SurveyId.parse(name))
    return survey.person if respondent == "person" else survey.household
