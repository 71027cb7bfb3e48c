"""The Fuse place: build a run, start it, watch it, look after earlier ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import panel as pn
from panel.viewable import Viewer

from fusion_core.errors import HarmonyError, InputError
from fusion_core.execution import (
    cancel_run,
    remove_run,
    runs_at_once,
    set_runs_at_once,
    start_run,
)
from fusion_core.execution.cost import Pace, RunSizes, cost_of, read_pace, read_sizes
from fusion_core.harmony.store import HarmonyStore
from fusion_core.prepare import PairOverview, choose_predictors
from fusion_core.workspace.runs import (
    RemovedRun,
    create_run,
    open_run,
    purge_run,
    removed_runs,
    rename_run,
    restore_run,
)
from harmony_app.fuse import presenting
from harmony_app.fuse import state as choices
from harmony_app.fuse.board import FuseBoard
from harmony_app.fuse.opening import first_state, usable_pairs
from harmony_app.fuse.overviews import shared_overviews
from harmony_app.fuse.recipe_choice import take_recipe
from harmony_app.fuse.run_view import detail_data, runs_data
from harmony_app.fuse.settings_form import read_value
from harmony_app.fuse.stages import add_stage, read_stage, remove_stage, stages_data
from harmony_app.fuse.state import FuseState
from harmony_app.log import LOG
from harmony_app.shell.page import nothing_yet
from harmony_app.shell.session import Session, set_query
from harmony_app.shell.work import RunRow, RunWatch, SlowWork

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.harmony.model import SurveyPair
    from fusion_core.surveys.model import Variable

_PERIOD_MS: Final = 1000
_RUNS: Final = frozenset(
    {"start", "cancel", "resume", "rename", "delete", "restore", "purge", "at_once"}
)
"""Actions that concern runs, in the words of the page's messages."""
_NO_PAIR: Final = "No pair of surveys to fuse yet"
_HOW_TO_GET_ONE: Final = (
    "A fusion needs a donor and a recipient with household microdata and at least one harmony "
    "between them."
)


def build(session: Session) -> pn.viewable.Viewable:
    """Build the page."""
    pairs = usable_pairs(session)
    if not pairs and not RunWatch(session.workspace).rows():
        return nothing_yet(session, _NO_PAIR, _HOW_TO_GET_ONE, ("recipient", "donors", "harmonies"))
    return FusePage(session, pairs).board


