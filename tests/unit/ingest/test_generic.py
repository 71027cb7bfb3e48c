"""The generic reader: what it infers, and every way a file can be wrong."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.ingest.generic._replicate_designs import guess_design
from fusion_core.ingest.generic.survey_table import Choices, inspect_file, read_generic
from fusion_core.ingest.tables.problems import FileProblemsError
from fusion_core.surveys import SurveyId

SURVEY = SurveyId("TEST", "2020")
HOUSEHOLDS = """\
hid,wt,region,tenure,rooms,income,note
h3,1.5,North,2,5,70000,
h1,2.5,South,1,3,20000,
h2,1,North,1,,45000.5,
"""
PERSONS = """\
hid,pid,age,sex
h1,1,40,F
h2,2,12,M
h2,1,38,F
h3,1,66,M
"""
CODEBOOK = """\
variable,description,code,label,type,unit
tenure,Own or rent,1,Owned,,
,,2,Rented,,
rooms,Number of rooms,,,integer,
income,Household income,,,continuous,dollars per year
sex,Sex,F,Female,,
sex,,M,Male,,
"""


@pytest.fixture
def files(tmp_path):
    for name, text in (("h.csv", HOUSEHOLDS), ("p.csv", PERSONS), ("codebook.csv", CODEBOOK)):
        (tmp_path / name).write_text(text)
    return tmp_path


def test_keys_weights_areas_and_types_are_inferred(files):
    seen = inspect_file(files / "h.csv", files / "codebook.csv")
    assert (seen.key, seen.weight, seen.respondent) == ("hid", "wt", "household")
    assert seen.geography == ("region",)
    kinds = {column.name: column.type for column in seen.columns}
    assert kinds["income"] == "continuous"
    assert kinds["tenure"] == "nominal"
    assert seen.can_be_read
    assert [problem.what for problem in seen.problems] == [
        "The column is left out: it is empty in every row"
    ]


def test_the_survey_has_labels_sorted_keys_and_descriptions(files):
    survey = read_generic(
        files / "h.csv", files / "p.csv", survey=SURVEY, codebook=files / "codebook.csv"
    )
    assert survey.household["household_id"].tolist() == ["h1", "h2", "h3"]
    assert survey.household["tenure"].tolist() == ["Owned", "Owned", "Rented"]
    assert survey.dictionary["income"].unit == "dollars per year"
    assert survey.dictionary["sex"].respondent == "person"
    persons = survey.person[["household_id", "person_number", "age"]]
    assert persons.to_numpy().tolist() == [
        ["h1", 1, 40],
        ["h2", 1, 38],
        ["h2", 2, 12],
        ["h3", 1, 66],
    ]


def test_the_same_data_read_alike_from_every_format(files):
    import pyreadstat

    plain = read_generic(files / "h.csv", survey=SURVEY)
    frame = pd.read_csv(files / "h.csv").drop(columns="note")
    frame.to_parquet(files / "h.parquet")
    pyreadstat.write_dta(frame, str(files / "h.dta"))
    pyreadstat.write_sav(frame, str(files / "h.sav"))
    pyreadstat.write_xport(frame, str(files / "h.xpt"), file_format_version=8)
    frame.to_csv(files / "semicolon.csv", sep=";", index=False)
    for name in ("h.parquet", "h.dta", "h.sav", "h.xpt", "semicolon.csv"):
        other = read_generic(files / name, survey=SURVEY)
        pd.testing.assert_frame_equal(other.household, plain.household, check_dtype=False, obj=name)


def test_labels_inside_a_statistical_file_are_used(files):
    import pyreadstat

    frame = pd.DataFrame({"hid": [1, 2], "weight": [1.0, 2.0], "tenure": [1.0, 2.0]})
    pyreadstat.write_sav(
        frame,
        str(files / "labelled.sav"),
        variable_value_labels={"tenure": {1: "Owned", 2: "Rented"}},
        column_labels=["Identifier", "Weight", "Own or rent"],
    )
    survey = read_generic(files / "labelled.sav", survey=SURVEY)
    assert survey.household["tenure"].tolist() == ["Owned", "Rented"]
    assert survey.dictionary["tenure"].description == "Own or rent"


def test_numbered_weights_become_replicates_with_a_design_that_is_said(tmp_path):
    frame = pd.DataFrame({"id": range(3), "nweight": [1.0, 2, 3]})
    for index in range(1, 97):
        frame[f"brrwt{index}"] = np.arange(3) + 0.5 + index / 100
    frame.to_csv(tmp_path / "h.csv", index=False)
    seen = inspect_file(tmp_path / "h.csv")
    assert len(seen.replicates) == 96
    assert seen.design.method == "Fay BRR"
    survey = read_generic(tmp_path / "h.csv", survey=SURVEY)
    assert survey.household["replicate_96"].tolist() == [1.46, 2.46, 3.46]
    assert any("is assumed" in note for note in survey.description.notes)


@pytest.mark.parametrize(
    ("stem", "count", "method", "factor"),
    [
        ("BRRWT", 96, "Fay BRR", 1 / (96 * 0.25)),
        ("REPWEIGHT", 160, "Fay BRR", 4 / 160),
        ("WTREP", 44, "Fay BRR", 1 / 44),
        ("pwgtp", 80, "successive difference", 4 / 80),
        ("NWEIGHT", 60, "jackknife", 59 / 60),
        ("WTHHFIN", 98, "jackknife", 6 / 7),
    ],
)
def test_the_designs_of_known_surveys_are_recognized(stem, count, method, factor):
    design, reason = guess_design([f"{stem}{index:02d}" for index in range(1, count + 1)])
    assert (design.method, design.replicates) == (method, count)
    assert design.factor == pytest.approx(factor)
    assert "assumed" in reason


def test_what_the_user_chooses_goes_before_what_was_inferred(files):
    choices = Choices(weight="-", left_out=("income",), geography=())
    survey = read_generic(files / "h.csv", survey=SURVEY, choices=choices)
    assert survey.household["weight"].tolist() == [1, 1, 1]
    assert "income" not in survey.dictionary
    assert survey.description.geography == ()


def test_a_column_chosen_that_is_not_there_is_named(files):
    seen = inspect_file(files / "h.csv", choices=Choices(key="hidd"))
    assert any("There is no column 'hidd'" in problem.what for problem in seen.problems)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name,weight\na,1\n", "No column identifies the households (bad.csv)."),
        ("hid,weight\na,1\n,2\n", "The key is missing (bad.csv, column 'hid', row 3)."),
        (
            "hid,weight\na,1\na,2\n",
            "The household identifier 'a' occurs more than once (bad.csv, column 'hid', row 3).",
        ),
        (
            "hid,weight\na,1\nb,heavy\n",
            "'heavy' is not a number (bad.csv, column 'weight', row 3).",
        ),
        ("hid,weight\na,1\nb,-2\n", "The weight is negative (bad.csv, column 'weight', row 3)."),
        ("hid,weight\na,1\nb,inf\n", "The weight is infinite (bad.csv, column 'weight', row 3)."),
        ("hid,weight\na,1\nb,0\n", "The weight is zero (bad.csv, column 'weight', row 3)."),
        ("hid,weight\na,1\nb,\n", "The weight is missing (bad.csv, column 'weight', row 3)."),
        (
            "hid,weight,tenure\na,1,1\nb,1,9\nc,1,9\n",
            "The level '9' is not in the codebook (bad.csv, column 'tenure', row 3 and 1 more).",
        ),
        (
            "hid,weight,Rooms ,rooms\na,1,2,3\n",
            "The name 'rooms' would stand for two columns (bad.csv, column 'rooms').",
        ),
    ],
)
def test_each_mistake_is_one_sentence_with_file_column_and_row(files, text, sentence):
    (files / "bad.csv").write_text(text)
    seen = inspect_file(files / "bad.csv", files / "codebook.csv")
    assert not seen.can_be_read
    assert any(problem.sentence.startswith(sentence) for problem in seen.problems), [
        problem.sentence for problem in seen.problems
    ]


def test_all_mistakes_are_reported_together(files):
    (files / "bad.csv").write_text("hid,weight,tenure\na,x,1\na,-1,7\n,inf,1\n")
    with pytest.raises(FileProblemsError) as caught:
        read_generic(files / "bad.csv", survey=SURVEY, codebook=files / "codebook.csv")
    assert len(caught.value.problems) == 6
    assert "6 problems were found" in str(caught.value)


def test_persons_of_unknown_households_are_refused(files):
    (files / "p.csv").write_text(PERSONS + "h9,1,20,F\n")
    with pytest.raises(FileProblemsError, match=r"The household 'h9' is not in h\.csv .*row 6"):
        read_generic(files / "h.csv", files / "p.csv", survey=SURVEY)


def test_two_persons_with_one_number_are_refused(files):
    (files / "p.csv").write_text("hid,pid,age\nh1,1,40\nh1,1,41\n")
    with pytest.raises(FileProblemsError, match="same number"):
        read_generic(files / "h.csv", files / "p.csv", survey=SURVEY)


def test_a_person_file_alone_is_no_survey(files):
    with pytest.raises(FileProblemsError, match="it is a person file"):
        read_generic(files / "p.csv", survey=SURVEY)


def test_text_among_many_numbers_is_reported_not_turned_into_levels(tmp_path):
    rows = [f"h{index},1,{index * 10}" for index in range(60)]
    rows[30] = "h30,1,about 300"
    (tmp_path / "h.csv").write_text("hid,weight,income\n" + "\n".join(rows) + "\n")
    seen = inspect_file(tmp_path / "h.csv")
    assert seen.problems[0].sentence.startswith(
        "'about 300' is not a number (h.csv, column 'income', row 32)"
    )


def test_free_text_is_left_out_with_a_warning(tmp_path):
    rows = [f"h{index},1,comment number {index} of many" for index in range(60)]
    (tmp_path / "h.csv").write_text("hid,weight,remarks\n" + "\n".join(rows) + "\n")
    seen = inspect_file(tmp_path / "h.csv")
    assert seen.can_be_read
    assert "free text (60 different values)" in seen.problems[0].what


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"", "empty"),
        ("a.zip", b"", "empty"),
        ("a.parquet", b"PAR1", "damaged or cut off"),
        ("a.dta", b"<stata_dta>", "The Stata file cannot be read"),
        ("a.sav", b"$FL2 cut", "The SPSS file cannot be read"),
        ("a.docx", b"PK", "Files ending in '.docx' cannot be read"),
    ],
)
def test_a_file_that_can_not_be_opened_is_refused_in_a_sentence(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        inspect_file(tmp_path / name)


def test_numbers_are_stored_as_they_are_or_refused(tmp_path):
    """Integers of 64 bits end at 9 · 10¹⁸, and double precision knows fewer digits."""
    rows = range(40)
    path = tmp_path / "homes.csv"
    table = pd.DataFrame(
        {"id": rows, "weight": 1.5, "acres": [1e300 + row * 1e290 for row in rows]}
    )
    table.to_csv(path, index=False)
    stored = read_generic(path, survey=SURVEY).household
    assert (stored["acres"] > 9e299).all()
    number = 2**70 + 1
    table.assign(acres=[number + 2 * row for row in rows]).to_csv(path, index=False)
    with pytest.raises(InputError, match=f"'{number}' has more digits than a number holds"):
        read_generic(path, survey=SURVEY)
    for first in (2**53, 2**53 + 1, 2**62 + 1):
        exact = table.assign(acres=[first + 2 * row for row in rows])
        exact.to_csv(path, index=False)
        kept = read_generic(path, survey=SURVEY).household
        assert sorted(kept["acres"]) == exact["acres"].tolist()


def test_a_quote_that_is_never_closed_swallows_no_rows(tmp_path):
    path = tmp_path / "homes.csv"
    path.write_text('id,weight,note\n1,2,a\n2,1,"b\n3,1,c\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"A quote that opens here is never closed .*row 3"):
        read_generic(path, survey=SURVEY)
    path.write_text('id,weight,note\n1,2,a 5" pipe\n2,1,"b\nc"\n', encoding="utf-8")
    assert len(read_generic(path, survey=SURVEY).household) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("code,label\n1,Own\n", "no column 'variable'"),
        ("variable,type\nrooms,nummer\n", "There is no variable type 'nummer'"),
    ],
)
def test_a_wrong_codebook_is_refused_in_a_sentence(files, text, sentence):
    (files / "wrong.csv").write_text(text)
    with pytest.raises(InputError, match=sentence):
        inspect_file(files / "h.csv", files / "wrong.csv")


def with_areas(tmp_path, pumas):
    path = tmp_path / "areas.csv"
    rows = "\n".join(f"h{i:04d},1,{i % 3 + 1},{puma}" for i, puma in enumerate(pumas))
    path.write_text(f"household_id,weight,state,puma\n{rows}\n", encoding="utf-8")
    return path


def test_codes_of_areas_are_names_and_not_numbers_and_there_may_be_thousands(tmp_path):
    pumas = [f"01{number:05d}" for number in range(700)]
    survey = read_generic(with_areas(tmp_path, pumas), survey=SURVEY)
    assert survey.household["puma"].tolist() == pumas
    assert survey.household["state"].cat.categories.tolist() == ["1", "2", "3"]
    assert survey.description.geography == ("state", "puma")


def test_a_puma_gets_back_the_zero_a_spreadsheet_took_from_its_state(tmp_path):
    path = with_areas(tmp_path, ["100100", "4100600", "200200"])
    survey = read_generic(path, survey=SURVEY)
    assert survey.household["puma"].tolist() == ["0100100", "4100600", "0200200"]


def test_pumas_without_their_state_are_told_when_the_file_is_looked_at(tmp_path):
    [problem] = inspect_file(with_areas(tmp_path, ["00100", "600", "700"])).problems
    assert problem.severity == "warning"
    assert "PUMA codes such as '00100' are not of seven digits" in problem.sentence
