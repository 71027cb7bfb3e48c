"""The tabs of the Validate page without a browser: sentences, unseen households, another table."""

import shutil

import pandas as pd
import pytest
from sent_files import send

from fusion_core.execution.checking import USUAL
from fusion_core.execution.validating import out_of_fold_folder
from fusion_core.validation import read_validation, write_validation
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import RunState, open_run
from harmony_app.figures.calibration import shown_levels
from harmony_app.shell.session import Session
from harmony_app.validate.page import ValidatePage
from harmony_app.validate.place import finished_runs
from harmony_app.validate.view.record import read_validated
from harmony_app.validate.view.state import TABS, ValidateState


@pytest.fixture
def workspace(mapped_workspace, tmp_path):
    """A copy whose runs a test may change."""
    shutil.copytree(mapped_workspace.workspace.path, tmp_path / "own")
    return Workspace.open(tmp_path / "own")


@pytest.fixture
def run(workspace, mapped_workspace):
    return open_run(workspace, mapped_workspace.run)


@pytest.fixture
def make_page(workspace, run):
    def make(**state):
        return ValidatePage(
            Session(workspace, "ann", "light", {}),
            ValidateState(run=run.id, **state),
            read_validated(workspace, run, {}),
            finished_runs(workspace),
            choose_run=lambda _: None,
        )

    return make


@pytest.fixture
def checked(run):
    """The run, as if it had been checked with unseen households."""
    validation = read_validation(run.validation_folder)
    write_validation(
        validation, out_of_fold_folder(run), facts={"folds": 5, "households": 600, "seconds": 75.0}
    )
    return run


def test_every_tab_is_shown_in_its_turn(make_page):
    page = make_page(tab="table")
    assert page._content.objects == [page.other.view]
    for tab in TABS.values():
        page.tabs.value = tab
        assert page.state.tab == tab
        assert len(page._content.objects) == 1


def test_sentences_come_first_and_numbers_on_demand(make_page):
    page = make_page(tab="draws")
    text = page.draws.text
    assert text.index("kwh: draws are") < text.index("central 50, 80 and 90 %")
    assert text.index("central 50, 80 and 90 %") < text.index("<details>")
    assert "The ranges" in text
    page._choose_variable("cold")
    assert "kwh: draws" not in page.draws.text
    assert "The ranges" not in page.draws.text


def test_few_implicates_are_called_few(make_page):
    card = make_page(tab="implicates", variable="cold").implicates
    assert "4 implicates" in card.text
    assert len(card.panels) == 2  # the levels of the variable


def test_the_distribution_of_the_chosen_variable_is_shown(make_page):
    page = make_page(tab="distributions", variable="kwh")
    assert "Distribution of kwh" in page.distribution.text
    assert "kwh matches the observed distribution" in page.distribution.text
    assert " ± " in page.distribution.text
    assert "kwh – income" in page.dependence.text
    [plot] = page.distribution.plots
    assert plot.title.text == "kwh"


def test_a_figure_is_drawn_again_only_for_another(make_page):
    page = make_page(tab="distributions", variable="kwh")
    [before] = page.distribution.plots
    page._show()
    assert page.distribution.plots == [before]
    page._choose_variable("cold")
    assert page.distribution.plots != [before]


@pytest.mark.parametrize("tab", ["subsets", "distributions", "draws", "implicates"])
def test_the_figure_of_every_tab_can_be_taken_away(make_page, tab):
    page = make_page(tab=tab)
    page.files.size.value = "column"
    assert page.files.content("png").startswith(b"\x89PNG")


def test_without_a_check_nothing_can_be_switched_and_a_button_offers_it(make_page):
    page = make_page(tab="unseen")
    assert not page.households.visible
    assert page.unseen.start.label == "Check with unseen households"
    assert "Takes about" in page.unseen.state.object


@pytest.mark.usefixtures("checked")
def test_both_validations_are_shown_and_named(make_page):
    page = make_page(tab="unseen")
    assert page.households.visible
    assert list(page.households.options) == ["known", "unseen"]
    assert "600\N{NO-BREAK SPACE}households in 5 parts" in page.unseen.text.object
    assert "the usual validation can be relied on" in page.unseen.text.object
    page.households.value = True
    assert page.validation is page._record.outside
    page.tabs.value = "draws"
    assert "how often the models drew an answer" in page.draws.text
    assert "as those shown here" not in page.draws.text


