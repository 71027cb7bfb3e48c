"""Small files in the layouts of public surveys: weights, special values and codes are read rightly."""

import numpy as np
import pytest

from fusion_core.errors import InputError
from fusion_core.ingest.generic import Choices, inspect_file, read_generic
from fusion_core.ingest.recs import read_recs
from fusion_core.ingest.tables import FileProblemsError
from fusion_core.surveys import SurveyId

SURVEY = SurveyId("CASE", "2019")


@pytest.fixture
def case(shared_data):
    def read(file, codebook=None, **choices):
        folder = (shared_data / "cases" / file).parent
        return read_generic(
            shared_data / "cases" / file,
            survey=SURVEY,
            codebook=None if codebook is None else folder / codebook,
            choices=Choices(**choices),
        )

    return read


def notes(survey):
    return " ".join(survey.description.notes)


def missing(survey, variable):
    return int(survey.household[variable].isna().sum())


def margin(survey, variable):
    """Total and margin of error (90 %) of an amount."""
    table, design = survey.household, survey.description.design
    total = (table["weight"] * table[variable]).sum()
    replicates = np.array([(table[name] * table[variable]).sum() for name in design.columns])
    return total, 1.645 * np.sqrt(design.factor * ((replicates - total) ** 2).sum())


def test_numbered_answers_are_no_replicate_weights(case):
    survey = case("r01_answers_as_replicates/hh.csv")
    assert survey.description.design.replicates == 0
    assert {f"window_{index}" for index in range(1, 9)} <= set(survey.dictionary)


def test_the_weight_of_a_body_is_not_the_weight_of_the_survey(case):
    survey = case("r02_body_weight/hh.csv")
    assert "the weight is PERWEIGHT" in notes(survey)
    assert survey.household["weight"].sum() == 852_996
    assert survey.household["weight_in_file"].mean() == pytest.approx(202.675)


@pytest.mark.parametrize("file", ["fmli191x", "fmli_noflags", "fmli_zero"])
def test_blank_half_samples_are_zeros_and_flags_have_names_of_their_own(case, file):
    survey = case(f"w01_cex_fmli/{file}.csv")
    design = survey.description.design
    assert (design.replicates, design.factor) == (44, pytest.approx(1 / 44))
    zeros = case("w01_cex_fmli/fmli_zero.csv").household
    assert survey.household["replicate_2"].tolist() == zeros["replicate_2"].tolist()
    assert ("Blank replicate weights are read as 0" in notes(survey)) is (file != "fmli_zero")
    assert ("age_ref_flag" in survey.dictionary) is (file == "fmli191x")


def test_household_weights_have_the_replicates_of_households(case):
    survey = case("w03_ipums_usa/usa.csv", key="SERIAL")
    assert survey.household["weight"].sum() == 15_335
    total, error = margin(survey, "hhincome")
    assert total == pytest.approx(1_670_600_349)
    assert error == pytest.approx(332_452_150, rel=1e-6)


def test_person_weights_have_the_replicates_of_persons(case):
    survey = case("w03_ipums_usa/usa.csv", key="SERIAL", weight="PERWT")
    assert "REPWTP1 … REPWTP80" in notes(survey)
    assert survey.household["weight"].sum() == 68_645


def test_the_population_is_said_and_one_beyond_the_country_doubted(case):
    said = notes(case("c08_weights/implied.csv"))
    assert "660.1 million households" in said
    assert "more than the United States have" in said


def test_an_infinite_replicate_is_refused_with_its_row(case):
    with pytest.raises(FileProblemsError, match=r"replicate weight is infinite .*'repwgt2', row 5"):
        case("c08_weights/inf.csv")


def test_a_negative_replicate_is_read(case):
    assert (case("c08_weights/neg.csv").household.filter(like="replicate_") < 0).to_numpy().any()


def test_the_missing_value_of_r_leaves_a_number(case):
    survey = case("g02_R_NA/hh2.csv")
    assert survey.dictionary["children"].type == "integer"
    assert missing(survey, "children") == 20
    assert missing(case("g02_R_NA/hh.csv"), "income") == 20


@pytest.mark.parametrize("codebook", [None, "cb.csv", "cb2.csv", "cb3.csv"])
def test_a_sentinel_is_no_income_with_any_codebook_or_none(case, codebook):
    survey = case("g08_sentinel_numeric/hh.csv", codebook)
    assert survey.household["inctot"].mean() == pytest.approx(46_179.69, abs=0.01)
    assert missing(survey, "inctot") == 50
    assert "9999999" in notes(survey)


@pytest.mark.parametrize("file", ["hh.dta", "hh.sav"])
@pytest.mark.parametrize("codebook", [None, "cb.csv"])
def test_a_number_with_one_labelled_value_is_a_number(case, file, codebook):
    survey = case(f"s01_partial_labels/{file}", codebook)
    assert survey.dictionary["age"].type == "integer"
    assert missing(survey, "age") == 0


def test_labelled_sentinels_of_stata_are_missing(case):
    survey = case("s02_ipums_sentinel/hh.dta")
    assert survey.household["inctot"].max() < 9_999_998
    assert missing(survey, "inctot") == 50


def test_labelled_negatives_of_spss_are_missing(case):
    survey = case("s08_negative_labels/hh.sav")
    assert survey.household["vmt"].min() >= 0
    assert "I don't know" in survey.dictionary["vmt"].note


