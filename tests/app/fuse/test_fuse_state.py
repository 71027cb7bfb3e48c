import pytest

from fusion_core.errors import InputError
from fusion_core.fusion.base.settings import TrainSettings
from fusion_core.harmony.model.harmony import SurveyPair
from fusion_core.surveys.model import SurveyId
from harmony_app.fuse import state as choices
from harmony_app.fuse.settings_form import GROUPS, form_data, read_value
from harmony_app.fuse.state import FuseState

PAIR = SurveyPair(SurveyId("TOY", "2020"), SurveyId("TOYACS", "2022"))


def state_with(*names):
    state = FuseState(pair=PAIR)
    for name in names:
        state = choices.add_variable(state, name)
    return state


def test_variables_are_fused_in_the_order_they_were_chosen():
    assert state_with("a", "b", "a").steps == (("a",), ("b",))


def test_a_block_stands_where_its_first_member_stood():
    state = choices.build_block(state_with("a", "b", "c", "d"), (1, 3))
    assert state.steps == (("a",), ("b", "d"), ("c",))
    assert choices.to_spec(state).fusion_variables == ("a", ("b", "d"), "c")


@pytest.mark.parametrize("places", [(), (0,), (0, 0), (0, 99)])
def test_a_block_needs_two_existing_steps(places):
    state = state_with("a", "b")
    assert choices.build_block(state, places) == state


def test_a_block_can_be_opened_and_loses_members():
    block = choices.build_block(state_with("a", "b", "c"), (0, 1, 2))
    assert choices.open_block(block, 0).steps == (("a",), ("b",), ("c",))
    assert choices.remove_variable(block, "b").steps == (("a", "c"),)
    assert choices.remove_variable(state_with("a"), "a").steps == ()


@pytest.mark.parametrize(
    ("start", "to", "expected"),
    [(0, 2, "bca"), (2, 0, "cab"), (1, -5, "bac"), (1, 99, "acb"), (9, 0, "abc")],
)
def test_steps_can_be_moved(start, to, expected):
    moved = choices.move_step(state_with("a", "b", "c"), start, to)
    assert "".join(moved.chosen) == expected


def test_a_preset_sets_everything_but_order_and_processes():
    state = choices.set_training(FuseState(pair=PAIR), order="suggested", workers=3)
    state = choices.apply_preset(state, "paper")
    assert state.train == TrainSettings.preset("paper").replace(order="suggested", workers=3)
    assert (state.preset, state.implicates) == ("paper", 40)
    with pytest.raises(InputError, match="There is no preset 'papr'"):
        choices.apply_preset(state, "papr")


def test_a_changed_setting_makes_a_custom_preset_until_it_is_changed_back():
    state = choices.apply_preset(FuseState(pair=PAIR), "paper")
    changed = choices.set_training(state, neighbours=400)
    assert changed.preset == "custom"
    assert choices.set_training(changed, neighbours=500).preset == "paper"


def test_a_predictor_choice_replaces_the_opposite_one():
    state = choices.override_predictor(FuseState(pair=PAIR), "x", "keep")
    state = choices.override_predictor(state, "x", "exclude")
    assert (state.keep, state.exclude) == ((), ("x",))
    assert choices.override_predictor(state, "x", None).exclude == ()
    assert choices.known_predictors(state, ("y",)).exclude == ()


def test_another_pair_forgets_what_was_chosen_from_the_first():
    state = choices.override_predictor(state_with("a"), "x", "keep")
    other = SurveyPair(SurveyId("OTHER", "2020"), PAIR.recipient)
    assert choices.choose_pair(state, other) == FuseState(pair=other, seed=state.seed)
    assert choices.choose_pair(state, PAIR) == state


@pytest.mark.parametrize(
    "change",
    [
        {"implicates": 0},
        {"implicates": 5000},
        {"seed": -1},
        {"minimum_similarity": 1.5},
        {"out_of_fold": 1},
        {"known_answers": -1},
    ],
)
def test_options_outside_their_range_are_refused(change):
    with pytest.raises(InputError):
        choices.set_run_options(FuseState(pair=PAIR), **change)


def test_every_run_starts_with_a_random_seed_of_its_own_unless_one_is_typed():
    first = FuseState(pair=PAIR)
    assert first.seed != FuseState(pair=PAIR).seed
    assert choices.with_new_seed(first) != first
    typed = choices.set_run_options(state_with("kwh"), seed=7)
    assert choices.to_spec(typed).seed == 7


def test_a_request_needs_a_pair_and_a_variable():
    with pytest.raises(InputError, match="No pair"):
        choices.to_spec(FuseState())
    with pytest.raises(InputError, match="No fusion variable"):
        choices.to_spec(FuseState(pair=PAIR))


def test_a_run_without_a_name_is_named_after_what_it_fuses():
    assert choices.to_spec(state_with("kwh", "cooling")).name == "kwh + 1, quick look"
    named = choices.set_run_options(state_with("kwh"), name=" winter ")
    assert choices.to_spec(named).name == "winter"


def test_a_cloned_run_asks_for_the_same():
    state = choices.build_block(state_with("a", "b", "c"), (1, 2))
    state = choices.override_predictor(choices.apply_preset(state, "paper"), "x", "keep")
    spec = choices.to_spec(choices.set_run_options(state, out_of_fold=5, known_answers=0))
    assert (spec.out_of_fold, spec.known_answers) == (5, 0)
    again = choices.to_spec(choices.from_spec(spec))
    assert again.name == f"{spec.name} (copy)"
    assert choices.to_spec(choices.set_run_options(choices.from_spec(spec), name=spec.name)) == spec


def test_a_preset_keeps_named_variables_and_another_pair_forgets_them():
    state = choices.set_training(
        state_with("a"), types=(("a", "ordered"),), exclude=(("a", ("x",)),)
    )
    assert state.preset == "quick"
    paper = choices.apply_preset(state, "paper")
    assert (paper.preset, paper.train.types) == ("paper", (("a", "ordered"),))
    other = SurveyPair(SurveyId("OTHER", "2020"), SurveyId("ACS", "2020"))
    train = choices.choose_pair(paper, other).train
    assert (train.types, train.exclude) == ((), ())


def test_every_training_setting_of_the_form_can_be_read_back():
    settings = TrainSettings.preset("paper")
    for _, fields in GROUPS:
        for field in fields:
            shown = next(
                item["value"]
                for group in form_data(settings)
                for item in group["fields"]
                if item["name"] == field.name
            )
            assert read_value(settings, field.name, shown) == getattr(settings, field.name)


def test_every_training_setting_is_in_the_form():
    shown = {field.name for _, fields in GROUPS for field in fields}
    # The order is a switch beside the variables.
    assert set(TrainSettings.__dataclass_fields__) - shown == {"order"}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("quantiles", "0.25, 0.75", (0.25, 0.75)),
        ("leaves", "16,32", (16, 32)),
        ("folds", "3", 3),
        ("learning_rate", "0.05", 0.05),
        ("force", "a__b, c__d", ("a__b", "c__d")),
        ("predictors", "kwh=a__b+c__d, gas=a__b", (("kwh", ("a__b", "c__d")), ("gas", ("a__b",)))),
    ],
)
def test_typed_settings_are_read(name, text, value):
    assert read_value(TrainSettings(), name, text) == value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("folds", "many", "'many' is not a whole number"),
        ("leaves", "16 and 32", "values of a list by commas"),
        ("fold", "3", "There is no setting 'fold'"),
    ],
)
def test_wrong_settings_are_one_sentence(name, text, message):
    with pytest.raises(InputError, match=message):
        read_value(TrainSettings(), name, text)