def test_a_check_in_progress_is_watched_and_one_that_failed_says_why(make_page, run):
    run.check.folder.mkdir()
    run.check.write_state(RunState(status="running", progress=0.4, message="Modelled <kwh>"))
    page = make_page(tab="unseen")
    assert "Modelled &lt;kwh&gt; · 40%" in page.unseen.state.object
    assert page.unseen.stop.visible
    assert not page.unseen.start.visible
    run.check.write_state(RunState(status="failed", message="The disk is full"))
    page = make_page(tab="unseen")
    assert "The disk is full" in page.unseen.state.object
    assert page.unseen.start.visible


def test_a_run_whose_files_changed_is_warned_of(make_page, run):
    write_validation(
        read_validation(run.validation_folder), run.validation_folder, fingerprint="another"
    )
    bar = make_page().repeat
    assert "changed since it was validated" in bar.warnings.object
    assert bar.start.visible


def test_nothing_is_said_of_a_validation_that_is_as_it_should_be(make_page):
    assert not make_page().repeat.view.visible


def test_a_donor_without_weights_is_named(make_page, run):
    assert "no weights" not in make_page()._which.object
    record = read_json(run.validation_folder / "validation.json")
    facts = {**record["facts"], "weighted": False}
    write_json(record | {"facts": facts}, run.validation_folder / "validation.json")
    assert "no weights" in make_page()._which.object


def test_a_validation_that_is_repeated_is_watched_from_every_tab(make_page, run):
    run.check.folder.mkdir()
    write_json({"folds": USUAL}, run.check.folder / "asked.json")
    run.check.write_state(RunState(status="running", progress=0.25, message="Validating again"))
    page = make_page(tab="draws")
    assert page.repeat.view.visible
    assert "Validating again · 25%" in page.repeat.state.object
    assert page.repeat.stop.visible
    page.tabs.value = "unseen"
    assert not page.unseen.start.visible
    assert not page.unseen.stop.visible
    assert "validated again" in page.unseen.state.object
    run.check.write_state(RunState(status="finished", progress=1.0))
    page.check._look()
    assert not page.repeat.view.visible
    assert page.unseen.start.visible


def test_all_tables_of_both_validations_can_be_taken_away(make_page, checked):
    archive = make_page()._archive()
    assert archive[:2] == b"PK"
    assert b"unseen-coverage.csv" in archive
    assert out_of_fold_folder(checked).is_dir()


def upload(page, text, name="counts.csv"):
    send(page.other.file.upload, name, text.encode())


def test_a_table_is_mapped_and_compared(make_page):
    page = make_page(tab="table")
    page.other.variable.value = "cold"
    codes = ["0100100", "0100200", "0100300", "0100400"]
    table = pd.DataFrame({"GEOID": codes, "Households": ["400", "1,100", "1,900", "2,800"]})
    upload(page, table.to_csv(index=False))
    assert (page.other.area.value, page.other.value.value) == ("GEOID", "Households")
    page.other._start()
    assert "rank correlation 1.00" in page.other.result.object
    assert "Not in the table: 1\N{NO-BREAK SPACE}area" in page.other.result.object
    assert page.other._files.visible
    assert page.other._csv().getvalue().startswith(b"area,name,estimate")


