"""RECS 2015 and 2020 with the codebooks the EIA ships; the rows of 2020 are made here."""

import pytest

from fusion_core.errors import InputError
from fusion_core.ingest.recs import read_recs_edition


@pytest.fixture
def codebook(shared_data):
    return shared_data / "public" / "recs2020" / "RECS_2020_Codebook_v7.xlsx"


@pytest.fixture
def homes(tmp_path):
    weights = [f"NWEIGHT{i}" for i in range(1, 61)]
    names = ["DOEID", "REGIONC", "DIVISION", "STATE_FIPS", "state_postal", "TYPEHUQ"]
    names += ["SIZEOFGARAGE", "NUMPORTAC", "TEMPHOME", "SCALEE", "KWH", "ZTYPEHUQ", "NWEIGHT"]
    lines = [",".join([*names, *weights])]
    rows = [
        ("100001", "WEST", "Pacific", "06", "CA", "2", "2", "-2", "70", "3", "8000.5", "0", "4000"),
        (
            "100002",
            "SOUTH",
            "South Atlantic",
            "37",
            "NC",
            "5",
            "-2",
            "1",
            "-2",
            "0",
            "900",
            "1",
            "5000",
        ),
    ]
    lines += [",".join([*row, *[row[-1]] * 60]) for row in rows]
    path = tmp_path / "recs2020_public_v7.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_2020_is_a_jackknife_of_60_replicates(homes, codebook):
    design = read_recs_edition(homes, codebook, vintage="2020").description.design
    assert (design.method, design.replicates) == ("jackknife", 60)
    assert design.factor == pytest.approx(59 / 60)


def test_not_applicable_is_a_level_zero_or_missing(homes, codebook):
    survey = read_recs_edition(homes, codebook, vintage="2020")
    table = survey.household
    assert list(table["sizeofgarage"]) == ["Two-car garage", "No garage"]
    assert table["sizeofgarage"].cat.categories[0] == "No garage"
    assert table["numportac"].tolist() == [0, 1]
    assert table["temphome"].isna().tolist() == [False, True]
    assert table["scalee"].cat.ordered
    assert list(table["scalee"].cat.categories)[::3] == ["Never", "Almost every month"]
    assert "ztypehuq" not in table
    assert survey.description.geography == ("region", "division", "state")


def test_the_codebook_of_another_year_is_refused(homes, shared_data):
    old = shared_data / "public" / "recs" / "codebook_publicv4.xlsx"
    with pytest.raises(InputError, match="The codebook is that of RECS 2015, the survey is to be"):
        read_recs_edition(homes, old, vintage="2020")


def test_a_file_of_another_year_is_refused(homes, codebook, shared_data):
    with pytest.raises(InputError, match="The codebook is that of RECS 2020"):
        read_recs_edition(homes, codebook, vintage="2015")
    old = shared_data / "public" / "recs" / "recs2015_composite.parquet"
    with pytest.raises(InputError, match="The file is of RECS 2015, the survey is to be RECS 2020"):
        read_recs_edition(old, codebook, vintage="2020")
    with pytest.raises(InputError, match="This reader knows RECS 2015 and 2020, not 2009"):
        read_recs_edition(homes, codebook, vintage="2009")
