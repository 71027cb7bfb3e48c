"""The Harmonize page: it hears what a person does, changes the state, and shows the new one.

Every message is answered at once with the changed harmony; what takes longer – preview, draft file,
findings – follows in the next turn of the server's loop, once for any number of quick edits.
"""

from __future__ import annotations

import traceback
from typing import Any

import panel as pn

from fusion_core.errors import ExpressionError, HarmonyError, InputError
from fusion_core.harmony.expressions import ALLOWED_FUNCTIONS
from fusion_core.harmony.model import Harmony, SurveyPair
from fusion_core.harmony.preview import HarmonyPreview
from fusion_core.harmony.prices import price_years
from fusion_core.harmony.store import list_pairs
from harmony_app.harmonize import exchange, messages
from harmony_app.harmonize import state as states
from harmony_app.harmonize.catalogue import variable_card, variable_entries, worklist_statuses
from harmony_app.harmonize.consequences import preview_record, rows_record
from harmony_app.harmonize.desk import HarmonizeDesk
from harmony_app.harmonize.edits import EDITS, apply_edit
from harmony_app.harmonize.forms import AGGREGATORS, harmony_form
from harmony_app.harmonize.library import all_pairs
from harmony_app.harmonize.messages import Message
from harmony_app.harmonize.overview import OverviewTable
from harmony_app.harmonize.pairwork import PairWork, parse_pair
from harmony_app.harmonize.saving import Saving
from harmony_app.shell.session import Session, set_query
from harmony_app.shell.theme import GROUP_COLOURS