def test_codes_that_name_no_area_are_told_before_anything_is_compared(make_page):
    page = make_page(tab="table")
    upload(page, "GEOID,code,n\n9100100,0100100,5\n9200100,100200,7\n9300100,0100300,8")
    assert page.other.area.value == "code"
    assert "3 of 3\N{NO-BREAK SPACE}rows name an area of the run" in page.other.message.object
    page.other.area.value = "GEOID"
    assert "holds values like '9100100'" in page.other.message.object.replace("&#39;", "'")
    assert page.other.compare.disabled
    page.other.area.value = "code"
    assert not page.other.compare.disabled


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("GEOID,n\n", "a.csv", "no rows"),
        ("GEOID,n\n0100100,5", "a.docx", "cannot be read"),
        ("GEOID,n\n0100100,5\n0100100,6\n0100200,7\n0100300,8", "a.csv", "more than once"),
        ("GEOID,n\n0100100,-5\n0100200,7\n0100300,8", "a.csv", "1 count is negative"),
        ("GEOID,n\n0100100,5\n0100200,many\n0100300,8", "a.csv", "&#39;many&#39; in row 3"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_in_a_sentence(make_page, text, name, words):
    page = make_page(tab="table")
    page.other.variable.value = "cold"
    upload(page, text, name)
    if page.other._rows is not None:
        page.other._start()
    assert words in page.other.message.object
    assert not page.other._files.visible


def test_a_category_has_a_chart_of_true_against_drawn_answers(make_page):
    page = make_page(tab="draws", variable="cold")
    text = page.draws.text
    assert "Drawn and true answers" in text
    assert len(page.draws.panels) == 1  # of two answers one; the other is its mirror image
    assert "cold: answers are" in text
    assert "trained on, as those shown here" in text
    page._choose_variable("kwh")
    assert [plot.title.text for plot in page.draws.plots] == ["kwh"]
    assert "Drawn and true answers" not in page.draws.text


def test_the_most_frequent_answers_are_drawn():
    levels = [f"<{place}>" for place in range(11)]
    table = pd.DataFrame(
        {
            "variable": "fuel",
            "level": levels,
            "drawn": 0.1,
            "observed": range(11),
            "lower": 0.0,
            "upper": 0.2,
            "standard_error": 0.05,
            "share": 1.0,
            "rows": 100.0,
        }
    )
    assert shown_levels(table) == levels[3:]


def test_a_validation_of_an_earlier_version_can_be_completed(make_page, run):
    (run.validation_folder / "reliability.parquet").unlink()
    record = read_json(run.validation_folder / "validation.json")
    write_json(record | {"format": 2}, run.validation_folder / "validation.json")
    page = make_page()
    assert "earlier version" in page.repeat.warnings.object
    assert page.repeat.start.visible


def test_the_curves_begin_with_what_they_mean_for_areas(make_page):
    page = make_page(tab="subsets")
    assert "households or more" in page.subsets.areas.object
    assert "a single PUMA" in page.subsets.areas.object
    name = page._names[-1]
    chosen = make_page(tab="subsets", variable=name)
    assert f"{name}: " in chosen.subsets.areas.object


def test_a_run_without_areas_says_nothing_of_them(make_page, run):
    path = run.input_folder / "recipient.parquet"
    pd.read_parquet(path).drop(columns="puma").to_parquet(path)
    assert make_page(tab="subsets").subsets.areas.object == ""


def compared(make_page, **table):
    page = make_page(tab="table")
    page.other.variable.value = "cold"
    codes = ["0100100", "0100200", "0100300", "0100400"]
    upload(page, pd.DataFrame({"GEOID": codes, **table}).to_csv(index=False))
    page.other._start()
    return page.other


def test_a_comparison_is_shown_as_values_ranks_and_a_map_and_saved_as_such(make_page):
    other = compared(make_page, Households=[400, 1100, 1900, 2800])
    assert "the same on both sides" in other.figure()
    other.shown.value = "ranks"
    assert "rank in the table" in other.figure()
    other.shown.value = "map"
    assert "estimates minus counts.csv" in other.figure()
    assert other._figure.objects[0].objects[0].object.children


def test_a_related_quantity_is_compared_by_its_order_alone(make_page):
    page = make_page(tab="table")
    page.other.related.value = True
    page.other.variable.value = "cold"
    codes = ["0100100", "0100200", "0100300", "0100400"]
    upload(page, pd.DataFrame({"GEOID": codes, "calls": [3, 9, 14, 31]}).to_csv(index=False))
    page.other._start()
    assert "rank correlation 1.00" in page.other.result.object
    assert "Altogether" not in page.other.result.object
    assert "the same on both sides" not in page.other.figure()


def test_the_recipients_own_answers_can_be_compared(make_page):
    page = make_page(tab="table")
    page.other.variable.value = "tenure"
    assert page.other.level.options == ["Owner", "Renter"]


def test_the_column_of_a_year_is_no_value(make_page):
    other = compared(make_page, year=[2022] * 4, median_income=[5, 6, 7, 8])
    assert other.value.value == "median_income"
