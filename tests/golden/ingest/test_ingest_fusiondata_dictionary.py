"""fusionData dictionaries become surveys one can harmonize before the microdata are at hand."""

import pytest

from fusion_core.errors import InputError
from fusion_core.ingest.fusiondata.dictionary import read_fusiondata_dictionary


@pytest.fixture(scope="module")
def acs_2019(shared_data):
    folder = shared_data / "dictionaries"
    return read_fusiondata_dictionary(folder / "ACS_2019_H.parquet", folder / "ACS_2019_P.parquet")


def test_all_variables_of_both_records_are_there(acs_2019):
    """104 household and 105 person variables; seven keys, weights and areas are in both."""
    household = [v for v in acs_2019.dictionary.values() if v.respondent == "household"]
    assert len(household) == 104
    assert len(acs_2019.dictionary) == 104 + 105 - 7
    assert acs_2019.household is None


def test_levels_types_and_summaries_are_kept(acs_2019):
    occupation = acs_2019.dictionary["occp"]
    assert len(occupation.levels) == 531
    assert occupation.respondent == "person"
    income = acs_2019.dictionary["hincp"]
    assert income.type == "integer"
    assert income.maximum > 1_000_000
    assert acs_2019.dictionary["ybl"].type == "ordered"
    assert acs_2019.dictionary["weight"].role == "weight"


def test_every_dictionary_at_hand_is_read(shared_data):
    for path in sorted((shared_data / "dictionaries").glob("*_H.parquet")):
        person = path.with_name(path.name.replace("_H.", "_P."))
        survey = read_fusiondata_dictionary(path, person if person.exists() else None)
        assert str(survey.id) == path.name.removesuffix("_H.parquet")
        assert survey.dictionary.answers()


def test_dictionaries_of_two_surveys_do_not_mix(shared_data):
    folder = shared_data / "dictionaries"
    with pytest.raises(InputError, match="different surveys: ACS 2019 and NHTS 2017"):
        read_fusiondata_dictionary(folder / "ACS_2019_H.parquet", folder / "NHTS_2017_P.parquet")


def test_another_parquet_file_is_refused(shared_data):
    with pytest.raises(InputError, match="variable is missing"):
        read_fusiondata_dictionary(shared_data / "public/recs/recs2015_composite.parquet")