class HarmonizePage:
    """One session's Harmonize page.

    Parameters
    ----------
    session
        The visitor, with the pair, variables and view the address asks for.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.state = states.ViewState()
        self.work: PairWork | None = None
        self._sequence = 0
        self._late_work_waits = False
        self._preview: tuple[Harmony, HarmonyPreview] | None = None
        self._shown_labels: list[list[str]] = []
        self._overview = OverviewTable(self._open_from_overview)
        self.desk = HarmonizeDesk(self.receive, overview=self._overview.table)
        self._saving = Saving(self)
        self._follow_address()

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the component to show."""
        return self.desk

    # What the person does --------------------------------------------------------------------

    def receive(self, message: Message) -> None:
        """Act on a message of the browser; whatever goes wrong is told in one sentence."""
        if message.get("kind") == "check":
            self._check(message)
            return
        sequence = message.get("sequence")
        self._sequence = sequence if isinstance(sequence, int) else self._sequence
        try:
            self._act(message)
        except HarmonyError as error:
            self.report(error, message)
        except Exception:  # noqa: BLE001 - the page must go on; the log keeps the whole story
            traceback.print_exc()
            self.toast(
                "That did not work. The details are in the server's log; nothing saved is affected.",
                severity="error",
            )
        self.show_form()
        self._schedule()

    def _act(self, message: Message) -> None:
        kind = message.get("kind")
        if kind in EDITS:
            self._edit(message)
        elif kind == "fix":
            self._fix(message)
        elif kind == "open":
            self._show_match()
            self.open(messages.text(message, "donor"), messages.text(message, "recipient"))
        elif kind == "pair":
            self.open_pair(parse_pair(messages.text(message, "pair")))
        elif kind == "view":
            self.state = states.choose_view(
                self.state, "all" if message.get("view") == "all" else "match"
            )
            self._remember()
            self.show_place()
            self.show_statuses()
        elif kind == "undo":
            self.state = states.undo(self.state)
        elif kind == "redo":
            self.state = states.redo(self.state)
        elif kind == "import":
            exchange.import_file(
                self,
                messages.text(message, "name"),
                messages.text(message, "text", limit=20_000_000),
            )
        elif kind == "export":
            exchange.export_csv(self)
        else:
            self._saving.act(message)

    def _edit(self, message: Message) -> None:
        work, current = self.work, self.state.current
        if work is None or current is None:
            raise InputError("No harmony is open", fix="Choose a variable on the left")
        self.state = states.edit(self.state, apply_edit(current, message, work.surveys))
        if "side" in message:
            self.desk.tell("problem", side=message["side"], field=_field(message), message=None)

    def _fix(self, message: Message) -> None:
        index = messages.whole(message.get("index"), "The finding")
        found = self._preview
        if (
            found is None
            or found[0] != self.state.current
            or not 0 <= index < len(found[1].findings)
        ):
            raise InputError(
                "The harmony has changed since this was found", fix="Choose the fix again"
            )
        fix = found[1].findings[index].fix
        if fix is not None:
            self.state = states.edit(self.state, fix.harmony)

    def _check(self, message: Message) -> None:
        """Answer an expression being typed: what it yields, or the mistake and where it is."""
        if self.work is None or self.state.current is None:
            return
        answer = {name: message.get(name) for name in ("side", "field", "sequence")}
        try:
            result = self.work.try_expression(
                self.state.current, messages.side(message), messages.text(message, "text")
            )
        except HarmonyError as error:
            position = error.position if isinstance(error, ExpressionError) else None
            self.desk.tell(
                "checked", **answer, message=f"{error.what}.", hint=error.fix, position=position
            )
        else:
            self.desk.tell("checked", **answer, result=result)

    def report(self, error: HarmonyError, message: Message) -> None:
        """Show an error at the field it belongs to."""
        position = error.position if isinstance(error, ExpressionError) else None
        field = _field(message)
        if message.get("side") in {"donor", "recipient"} and field:
            self.desk.tell("problem", side=message["side"], field=field, message=f"{error.what}.",
                           hint=error.fix, position=position, text=message.get("text"))  # fmt: skip
        elif self.state.view == "all":
            self.toast(error.message, severity="error")
        else:
            self.desk.tell("problem", side=None, field=None, message=error.message)

    def toast(
        self, text: str, *, severity: str = "note", undo: dict[str, Any] | None = None
    ) -> None:
        """Show a message that goes away by itself."""
        self.desk.tell("toast", message=text, severity=severity, undo=undo)

    # Where the person is ---------------------------------------------------------------------

    def _follow_address(self) -> None:
        options = all_pairs(self.session.workspace, list_pairs(self.session.workspace.path))
        query = self.session.query
        wanted = query.get("pair")
        if not options:
            self.show_place()
            return
        problem: HarmonyError | None = None
        try:
            pair = parse_pair(wanted) if wanted else options[0]
            self.open_pair(pair, remember=False)
            if query.get("donor"):
                self.open(query["donor"], query.get("recipient", ""), remember=False)
        except HarmonyError as error:
            problem = error
            if self.work is None:
                self.open_pair(options[0], remember=False)
        self.state = states.choose_view(
            self.state, "all" if query.get("view") == "all" else "match"
        )
        self.show_place(problem)
        self.show_form()
        pn.state.onload(self._late_work)

    def open_pair(self, pair: SurveyPair, *, remember: bool = True) -> None:
        """Show another donor and recipient, at the first variable that needs work."""
        work = PairWork(self.session.workspace, pair, self.session.user)
        self.work = work
        self.state = states.choose_pair(self.state, pair)
        self.desk.show(
            variables=variable_entries(work.surveys.donor.dictionary),
            recipients=variable_entries(work.surveys.recipient.dictionary),
        )
        self.show_place()
        self.show_statuses()
        first = next(iter([*work.drafts, *work.saved]), "")
        self.open(
            *(first.split("__", 1) if first else (_first_answer(work), "")), remember=remember
        )

    def open(self, donor: str, recipient: str, *, remember: bool = True) -> None:
        """Show a donor variable with a recipient variable, or with the one it is matched to."""
        work = self.require_work()
        work.surveys.donor.dictionary.require(donor, where=work.pair.donor.title)
        work.reload()
        recipient = recipient or next(iter(work.partners(donor)), "")
        if recipient:
            start = work.start(donor, recipient)
            self.state = states.open_harmony(
                self.state, start, saved=work.saved.get(start.key), draft=work.drafts.get(start.key)
            )
        else:
            self.state = states.choose_donor(self.state, donor)
        if remember:
            self._remember()
        self.show_subject()

    def _show_match(self) -> None:
        if self.state.view != "match":
            self.state = states.choose_view(self.state, "match")
            self.show_place()

    def _open_from_overview(self, key: str) -> None:
        donor, _, recipient = key.partition("__")
        self._show_match()
        self.open(donor, recipient)
        self.show_form()
        self._schedule()

    def _remember(self) -> None:
        set_query(
            pair=str(self.state.pair) if self.state.pair else None,
            donor=self.state.donor or None,
            recipient=self.state.recipient or None,
            view="all" if self.state.view == "all" else None,
        )

    def require_work(self) -> PairWork:
        """Return the open pair.

        Raises
        ------
        InputError
            If the workspace has no two surveys.
        """
        if self.work is None:
            raise InputError("No pair of surveys is open", fix="Choose one on the left")
        return self.work

    # What is shown ---------------------------------------------------------------------------

    def show_place(self, problem: HarmonyError | None = None) -> None:
        """Show which pair and view is open, and what there is to choose from."""
        workspace, work = self.session.workspace, self.work
        options = all_pairs(workspace, list_pairs(workspace.path))
        surveys = (work.surveys.donor, work.surveys.recipient) if work else ()
        self.desk.show(
            place={
                "pairs": [{"id": str(option), "title": option.title} for option in options],
                "pair": str(self.state.pair) if self.state.pair else "",
                "view": self.state.view,
                "harmonies": len(work.saved) if work else 0,
                "message": _empty_message(bool(options), problem),
                "palette": list(GROUP_COLOURS),
                "functions": [
                    {"name": name.lower(), "description": line, "call": True}
                    for name, line in ALLOWED_FUNCTIONS.items()
                ],
                "aggregators": [list(item) for item in AGGREGATORS],
                "years": sorted(price_years(), reverse=True),
                "price_years": dict(
                    zip(
                        ("donor", "recipient"),
                        (survey.description.price_year for survey in surveys),
                        strict=False,
                    )
                ),
            }
        )

    def show_statuses(self) -> None:
        """Show how far every donor variable is."""
        if self.work is None:
            return
        done = {key.split("__", 1)[0] for key in self.work.saved}
        statuses = self.work.statuses()
        self.desk.show(
            statuses=worklist_statuses(self.work.surveys.donor.dictionary, statuses, done)
        )
        if self.state.view == "all":
            self._overview.show((self.work.saved | self.work.drafts).values(), statuses)

    def show_subject(self) -> None:
        """Show the chosen variables and what else the donor variable could be matched with."""
        work, state = self.work, self.state
        if work is None or not state.donor:
            self.desk.show(subject=None)
            return
        statuses = work.statuses()
        recipient = (
            work.surveys.recipient.dictionary.get(state.recipient) if state.recipient else None
        )
        self.desk.show(
            subject={
                "donor": variable_card(work.surveys.donor.dictionary[state.donor]),
                "recipient": variable_card(recipient) if recipient else None,
                "harmonies": [
                    {"recipient": name, "status": statuses.get(f"{state.donor}__{name}", "saved")}
                    for name in work.partners(state.donor)
                ],
                "candidates": [
                    {"name": item.variable.name, "score": item.score, "reason": item.reason}
                    for item in work.candidates(state.donor)
                ],
            }
        )

    def show_form(self) -> None:
        """Show the current harmony as it can be edited."""
        work, state = self.work, self.state
        if work is None or state.current is None:
            self.desk.show(form=None, preview=None)
            return
        donor, recipient = work.variables(state.current)
        form = harmony_form(state, donor, recipient, sequence=self._sequence)
        labels = [
            [item.level for item in side.levels]
            for side in (state.current.donor, state.current.recipient)
        ]
        if labels != self._shown_labels:
            # The lists appear at once; their shares follow with the preview.
            self._shown_labels = labels
            self.desk.show(form=form, rows=rows_record(state.current, donor, recipient, None))
        else:
            self.desk.show(form=form)

    # What follows in the next turn -----------------------------------------------------------

    def _schedule(self) -> None:
        if self._late_work_waits:
            return
        self._late_work_waits = True
        pn.state.execute(self._late_work, schedule=True)

    def _late_work(self) -> None:
        self._late_work_waits = False
        try:
            self._show_consequence()
            self._keep_draft()
            self.show_statuses()
        except HarmonyError as error:
            self.desk.tell("problem", side=None, field=None, message=error.message)

    def _keep_draft(self) -> None:
        work, current = self.work, self.state.current
        if work is None or current is None:
            return
        if self.state.is_draft:
            kept = work.drafts.get(current.key)
            if (
                kept is None
                or states.content(kept) != states.content(current)
                or kept.revision != self.state.base_revision
            ):
                work.keep_draft(current, self.state.base_revision)
        else:
            work.drop_draft(current.key)

    def _show_consequence(self) -> None:
        work, current = self.work, self.state.current
        if work is None or current is None:
            return
        found = work.preview(current)
        self._preview = (current, found)
        donor, recipient = work.variables(current)
        self.desk.show(
            rows=rows_record(current, donor, recipient, found),
            preview=preview_record(current, found, work.surveys.donor, work.surveys.recipient),
        )


def _field(message: Message) -> str | None:
    kind = message.get("kind")
    return (
        kind
        if isinstance(kind, str)
        and kind in {"adjustment", "universe", "breakpoints", "deflate", "aggregator"}
        else None
    )


def _first_answer(work: PairWork) -> str:
    answers = work.surveys.donor.dictionary.answers()
    if not answers:
        raise InputError(
            f"{work.pair.donor.title} has no variable that could be harmonized",
            fix="Import its dictionary on the Surveys page",
        )
    return answers[0].name


def _empty_message(has_pairs: bool, problem: HarmonyError | None) -> list[str]:
    if problem is not None:
        return [problem.what, f"{problem.where} {problem.fix}".strip()]
    if not has_pairs:
        return [
            "Harmonizing needs two surveys",
            "Import a donor and a recipient survey on the Surveys page.",
        ]
    return ["Choose a variable on the left", ""]


def build(session: Session) -> pn.viewable.Viewable:
    """Build the page for a visitor."""
    return HarmonizePage(session).desk


__all__ = ["HarmonizePage", "build"]