def test_quoted_codes_of_the_housing_survey_are_codes_and_negatives_missing(case):
    survey = case("w02_ahs2019/household.csv")
    assert survey.household["rent"].mean() == pytest.approx(1_628.6, abs=0.1)
    assert survey.dictionary["tenure"].levels == ("1", "2")
    assert survey.household["household_id"].iloc[0] == "11000000"
    assert survey.description.design.replicates == 160
    assert not any(name.startswith("sp1rep") for name in survey.dictionary)


def test_a_codebook_of_plain_codes_labels_quoted_ones(case):
    survey = case("w02_ahs2019/household.csv", "cb.csv")
    assert survey.dictionary["tenure"].levels == ("Owned", "Rented", "Not applicable")


def test_reserved_codes_of_the_travel_survey_are_no_numbers(case):
    survey = case("w05_nhts2017/hhpub.csv")
    assert survey.dictionary["hhfaminc"].levels == ("01", "05", "11")
    assert survey.household["timetowk"].min() == 10
    assert missing(survey, "timetowk") == 35
    assert "97" in survey.dictionary["homeown"].levels
    assert survey.description.design.factor == pytest.approx(6 / 7)


def test_not_applicable_does_not_count_in_recs_2020(case):
    survey = case("w06_recs2020/recs2020_public_v7.csv")
    assert survey.household["sizeofgarage"].min() == 1
    assert survey.household["numportac"].min() == 0
    assert survey.description.design.factor == pytest.approx(59 / 60)


def test_leading_zeros_make_codes(case):
    survey = case("g01_leading_zero_puma/hh.csv")
    assert survey.dictionary["state_fips"].levels == ("06",)
    assert "02139" in survey.dictionary["zip"].levels
    assert all(puma.endswith(("00101", "00102", "00200")) for puma in survey.household["puma"])


def test_codes_written_as_fractions_meet_their_labels(case):
    survey = case("g07_float_codes/hh.csv", "cb.csv")
    assert survey.dictionary["tenure"].levels == ("Own", "Rent")
    assert missing(survey, "tenure") == 62


@pytest.mark.parametrize(
    ("file", "codebook", "variable", "level"),
    [
        ("g09_duplicate_labels/hh.csv", "cb.csv", "rel", "Other ({})"),
        ("s04_dup_labels/hh.dta", None, "occ", "Not elsewhere classified ({})"),
    ],
)
def test_two_codes_with_one_label_stay_two_levels(case, file, codebook, variable, level):
    levels = case(file, codebook).dictionary[variable].levels
    assert sum(item.startswith(level.partition(" (")[0]) for item in levels) == 2


CODEBOOK_2020 = "RECS 2020 Codebook for Public File - v7.xlsx"


def test_a_codebook_under_a_title_is_read(case):
    survey = case("w07_recs2020_codebook/recs2020_public_v7.csv", CODEBOOK_2020)
    garage = survey.dictionary["sizeofgarage"]
    assert garage.levels[:2] == ("One-car garage", "Two-car garage")
    assert garage.description == "Size of attached garage"


def test_the_published_codebook_of_recs_2020_is_read(shared_data):
    seen = inspect_file(
        shared_data / "cases/w06_recs2020/recs2020_public_v7.csv",
        shared_data / "public/recs2020/RECS_2020_Codebook_v7.xlsx",
    )
    found = {column.name: column for column in seen.columns}
    assert found["typehuq"].levels[0] == "Mobile home"
    assert found["kwh"].type == "continuous"
    assert seen.can_be_read


def test_recs_of_another_edition_is_refused_in_a_sentence(shared_data):
    folder = shared_data / "cases/w07_recs2020_codebook"
    with pytest.raises(InputError, match=r"knows RECS 2015 only.*reader generic"):
        read_recs(
            folder / "noregion.csv",
            shared_data / "public/recs/codebook_publicv4.xlsx",
            vintage="2020",
        )
    with pytest.raises(InputError, match=r"is of another edition than the file"):
        read_recs(folder / "noregion.csv", shared_data / "public/recs/codebook_publicv4.xlsx")
    with pytest.raises(InputError, match="not a RECS 2015 codebook"):
        read_recs(folder / "noregion.csv", folder / CODEBOOK_2020)


@pytest.mark.parametrize(
    "file",
    [
        "public/acs_pums/acs2006_2010_5yr_or_puma00600_h.parquet",
        "public/acs_pums/acs2016_1yr_seattle_p_subset.parquet",
        "public/acs_pums/acs2015_1yr_wa_h_subset.parquet",
        "public/acs_pums/ca_puma00106_households.csv",
        "public/acs_pums/ca_puma00106_persons.csv",
    ],
)
def test_the_acs_has_no_special_values_and_none_is_found(shared_data, file):
    assert inspect_file(shared_data / file).special == ()


def test_only_the_documented_code_is_special_in_recs_2015(shared_data):
    seen = inspect_file(shared_data / "public/recs/recs2015_composite.parquet")
    assert {item.code for _, item in seen.special} == {"-2"}


def test_only_the_documented_codes_are_special_in_nhts_2017(shared_data):
    seen = inspect_file(shared_data / "public/nhts/nhts2017_hhpub.parquet")
    assert {item.code for _, item in seen.special} <= {"-1", "-7", "-8", "-9", "-88", "-77"}


def test_only_the_documented_codes_are_special_in_the_ahs_of_2019(shared_data):
    seen = inspect_file(shared_data / "public/ahs/ahs_national_2019_7vars.parquet")
    assert {item.code for _, item in seen.special} <= {"-6", "-9"}
