"""The page's state, rows and drawings are pure functions."""

import pytest

from fusion_core.errors import InputError
from fusion_core.ingest.generic.inspection import Choices
from fusion_core.ingest.recipes import Recipe
from fusion_core.surveys import SurveyId, Variable
from fusion_core.surveys.search import Entry, Hit
from fusion_core.surveys.summary import Distribution, LevelShare
from harmony_app.surveys import chart, rows, state, words
from harmony_app.surveys.detail import difference
from harmony_app.surveys.wizard_state import (
    ImportForm,
    is_current,
    recipe,
    request,
    with_corrections,
    with_file,
    with_reader,
    with_recipe,
    with_texts,
)

ACS = SurveyId("ACS", "2019")


def test_an_address_and_a_state_are_the_same_thing():
    shown = state.ViewState(
        query="heat",
        survey="ACS_2019",
        respondent="person",
        types="numbers",
        variable=state.VariableKey("ACS_2019", "agep"),
    )
    address = {name: text for name, text in state.to_address(shown).items() if text is not None}
    assert state.from_address(address, [ACS]) == shown


@pytest.mark.parametrize(
    "arguments",
    [
        {"survey": "GONE_2001"},
        {"variable": "GONE_2001/agep"},
        {"variable": "nonsense"},
        {"level": "dog", "type": "colour", "mode": "hack"},
    ],
)
def test_what_an_address_names_but_does_not_exist_is_left_out(arguments):
    assert state.from_address(arguments, [ACS]) == state.ViewState()


def test_a_stored_survey_is_shown_after_the_import():
    importing = state.importing(state.ViewState(query="x"))
    assert state.exploring(importing, "ACS_2019") == state.ViewState(survey="ACS_2019")
    assert state.exploring(importing) == state.ViewState(query="x")


def test_long_lists_are_cut_and_say_so():
    hits = [Hit(Entry(ACS, Variable(f"v{index}")), 0.0) for index in range(1000)]
    assert len(rows.variable_rows(hits)) == rows.MOST_ROWS
    assert rows.found_text(hits, "") == "1,000 variables; the first 400 are listed"
    assert rows.found_text(hits[:1], "v") == "1 variable matches"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0 %"), (0.0004, "< 0.1 %"), (0.1239, "12.4 %"), (1.0, "100.0 %")],
)
def test_shares_for_people(value, text):
    assert words.share(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0, "0"),
        (0.4567, "0.457"),
        (12.34, "12.3"),
        (1234.5, "1,234"),
        (3_100_000.0, "3.10 million"),
        (float("nan"), "–"),
    ],
)
def test_numbers_for_people(value, text):
    assert words.number(value) == text


def test_years_take_no_thousands_separator():
    built = Variable("built", type="integer", minimum=1900, maximum=2020)
    area = Variable("area", type="integer", minimum=240, maximum=4670)
    assert words.size_of_answers(built) == "1900 – 2020"
    assert words.size_of_answers(area) == "240 – 4,670"


def test_drawn_texts_are_escaped():
    found = Distribution(2, 0, 0.0, levels=(LevelShare("<b>", 1.0, 2),))
    drawn = chart.level_bars(Variable("x", levels=("<b>",)), found)
    assert "<b>" not in drawn
    assert "&lt;b&gt;" in drawn


def test_a_histogram_has_a_bar_per_bin_and_labels_both_ends():
    found = Distribution(
        10, 0, 0.0, edges=(0.0, 5.0, 10.0), shares=(0.75, 0.25), minimum=0.0, maximum=99.0
    )
    drawn = chart.histogram(found)
    assert drawn.count("<rect") == 2
    assert "5 and more: 25.0 %" in drawn, "the last bin holds everything beyond"


@pytest.mark.parametrize(
    ("other", "text"),
    [
        (Variable("x", levels=("a", "b")), "same levels"),
        (Variable("x", levels=("b", "a")), "same levels in another order"),
        (Variable("x", levels=("a", "c")), "1 other, 1 missing: c"),
        (Variable("x", type="integer"), "there a whole number"),
    ],
)
def test_vintages_are_compared_in_words(other, text):
    assert difference(Variable("x", levels=("a", "b")), other) == text


def test_the_form_proposes_the_surveys_name_but_keeps_a_typed_one():
    proposed = with_reader(ImportForm(), "recs")
    assert proposed.name == "RECS"
    assert with_reader(proposed, "acs_pums").name == "ACS"
    typed = with_texts(proposed, name=" MINE ", vintage="2015", title="")
    assert with_reader(typed, "acs_pums").name == "MINE"


