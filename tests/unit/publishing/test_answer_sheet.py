"""One answer on one page."""

import dataclasses
import re
import shutil

import pytest

from fusion_core.errors import InputError
from fusion_core.estimates import Statistic
from fusion_core.estimates.runs import area_estimates
from fusion_core.publishing import answer_sheet
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import open_run

MEAN = Statistic("mean", "kwh")
AREA = {"puma": "9900100"}


def sheet_of(published, statistic=MEAN, **changes):
    return answer_sheet(published.workspace, published.run, statistic, **changes)


def test_the_figure_is_the_estimate_with_its_margin(published):
    found = area_estimates(published.workspace, published.run, MEAN).set_index("puma")
    row = found.loc["9900100"]
    sheet = sheet_of(published, area=AREA, names={"9900100": "Area one"})
    assert sheet.figure == f"{row['estimate']:,.0f} ± {row['moe']:,.0f}"
    assert sheet.question == "kwh: what is the mean per household in Area one?"
    assert f"{row['n']:,} sampled households of TOYACS 2022" in sheet.households


def test_the_margin_of_a_share_is_in_points(published):
    share = Statistic("share_above", "kwh", threshold=9000.0)
    assert re.fullmatch(r"[\d.]+ % ± [\d.]+ points", sheet_of(published, share).figure)


def test_without_an_area_everybody_is_asked_about(published):
    assert sheet_of(published).question.endswith(", overall?")


def test_it_rests_on_three_sentences(published):
    done, margin, checked = sheet_of(published).rests_on
    assert "given 4 plausible answers" in done
    assert "sampling error of both surveys" in margin
    assert "as far as 2 variables with known answers tell" in margin
    assert checked.startswith("Validation – kwh:")


def test_a_survey_alone_rests_on_its_own_answers(published):
    survey = SurveyId("TOYACS", "2022")
    sheet = answer_sheet(published.workspace, survey, Statistic("mean", "agep"))
    assert "TOYACS 2022 itself collected" in sheet.rests_on[0]


def test_a_question_of_the_recipient_itself_rests_on_its_own_answers(published):
    own = sheet_of(published, Statistic("mean", "rooms__rmsp"))
    assert "TOYACS 2022 itself collected" in own.rests_on[0]


def test_a_question_of_the_recipient_about_fused_households_is_modelled_in_part(published):
    donor = published.run.spec().pair.donor.title
    own = sheet_of(published, Statistic("mean", "rooms__rmsp"), where="kwh > 5000")
    assert own.rests_on[0].startswith(f"{donor} asked part of this")


def test_an_uncertain_figure_is_not_for_publication(published):
    """A share that hardly any household has."""
    rare = Statistic("share_above", "kwh", threshold=9300.0)
    sheet = sheet_of(published, rare, area=AREA)
    assert sheet.verdict == "no"
    assert any("uncertain" in text or "unknown" in text for text in sheet.reasons)


def test_a_figure_nobody_validated_needs_care(published, tmp_path):
    shutil.copytree(published.workspace.path, tmp_path / "toy")
    workspace = Workspace.open(tmp_path / "toy")
    run = open_run(workspace, published.run.id)
    shutil.rmtree(run.validation_folder)
    sheet = answer_sheet(workspace, run, MEAN)
    assert sheet.verdict == "care"
    assert "The fusion of this variable has not been validated." in sheet.reasons


def test_areas_are_ranked_beside_it(published):
    sheet = sheet_of(published, by="puma", top=3)
    assert [row.rank for row in sheet.rows] == ["1", "2", "3"]
    assert "4 areas are surely among the 3 highest" in sheet.ranking_sentence
    assert sheet.ranking_title == "The 3 highest"


def test_the_page_shows_texts_as_they_are_and_runs_nothing(published):
    sheet = dataclasses.replace(
        sheet_of(published, by="puma"), question="<script>alert(1)</script>"
    )
    page = sheet.html("<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert "<script>" not in page
    assert "default-src 'none'" in page
    assert "data:image/svg+xml;base64," in page


def test_an_area_without_households_has_no_answer(published):
    with pytest.raises(InputError, match="no single figure for puma 1"):
        sheet_of(published, area={"puma": "1"})
