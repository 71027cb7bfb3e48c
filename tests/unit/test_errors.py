"""An error says what is wrong, where, and how to fix it."""

import pickle

import pytest

from fusion_core.errors import ConflictError, ExpressionError, HarmonyError, InputError


def test_the_message_names_what_where_and_the_remedy():
    error = InputError("Weight is text", where="row 3", fix="Use numbers")
    assert str(error) == "Weight is text (row 3). Use numbers."


def test_a_message_is_one_line_whatever_it_quotes():
    assert str(InputError("There is no level 'a\n\u2028b'")) == "There is no level 'a  b'."


def test_an_unknown_name_suggests_the_nearest_one():
    error = InputError.unknown("column", "agpe", ["agep", "sex"], where="person.csv")
    assert str(error) == "There is no column 'agpe' (person.csv). Did you mean 'agep'?"


def test_an_unknown_name_without_a_near_one_lists_what_exists():
    assert "'agep', 'sex'" in str(InputError.unknown("column", "zzz", ["agep", "sex"]))


@pytest.mark.parametrize(
    "error",
    [
        InputError("a", where="b", fix="c"),
        ConflictError("a"),
        ExpressionError("a", where="b", position=4),
    ],
)
def test_errors_survive_the_way_between_processes(error: HarmonyError):
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - pickled on the same line
    assert type(copy) is type(error)
    assert vars(copy) == vars(error)
