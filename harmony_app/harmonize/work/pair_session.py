"""One pair of surveys as one session works on it: surveys, saved harmonies, drafts, findings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.harmony.apply import RowsCache, SurveyRows
from fusion_core.harmony.checks import sibling_sets, siblings_of
from fusion_core.harmony.editing import start_harmony
from fusion_core.harmony.expressions import check_expression, evaluate_expression
from fusion_core.harmony.matching import Candidate
from fusion_core.harmony.model import Harmony, SideName, SurveyPair, harmony_key, split_key
from fusion_core.harmony.overview import CheckResult
from fusion_core.harmony.previews import HarmonyPreview, preview
from fusion_core.harmony.store import (
    Decision,
    Draft,
    HarmonyStore,
    PairContents,
    Remark,
    Review,
    now,
)
from fusion_core.harmony.suggest import (
    SuggestionIndex,
    by_fit,
    candidate_fits,
    decline,
    declined,
)
from fusion_core.surveys.model import SurveyId, Variable, variable_from_column
from fusion_core.workspace.files import shown_name
from fusion_core.workspace.layout import Workspace
from harmony_app.harmonize.work._suggestion_index import shared_suggestion_index
from harmony_app.harmonize.work.catalogue import Status, harmony_statuses
from harmony_app.harmonize.work.library import load_survey, shared_rows
from harmony_app.harmonize.work.pair_surveys import Surveys
from harmony_app.harmonize.work.state import ViewState
from harmony_app.shell.look import number

SAMPLE_ROWS = 2_000
"""Rows an expression is tried on while it is typed."""


def parse_pair(text: str) -> SurveyPair:
    """Read a pair as it is written in a page's address.

    Raises
    ------
    InputError
        If it does not name two surveys.
    """
    donor, separator, recipient = text.partition("__")
    if not separator:
        raise InputError(
            f"'{shown_name(text)}' names no donor and recipient", fix="Choose a pair from the list"
        )
    return SurveyPair(SurveyId.parse(donor), SurveyId.parse(recipient))


class PairSession:
    """What a session knows of a pair.

    Parameters
    ----------
    workspace
        The project folder.
    pair
        The two surveys.
    user
        Whose drafts are shown and kept.
    author
        The name under which the same person saves, where it is another one.

    Raises
    ------
    InputError
        If a survey or the file of harmonies cannot be read.
    """

    def __init__(self, workspace: Workspace, pair: SurveyPair, user: str, author: str = "") -> None:
        self.pair = pair
        self.user = user
        self.author = author or user
        self._workspace = workspace
        self.reload_surveys()
        self.store = HarmonyStore(workspace.path, pair)
        self.saved: dict[str, Harmony] = {}
        self.kept: dict[str, Draft] = {}
        self._contents = PairContents()
        self.unreadable: list[Path] = []
        self.decided: dict[str, Decision] = {}
        self.declined = declined(self.store, user)
        self._rows: RowsCache = shared_rows(workspace)
        self.shared_index = shared_suggestion_index(workspace, pair.recipient)
        self.fits: dict[str, dict[str, float]] = {}
        self._candidates: dict[str, tuple[SuggestionIndex, tuple[Candidate, ...]]] = {}
        self.verdicts: dict[str, CheckResult] = {}
        self._siblings = sibling_sets(workspace.path, pair)
        self.reload()

    def reload_surveys(self) -> None:
        """Read the surveys as they are on disk now; unchanged ones are not read again."""
        self.surveys = Surveys(
            load_survey(self._workspace, self.pair.donor),
            load_survey(self._workspace, self.pair.recipient),
        )

    def rows(self, side: SideName) -> SurveyRows:
        """Return the prepared microdata of a side.

        Raises
        ------
        InputError
            If its survey has no microdata.
        """
        return self._rows.rows(self.surveys.survey(side))

    def reload(self) -> None:
        """Read what is on disk now: others may have saved, and this user may have two windows."""
        self._contents = self.store.contents()
        self.saved = dict(sorted(self._contents.harmonies.items()))
        try:
            self.kept = self.store.load_drafts(self.user)
        except CorruptFileError:
            self.unreadable += self.store.drafts.set_aside_damaged(self.user)
            self.kept = self.store.load_drafts(self.user)
        self.reload_decisions()

    def reload_decisions(self) -> None:
        """Read which donor variables somebody left without a harmony; damage is told and set aside."""
        try:
            self.decided = self.store.decisions.load()
        except CorruptFileError:
            self.unreadable.append(self.store.decisions.set_aside_damaged())
            self.decided = {}

    def decline(self, key: str, *, again: bool = False) -> None:
        """Never suggest a harmony to this user again, or (`again`) suggest it as before."""
        decline(self.store, self.user, key, again=again)
        self.declined = declined(self.store, self.user)

    def reload_draft(self, key: str) -> None:
        """Read this user's draft of one harmony, which may come from another window."""
        draft = self.store.drafts.get(self.user, key) if key else None
        if draft is not None:
            self.kept[key] = draft
        else:
            self.kept.pop(key, None)

    @property
    def drafts(self) -> dict[str, Harmony]:
        """The unsaved harmonies of this user by key."""
        return {key: draft.harmony for key, draft in self.kept.items()}

    def review(self, key: str) -> Review:
        """Tell where the review of a harmony stands."""
        return self._contents.review(key)

    def remarks(self, key: str) -> tuple[Remark, ...]:
        """Return what was said about a harmony, oldest first."""
        return self._contents.reviews.get(key, ())

    def start(self, donor: str, recipient: str) -> Harmony:
        """Return the harmony of two variables before anything was decided."""
        return start_harmony(
            self.surveys.donor.dictionary.require(donor, where=self.pair.donor.title),
            self.surveys.recipient.dictionary.require(recipient, where=self.pair.recipient.title),
            propose=False,
        )

    def variables(self, harmony: Harmony) -> tuple[Variable, Variable]:
        """Return the dictionary entries of a harmony's donor and recipient variable."""
        return self.surveys.variable("donor", harmony), self.surveys.variable("recipient", harmony)

    def partners(self, donor: str) -> list[str]:
        """Return the recipient variables a donor variable has a harmony or draft with."""
        pairs = map(split_key, [*self.saved, *self.drafts])
        return list(dict.fromkeys(recipient for own, recipient in pairs if own == donor))

    def usable_partner(self, donor: str) -> str:
        """Return the first partner whose harmony can be opened; empty where there is none."""
        partners = self.partners(donor)
        return next((name for name in partners if not self.broken(harmony_key(donor, name))), "")

    def broken(self, key: str) -> str:
        """Say why a harmony cannot be opened: a variable that its survey lacks; empty if it can."""
        sides = zip((self.surveys.donor, self.surveys.recipient), split_key(key), strict=True)
        lacking = [
            f"{survey.id.title} has no variable '{name}'"
            for survey, name in sides
            if name not in survey.dictionary
        ]
        return " and ".join(lacking)

    def refuse_broken(self, key: str) -> None:
        """Refuse to open a harmony that is saved but broken.

        Raises
        ------
        InputError
            If it is; a harmony that does not exist is for others to tell.
        """
        if (key in self.saved or key in self.drafts) and (reason := self.broken(key)):
            raise InputError(
                f"The harmony {key} cannot be opened: {reason}",
                fix="Import the survey with this variable, or delete the harmony in the table of all",
            )

    def candidates(self, donor: str) -> tuple[Candidate, ...]:
        """Return the recipient variables that fit a donor variable best."""
        index = self.index
        if donor not in self._candidates or self._candidates[donor][0] is not index:
            variable = self.surveys.donor.dictionary.require(donor)
            self._candidates[donor] = (index, index.rank(variable, survey=self.pair.donor.name))
        return by_fit(self._candidates[donor][1], self.fits.get(donor, {}))

    def find_fits(self, donor: str) -> dict[str, float]:
        """Compare the distributions of the best candidates; slow on large surveys."""
        surveys, index = self.surveys, self.index
        if not (surveys.donor.has("household") and surveys.recipient.has("household")):
            return {}
        variable = surveys.donor.dictionary.require(donor)
        columns = tuple(surveys.donor.dictionary.answers())
        return candidate_fits(
            index.rank(variable, survey=self.pair.donor.name),
            lambda name: (
                index.suggest(
                    variable, name, self.pair, columns=columns, price_years=surveys.price_years
                ).harmony
            ),
            surveys.donor,
            surveys.recipient,
            cache=self._rows,
        )

    @property
    def index(self) -> SuggestionIndex:
        """What candidates are ranked by: the whole workspace once it is read, else the wording."""
        return self.shared_index.latest or self.shared_index.by_wording

    def preview(self, harmony: Harmony) -> HarmonyPreview:
        """Compute what a harmony does to both surveys."""
        return preview(
            harmony,
            self.surveys.donor,
            self.surveys.recipient,
            cache=self._rows,
            siblings=siblings_of(harmony, self.pair, self._siblings),
        )

    def unchecked(self) -> list[str]:
        """Return the keys of saved harmonies whose present version has not been checked yet."""
        return [
            key
            for key, harmony in self.saved.items()
            if key not in self.verdicts or self.verdicts[key].revision != harmony.revision
        ]

    def attention(self) -> dict[str, list[str]]:
        """Return why saved harmonies need attention, by key."""
        waiting = set(self.unchecked())
        broken = {key: [reason] for key in self.saved if (reason := self.broken(key))}
        return broken | {
            key: found.reasons()
            for key, found in self.verdicts.items()
            if found.open and key in self.saved and key not in self.drafts and key not in waiting
        }

    def statuses(self) -> dict[str, Status]:
        """Return the status of every harmony and draft, by key."""
        return harmony_statuses(self.saved.values(), self.drafts, self.attention())

    def keep_draft(
        self, harmony: Harmony, base_revision: int, state: ViewState | None = None
    ) -> Draft:
        """Keep an unsaved harmony on the server.

        Parameters
        ----------
        harmony
            The harmony.
        base_revision
            The saved revision it started from.
        state
            The page's state it belongs to, whose undo and redo are kept with it.
        """
        state = state or ViewState()
        draft = Draft(
            replace(harmony, revision=base_revision),
            now(),
            self.user,
            past=state.past,
            future=state.future,
            other=state.rival,
        )
        kept = self.store.drafts.save(draft, based_on=state.draft_token)
        self.kept[harmony.key] = kept
        return kept

    def drop_draft(self, key: str, token: str) -> None:
        """Forget an unsaved harmony, unless another window has gone on with it."""
        if key in self.kept:
            self.store.drafts.discard(key, user=self.user, based_on=token)
            del self.kept[key]

    def try_expression(self, harmony: Harmony, side: SideName, text: str) -> str:
        """Check an expression and say in words what it yields.

        Raises
        ------
        ExpressionError
            If it is not allowed or fails on the data.
        """
        survey = self.surveys.survey(side)
        respondent = harmony.side(side).respondent
        checked = check_expression(text, self.surveys.columns(side, harmony))
        remarks = f" {checked.remarks[0]}." if checked.remarks else ""
        if not survey.has(respondent):
            kinds = {
                "number": "a number",
                "boolean": "a condition (1 or 0)",
                "text": "a text",
                "any": "a value",
            }
            return f"Yields {kinds[checked.kind]}.{remarks}"
        names = checked.columns or survey.column_names(respondent)[:1]  # a constant needs rows too
        sample = survey.columns(respondent, names, rows=SAMPLE_ROWS)
        return describe_values(evaluate_expression(checked, sample)) + remarks


def describe_values(values: pd.Series) -> str:
    """Say what values are like: ``Whole number, 0 to 12, median 2``."""
    missing = float(values.isna().mean()) if len(values) else 0.0
    tail = f", {100 * missing:.0f} % without a value" if missing else ""
    if pd.api.types.is_bool_dtype(values.dtype):
        return f"Condition, true for {100 * float(values.fillna(False).mean()):.0f} % of the rows tried{tail}."
    if pd.api.types.is_numeric_dtype(values.dtype):
        described = variable_from_column("value", values)
        if described.minimum is None or described.maximum is None or described.median is None:
            return "Number, but no row has a value."
        kind = "Whole number" if described.type == "integer" else "Number"
        ends = (described.minimum, described.maximum, described.median)
        low, high, middle = (number(value, digits=6) for value in ends)
        return f"{kind}, {low} to {high}, median {middle}{tail}."
    shown = ", ".join(f"“{value}”" for value in values.dropna().unique()[:3])
    return f"Text: {shown}{tail}."