class FusePage(Viewer):
    """Holds the visitor's state, applies what they do, and shows the result.

    Parameters
    ----------
    session
        Who looks, at which workspace.
    pairs
        Survey pairs that can be fused.
    """

    def __init__(self, session: Session, pairs: tuple[SurveyPair, ...]) -> None:
        super().__init__()
        self._session = session
        self._pairs = pairs
        self._watch = RunWatch(session.workspace)
        self._work = SlowWork(session.visitor)
        self._overviews = shared_overviews()
        self._overview: PairOverview | None = None
        self._problem = ""
        self._setting_error = self._stage_error = ""
        self._variables: tuple[Variable, ...] = ()
        self._harmonized: dict[str, list[str]] = {}
        self._sizes: RunSizes | None = None
        self._pace: Pace = {}
        self._rows: list[RunRow] = []
        self._state = first_state(session, pairs)
        self.board = FuseBoard(self._receive)
        self._load_pair()
        self._show_all()
        self._keep_watching()

    @property
    def state(self) -> FuseState:
        """What the visitor has chosen."""
        return self._state

    def __panel__(self) -> pn.viewable.Viewable:
        return self.board

    def _receive(self, message: dict[str, Any]) -> None:
        """Apply what the visitor did; a mistake becomes a sentence on the page."""
        self.board.notice = self.board.undo = ""
        self._setting_error = self._stage_error = ""
        action = str(message.get("action", ""))
        handler = self._actions().get(action)
        if handler is None:
            return
        try:
            if action in _RUNS:
                self._session.require("runner", "Starting, changing and removing runs")
            handler(message)
            if action in _RUNS:
                run = message.get("id") or self._state.run or ""
                self._session.record(f"run: {action}", run=run)
        except HarmonyError as error:
            if action == "stage":
                self._stage_error = error.message
                self._show_builder()
            elif action in {"option", "setting", "preset"}:
                self._setting_error = error.message
                self._show_builder()
            else:
                self.board.notice = error.message
                self._show_runs()
        except Exception:  # noqa: BLE001 - a message no page sends must not end the page
            LOG.exception("What a visitor asked of the Fuse page could not be done: %r", action)
            self.board.notice = "Something went wrong. The details are in the server's log."

    def _actions(self) -> dict[str, Callable[[dict[str, Any]], None]]:
        return {
            "add": lambda m: self._change(choices.add_variable(self._state, str(m["name"]))),
            "remove": lambda m: self._change(choices.remove_variable(self._state, str(m["name"]))),
            "move": lambda m: self._change(
                choices.move_step(self._state, int(m["start"]), int(m["to"]))
            ),
            "block": lambda m: self._change(
                choices.build_block(self._state, tuple(int(place) for place in m["places"]))
            ),
            "open": lambda m: self._change(choices.open_block(self._state, int(m["place"]))),
            "order": lambda m: self._change(
                choices.set_training(self._state, order="suggested" if m["suggest"] else "given")
            ),
            "preset": lambda m: self._change(choices.apply_preset(self._state, str(m["name"]))),
            "option": self._set_option,
            "setting": self._set_training,
            "override": lambda m: self._change(
                choices.override_predictor(self._state, str(m["name"]), _override(m["choice"]))
            ),
            "pair": self._choose_pair,
            "recipe": self._take_recipe,
            "stage": self._add_stage,
            "unstage": lambda m: self._change(remove_stage(self._state, str(m["name"]))),
            "view": lambda m: self._go(str(m["view"])),
            "dismiss": lambda _m: None,
            "run": lambda m: self._open(str(m["id"])),
            "start": lambda _m: self._start(),
            "cancel": self._cancel,
            "resume": self._resume,
            "clone": self._clone,
            "rename": self._rename,
            "delete": self._delete,
            "restore": self._restore,
            "purge": self._purge,
            "at_once": self._set_at_once,
        }

    # What the builder does.

    def _change(self, state: FuseState) -> None:
        self._state = state
        self._show_builder()

    def _set_option(self, message: dict[str, Any]) -> None:
        name, text = str(message["name"]), str(message["text"]).strip()
        if name == "name":
            self._change(choices.set_run_options(self._state, name=text))
            return
        value = _number(text, whole=name != "minimum_similarity")
        if name == "implicates":
            self._change(choices.set_run_options(self._state, implicates=int(value)))
        elif name == "seed":
            self._change(choices.set_run_options(self._state, seed=int(value)))
        elif name == "minimum_similarity":
            self._change(choices.set_run_options(self._state, minimum_similarity=value))
        elif name == "out_of_fold":
            self._change(choices.set_run_options(self._state, out_of_fold=int(value)))
        elif name == "known_answers":
            self._change(choices.set_run_options(self._state, known_answers=int(value)))

    def _set_training(self, message: dict[str, Any]) -> None:
        name = str(message["name"])
        value = read_value(self._state.train, name, str(message["text"]))
        self._change(choices.set_training(self._state, **{name: value}))

    def _choose_pair(self, message: dict[str, Any]) -> None:
        pair = next((item for item in self._pairs if str(item) == message["id"]), None)
        self._state = choices.choose_pair(self._state, pair)
        set_query(pair=None if pair is None else str(pair))
        self._load_pair()
        self._show_all()

    def _take_recipe(self, message: dict[str, Any]) -> None:
        name = str(message["name"])
        self._state, lacking = take_recipe(self._state, self._session, name, self._overview)
        self._session.record("recipe: take", recipe=name)
        self._load_pair()
        self._show_all()
        self.board.notice = lacking

    def _add_stage(self, message: dict[str, Any]) -> None:
        from fusion_core.calibration import check_second_stage

        decided = self._decided()
        if decided is None:
            raise InputError(
                "The predictors of places are not known yet",
                fix="Wait until the predictors are shown",
            )
        state = add_stage(self._state, read_stage(message), decided)
        check_second_stage(self._session.workspace, choices.to_spec(state), decided)
        self._change(state)

    def _start(self) -> None:
        run = create_run(self._session.workspace, choices.to_spec(self._state))
        try:
            start_run(self._session.workspace, run)
            self._state = choices.with_new_seed(self._state)
        finally:  # a run that was refused says why, and is resumed there
            self._open(run.id)

    # What is done to runs.

    def _open(self, identifier: str) -> None:
        self._state = choices.show_runs(self._state, identifier)
        set_query(run=identifier, view=None)
        self._show_runs(force=True)

    def _go(self, view: str) -> None:
        if view == "runs":
            newest = next((row.run.id for row in self._watch.rows()), None)
            self._state = choices.show_runs(self._state, self._state.run or newest)
            set_query(run=self._state.run, view="runs" if self._state.run is None else None)
        else:
            self._state = choices.show_new(self._state)
            set_query(run=None, view=None)
        self._show_runs(force=True)

    def _cancel(self, message: dict[str, Any]) -> None:
        cancel_run(self._session.workspace, self._run(message))
        self._show_runs()

    def _resume(self, message: dict[str, Any]) -> None:
        start_run(self._session.workspace, self._run(message))
        self._show_runs()

    def _clone(self, message: dict[str, Any]) -> None:
        cloned = choices.with_new_seed(choices.from_spec(self._run(message).spec()))
        if cloned.pair not in self._pairs:
            raise InputError("The pair of this run cannot be fused any more")
        same = cloned.pair == self._state.pair
        self._state = cloned
        if not same:
            self._load_pair()
        set_query(run=None, view=None)
        self._show_all()

    def _rename(self, message: dict[str, Any]) -> None:
        rename_run(self._run(message), str(message["name"]))
        self._show_runs()

    def _delete(self, message: dict[str, Any]) -> None:
        run = self._run(message)
        name = next((row.name for row in self._rows if row.run.id == run.id), run.id)
        remove_run(self._session.workspace, run)
        self.board.undo = run.id if run.id in {item.run.id for item in self._removed()} else ""
        self.board.notice = f"“{name}” was deleted"
        newest = next((row.run.id for row in self._watch.rows()), None)
        self._state = choices.show_runs(self._state, newest)
        set_query(run=newest, view="runs" if newest is None else None)
        self._show_runs(force=True)

    def _restore(self, message: dict[str, Any]) -> None:
        self._open(restore_run(self._session.workspace, str(message["id"])).id)

    def _purge(self, message: dict[str, Any]) -> None:
        purge_run(self._session.workspace, str(message["id"]))
        self._show_runs()

    def _set_at_once(self, message: dict[str, Any]) -> None:
        set_runs_at_once(self._session.workspace, int(_number(str(message["number"]), whole=True)))
        self._show_runs()

    def _removed(self) -> list[RemovedRun]:
        return removed_runs(self._session.workspace)

    def _run(self, message: dict[str, Any]) -> Any:
        return open_run(self._session.workspace, str(message["id"]))

    # What is looked up.

    def _load_pair(self) -> None:
        pair, workspace = self._state.pair, self._session.workspace
        self._overview, self._sizes, self._problem = None, None, ""
        self._variables, self._harmonized, self._built_from = (), {}, {}
        if pair is None:
            self._problem = f"{_NO_PAIR}. {_HOW_TO_GET_ONE}"
            return
        try:
            dictionary = workspace.dictionary(pair.donor)
            self._variables = tuple(dictionary.answers("household"))
            self._built_from = workspace.built_from(pair.donor)
            for harmony in HarmonyStore(workspace.path, pair).load().harmonies:
                self._harmonized.setdefault(harmony.donor.variable, []).append(harmony.key)
            self._sizes = read_sizes(workspace, pair)
            self._pace = read_pace(workspace)
        except HarmonyError as error:
            self._problem = error.message
            return
        self._work.start(
            lambda: self._overviews.get(workspace, pair),
            self._overview_ready,
            self._overview_failed,
        )

    def _overview_ready(self, overview: PairOverview) -> None:
        self._overview = overview
        names = tuple(str(name) for name in overview.predictors["predictor"])
        self._state = choices.known_predictors(self._state, names)
        self._show_builder()

    def _overview_failed(self, error: Exception) -> None:
        if not isinstance(error, HarmonyError):
            raise error
        self._problem = error.message
        self._show_builder()

    # What is shown.

    def _show_all(self) -> None:
        self._show_builder()
        self._show_runs(force=True)

    def _show_builder(self) -> None:
        kinds = self._overview.kinds if self._overview is not None else {}
        usable = [item for item in self._variables if kinds.get(item.name) != "unusable"]
        _set(
            self.board,
            {
                "variables": presenting.variables_data(usable, kinds, self._harmonized),
                "picker": presenting.picker_data(self._state, usable, kinds, self._harmonized),
                "predictors": self._predictors(),
                "settings": presenting.settings_data(self._state, self._setting_error),
                "stages": {
                    **stages_data(self._state, self._decided()),
                    "error": self._stage_error,
                },
                "cost": self._cost(),
            },
        )

    def _predictors(self) -> dict[str, Any]:
        if self._problem:
            return presenting.predictors_failed(self._problem)
        decided = self._decided()
        if decided is None or self._overview is None:
            pair = self._state.pair
            done = self._overviews.progress(self._session.workspace, pair) if pair else (0.0, "")
            return presenting.predictors_loading(*done)
        return presenting.predictors_data(self._state, decided, self._overview.notes)

    def _decided(self) -> pd.DataFrame | None:
        """Return what becomes of each predictor; ``None`` while that is not known."""
        if self._problem or self._overview is None:
            return None
        return choose_predictors(
            self._overview.predictors,
            self._state.chosen,
            minimum_similarity=self._state.minimum_similarity,
            keep=self._state.keep,
            exclude=self._state.exclude,
            built_from=self._built_from,
        )

    def _cost(self) -> dict[str, Any]:
        if self._problem or self._sizes is None:
            return presenting.cost_unknown("Nothing can be fused yet.")
        if not self._state.steps:
            return presenting.cost_unknown(
                "Choose at least one variable to see time, memory and disk."
            )
        if self._setting_error:
            return presenting.cost_unknown("Correct the setting above to start.", bad=True)
        try:
            return presenting.cost_data(
                cost_of(self._sizes, choices.to_spec(self._state), pace=self._pace)
            )
        except HarmonyError as error:
            return presenting.cost_unknown(error.message, bad=True)

    def _show_runs(self, *, force: bool = False) -> None:
        self._rows = self._watch.rows()
        looked_at = next((row for row in self._rows if row.run.id == self._state.run), None)
        message = ""
        if self._state.run is not None and looked_at is None:
            message = f"The run '{self._state.run}' does not exist any more."
        donor_rows = self._sizes
        sizes = (
            ""
            if donor_rows is None
            else f"{donor_rows.donor_rows:,} donor households, "
            f"{donor_rows.recipient_rows:,} recipient households"
        )
        toolbar = presenting.toolbar_data(self._state, self._pairs, self._rows, sizes)
        values = {
            "toolbar": toolbar,
            "view": self._state.view,
            "runs": runs_data(
                self._rows,
                self._state,
                self._removed(),
                runs_at_once(self._session.workspace),
            ),
            "detail": detail_data(looked_at, message),
        }
        _set(self.board, values, force=force)

    def _show_news(self) -> None:
        """Show what others do: runs, and how far the comparison of a pair is."""
        self._show_runs()
        if self._overview is None and not self._problem:
            _set(self.board, {"predictors": self._predictors()})

    def _keep_watching(self) -> None:
        document = pn.state.curdoc
        if document is None or document.session_context is None:
            return
        callback = pn.state.add_periodic_callback(self._show_news, period=_PERIOD_MS)

        def stop(_context: Any) -> None:
            callback.stop()
            self._work.cancel()

        pn.state.on_session_destroyed(stop)


def _set(board: FuseBoard, values: dict[str, Any], *, force: bool = False) -> None:
    """Send the sections that changed; `force` redraws also those that did not."""
    changed = {name: value for name, value in values.items() if getattr(board, name) != value}
    if changed:
        board.param.update(**changed)
    if force:
        for name in ("runs", "detail"):
            if name in values and name not in changed:
                board.param.trigger(name)


def _override(choice: Any) -> choices.Override | None:
    if choice == "keep":
        return "keep"
    return "exclude" if choice == "exclude" else None


def _number(text: str, *, whole: bool) -> float:
    try:
        return int(text) if whole else float(text)
    except ValueError as error:
        kind = "a whole number" if whole else "a number"
        raise InputError(f"'{text}' is not {kind}") from error


__all__ = ["FusePage", "build"]
