"""What a visitor of the Fuse place has chosen: a frozen state and pure functions state → state."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from fusion_core.errors import InputError
from fusion_core.execution.budget import available_cores
from fusion_core.fusion.base import Preset, TrainSettings, random_seed
from fusion_core.workspace.runs import (
    KNOWN_ANSWERS,
    RunSpec,
    SecondStage,
    check_folds,
    check_known_answers,
    stages_of,
)

if TYPE_CHECKING:
    from fusion_core.harmony.model import SurveyPair

View = Literal["new", "runs"]
Override = Literal["keep", "exclude"]

PRESETS: Final[tuple[Preset, ...]] = ("quick", "paper", "production")
PRESET_TITLES: Final[dict[str, str]] = {
    "quick": "Quick look",
    "paper": "Paper",
    "production": "Production",
    "custom": "Custom",
}
PRESET_IMPLICATES: Final[dict[str, int]] = {"quick": 10, "paper": 40, "production": 20}
MOST_IMPLICATES: Final = 1000


@dataclass(frozen=True)
class FuseState:
    """Choices on the page.

    Attributes
    ----------
    pair
        Donor and recipient; ``None`` while the workspace has no harmonized pair.
    steps
        Fusion variables in order; a step of several variables is a block.
    preset
        The preset the settings came from, ``"custom"`` after a change.
    train
        Training settings.
    implicates, seed, name
        As in `fusion_core.workspace.runs.RunSpec`; an empty name is filled in at the start.
    keep, exclude
        Predictors kept or left out by choice.
    minimum_similarity
        Predictors less similar than this are left out.
    out_of_fold
        Number of parts for a check with households the models have not seen; 0 for none.
    known_answers
        Number of predictors hidden, fused, and compared with the recipient's own; 0 for none.
    second_stage
        Second stage of a recipe; what is not fused any more leaves it at the start.
    view
        Building a new run, or looking at runs.
    run
        Identifier of the run looked at.
    """

    pair: SurveyPair | None = None
    steps: tuple[tuple[str, ...], ...] = ()
    preset: str = "quick"
    train: TrainSettings = field(
        default_factory=lambda: TrainSettings.preset("quick").replace(workers=available_cores())
    )
    implicates: int = PRESET_IMPLICATES["quick"]
    seed: int = field(default_factory=random_seed)
    name: str = ""
    keep: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    minimum_similarity: float = 0.8
    out_of_fold: int = 0
    known_answers: int = KNOWN_ANSWERS
    second_stage: tuple[SecondStage, ...] = ()
    view: View = "new"
    run: str | None = None

    @property
    def chosen(self) -> tuple[str, ...]:
        """All chosen fusion variables in order, blocks opened."""
        return tuple(name for step in self.steps for name in step)


def choose_pair(state: FuseState, pair: SurveyPair | None) -> FuseState:
    """Work on another pair; what was chosen from the earlier donor is forgotten."""
    if pair == state.pair:
        return state
    train = state.train.without_names()
    return dataclasses.replace(
        state, pair=pair, steps=(), keep=(), exclude=(), train=train, second_stage=()
    )


def add_variable(state: FuseState, name: str) -> FuseState:
    """Fuse a variable, after those already chosen."""
    if name in state.chosen:
        return state
    return dataclasses.replace(state, steps=(*state.steps, (name,)))


def remove_variable(state: FuseState, name: str) -> FuseState:
    """Do not fuse a variable; a block of one is no block any more."""
    kept = (tuple(item for item in step if item != name) for step in state.steps)
    return dataclasses.replace(state, steps=tuple(step for step in kept if step))


def move_step(state: FuseState, start: int, to: int) -> FuseState:
    """Move a step to another position; positions outside the list are the nearest inside."""
    if not 0 <= start < len(state.steps):
        return state
    steps = list(state.steps)
    step = steps.pop(start)
    steps.insert(min(max(to, 0), len(steps)), step)
    return dataclasses.replace(state, steps=tuple(steps))


def build_block(state: FuseState, positions: tuple[int, ...]) -> FuseState:
    """Draw the variables of several steps together, where the first of them stood."""
    wanted = sorted({place for place in positions if 0 <= place < len(state.steps)})
    if len(wanted) < 2:  # noqa: PLR2004 - a block joins at least two steps
        return state
    block = tuple(name for place in wanted for name in state.steps[place])
    rest = [step for place, step in enumerate(state.steps) if place not in wanted]
    rest.insert(wanted[0], block)
    return dataclasses.replace(state, steps=tuple(rest))


def open_block(state: FuseState, position: int) -> FuseState:
    """Draw the variables of a block one after the other again."""
    if not 0 <= position < len(state.steps):
        return state
    singles = tuple((name,) for name in state.steps[position])
    steps = (*state.steps[:position], *singles, *state.steps[position + 1 :])
    return dataclasses.replace(state, steps=steps)


def apply_preset(state: FuseState, preset: str) -> FuseState:
    """Take over all settings of a preset; what no preset decides stays as chosen.

    Raises
    ------
    InputError
        If there is no such preset.
    """
    known = next((item for item in PRESETS if item == preset), None)
    if known is None:
        raise InputError.unknown("preset", preset, PRESETS)
    train = state.train.adopting(known)
    return dataclasses.replace(
        state, preset=known, train=train, implicates=PRESET_IMPLICATES[known]
    )


def set_training(state: FuseState, **changes: Any) -> FuseState:
    """Change training settings; the preset's name is kept while its settings are.

    Raises
    ------
    InputError
        If a value is outside its range.
    """
    train = state.train.replace(**changes)
    return dataclasses.replace(state, train=train, preset=train.preset_name())


def set_run_options(
    state: FuseState,
    *,
    name: str | None = None,
    implicates: int | None = None,
    seed: int | None = None,
    minimum_similarity: float | None = None,
    out_of_fold: int | None = None,
    known_answers: int | None = None,
) -> FuseState:
    """Change the name, the number of implicates, the seed, the similarity limit or a check.

    Raises
    ------
    InputError
        If a number is outside its range.
    """
    if implicates is not None and not 1 <= implicates <= MOST_IMPLICATES:
        raise InputError(
            f"{implicates} implicates cannot be drawn",
            fix=f"Choose between 1 and {MOST_IMPLICATES:,}",
        )
    if seed is not None and not 0 <= seed < 2**32:
        raise InputError(f"{seed} is not a seed", fix="Choose a whole number from 0 up")
    if minimum_similarity is not None and not 0 <= minimum_similarity <= 1:
        raise InputError(
            f"{minimum_similarity} is not a similarity", fix="Choose a number between 0 and 1"
        )
    if out_of_fold is not None:
        check_folds(out_of_fold)
    if known_answers is not None:
        check_known_answers(known_answers)
    changes = {
        "name": name,
        "implicates": implicates,
        "seed": seed,
        "minimum_similarity": minimum_similarity,
        "out_of_fold": out_of_fold,
        "known_answers": known_answers,
    }
    given: dict[str, Any] = {key: value for key, value in changes.items() if value is not None}
    return dataclasses.replace(state, **given)


def with_new_seed(state: FuseState) -> FuseState:
    """Take a new random seed, so that the next run owes nothing to an earlier one."""
    return dataclasses.replace(state, seed=random_seed())


def override_predictor(state: FuseState, predictor: str, choice: Override | None) -> FuseState:
    """Keep or leave out a predictor by choice; ``None`` returns to the rule."""
    keep = tuple(name for name in state.keep if name != predictor)
    exclude = tuple(name for name in state.exclude if name != predictor)
    if choice == "keep":
        keep = (*keep, predictor)
    elif choice == "exclude":
        exclude = (*exclude, predictor)
    return dataclasses.replace(state, keep=keep, exclude=exclude)


def known_predictors(state: FuseState, predictors: tuple[str, ...]) -> FuseState:
    """Forget choices about predictors that no longer exist."""
    return dataclasses.replace(
        state,
        keep=tuple(name for name in state.keep if name in predictors),
        exclude=tuple(name for name in state.exclude if name in predictors),
    )


def show_new(state: FuseState) -> FuseState:
    """Go to the builder of a new run."""
    return dataclasses.replace(state, view="new")


def show_runs(state: FuseState, run: str | None) -> FuseState:
    """Go to the runs, looking at one of them."""
    return dataclasses.replace(state, view="runs", run=run)


def to_spec(state: FuseState) -> RunSpec:
    """Turn the choices into a request.

    Raises
    ------
    InputError
        If nothing can be fused yet.
    """
    if state.pair is None:
        raise InputError("No pair of surveys is chosen", fix="Harmonize a pair first")
    if not state.steps:
        raise InputError("No fusion variable is chosen", fix="Choose at least one on the left")
    return RunSpec(
        name=state.name.strip() or suggested_name(state),
        pair=state.pair,
        fusion_variables=tuple(step[0] if len(step) == 1 else step for step in state.steps),
        implicates=state.implicates,
        seed=state.seed,
        train=_settled(state),
        preset=state.preset,
        keep_predictors=state.keep,
        exclude_predictors=state.exclude,
        minimum_similarity=state.minimum_similarity,
        out_of_fold=state.out_of_fold,
        known_answers=state.known_answers,
        second_stage=stages_of(state.second_stage, state.chosen),
    )


def _settled(state: FuseState) -> TrainSettings:
    """Return the training settings for the order as it is now.

    What a variable of the second stage may know of those before it changes with the order.
    """
    drawn = {stage.variable: stage for stage in state.second_stage if not stage.formula}
    own = [item for item in state.train.exclude if item[0] not in drawn]
    for name, stage in drawn.items():
        if name in state.chosen:
            before = state.chosen[: state.chosen.index(name)]
            without = tuple(item for item in before if item not in stage.by)
            own += [(name, without)] if without else []
    exclude = tuple(own)
    return state.train if exclude == state.train.exclude else state.train.replace(exclude=exclude)


def from_spec(spec: RunSpec) -> FuseState:
    """Take over the settings of a run, to change some and start another."""
    return FuseState(
        pair=spec.pair,
        steps=tuple((item,) if isinstance(item, str) else item for item in spec.fusion_variables),
        preset=spec.preset if spec.preset in PRESET_TITLES else "custom",
        train=spec.train,
        implicates=spec.implicates,
        seed=spec.seed,
        name=f"{spec.name} (copy)",
        keep=spec.keep_predictors,
        exclude=spec.exclude_predictors,
        minimum_similarity=spec.minimum_similarity,
        out_of_fold=spec.out_of_fold,
        known_answers=spec.known_answers,
        second_stage=spec.second_stage,
    )


def suggested_name(state: FuseState) -> str:
    """Name a run after what it fuses."""
    chosen = state.chosen
    first = chosen[0] if chosen else "nothing"
    more = f" + {len(chosen) - 1}" if len(chosen) > 1 else ""
    return f"{first}{more}, {PRESET_TITLES[state.preset].lower()}"