def test_another_file_forgets_the_columns_chosen_for_the_first(tmp_path):
    form = with_corrections(
        with_file(ImportForm(), "household", tmp_path / "a.csv"), {"key": "id", "weight": "-"}
    )
    assert request(form).choices.weight == "-"
    assert request(with_file(form, "household", tmp_path / "b.csv")).choices == Choices()


def test_the_year_of_prices_is_that_of_the_vintage_unless_it_is_typed(tmp_path):
    named = with_texts(ImportForm(), name="CEI", vintage="2015-2019", title="", prices=" 2019 ")
    assert request(named).price_year == 2019
    assert request(with_file(named, "household", tmp_path / "a.csv")).price_year == 2019
    assert request(with_texts(named, name="CEI", vintage="2015", title="")).price_year == 0
    for text in ("19", "soon", "20190", "-2019"):
        wrong = with_texts(named, name="CEI", vintage="2015", title="", prices=text)
        with pytest.raises(InputError, match=f"{text}.* is not a year"):
            request(wrong)


def test_the_encoding_chosen_for_one_file_holds_for_the_next(tmp_path):
    form = with_file(
        with_corrections(ImportForm(), {"encoding": "cp1252"}), "household", tmp_path / "a.csv"
    )
    assert request(form).choices == Choices(encoding="cp1252")
    assert request(with_reader(form, "recs")).choices == Choices()


def test_what_is_said_of_columns_reaches_the_reader(tmp_path):
    form = with_corrections(
        ImportForm(files={"household": tmp_path / "a.csv"}),
        {
            "left_out": ("note",),
            "areas": ("STATE", "PUMA"),
            "renamed": "AGE_ = age_flag\n\n",
            "types": "zip = category",
            "implied_decimals": "HHWT=2\nREPWT = 2",
            "decimal": ",",
            "sheet": " Data ",
            "header_row": 3,
        },
    )
    assert request(form).choices == Choices(
        left_out=("note",),
        geography=("STATE", "PUMA"),
        renamed={"AGE_": "age_flag"},
        types={"zip": "category"},
        implied_decimals={"HHWT": "2", "REPWT": "2"},
        decimal=",",
        sheet="Data",
        header_row=3,
    )


@pytest.mark.parametrize("field", ["renamed", "types", "implied_decimals"])
def test_a_line_without_two_sides_is_said(field):
    with pytest.raises(InputError, match="does not say what is meant of which column"):
        request(with_corrections(ImportForm(), {field: "AGE_"}))


CHOICES = Choices(
    key="id",
    weight="HHWT",
    replicates=("REPWT1", "REPWT2"),
    design="jkn:5",
    missing={"RENT": ("-6", "-9"), "AGE": ()},
    left_out=("note",),
    renamed={"AGE_": "age_flag"},
    types={"zip": "category"},
    implied_decimals={"HHWT": "2"},
    decimal=",",
    person_number="line",
    person_sheet="Persons",
    encoding="cp1252",
)


def test_a_recipe_comes_back_as_it_was_whatever_the_form_shows_of_it(tmp_path):
    kept = Recipe("generic", "HOMES", "Homes", CHOICES)
    form = with_recipe(ImportForm(vintage="2022"), kept)
    assert recipe(form) == kept
    assert form.vintage == "2022"
    assert recipe(with_file(form, "household", tmp_path / "next.csv")) == kept


def test_what_is_said_anew_goes_before_the_recipe():
    form = with_recipe(ImportForm(), Recipe("generic", "HOMES", "", CHOICES))
    form = with_corrections(form, {"weight": "W2", "replicates": "-", "renamed": ""})
    choices = request(form).choices
    assert (choices.weight, choices.replicates, choices.renamed) == ("W2", ("-",), {})
    assert choices.person_sheet == "Persons"


def test_a_recipe_of_another_reader_leaves_the_files_behind(tmp_path):
    form = with_file(ImportForm(), "codebook", tmp_path / "cb.csv")
    assert with_recipe(form, Recipe("acs_pums", "ACS")).files == {}
    assert with_recipe(form, Recipe("generic", "T")).files == form.files


def test_only_an_unchanged_form_that_was_found_in_order_may_be_stored():
    assert not is_current(ImportForm(), None, None)
