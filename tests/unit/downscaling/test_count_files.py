"""Published tables in the layouts people download, and the definitions of their counts."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.downscaling import read_constraints, read_counts
from fusion_core.downscaling.inputs.constraints import published_counts, refuse_contradictions
from fusion_core.downscaling.inputs.count_files import standard_errors, summed_margin
from fusion_core.downscaling.inputs.puma_membership import puma_of
from fusion_core.errors import InputError


def write(tmp_path, text, name="counts.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_of_the_census_api_is_read_with_its_second_heading(tmp_path):
    found = read_counts(
        write(
            tmp_path,
            "GEO_ID,NAME,B25003_002E,B25003_002M\n"
            "Geography,Name,Owner occupied,Margin of error\n"
            "1500000US530330001001,BG 1,120,35\n"
            "1500000US530330001002,BG 2,80,-555555555\n",
        )
    )
    assert found.level == "block_group"
    assert found.counts.loc["530330001001", "B25003_002"] == 120
    assert found.margins.loc["530330001001", "B25003_002"] == 35


def test_a_table_of_nhgis_is_read(tmp_path):
    found = read_counts(
        write(tmp_path, "GISJOIN,YEAR,ALZKE002,ALZKM002\nG53003300001001,2019,120,35\n")
    )
    assert found.counts.loc["530330001001", "ALZK_002"] == 120
    assert list(found.counts.columns) == ["ALZK_002"]


def test_a_long_table_is_read(tmp_path):
    found = read_counts(
        write(
            tmp_path,
            "GEOID,table,category,estimate,moe\n"
            "53033000100,tenure,owner,120,35\n53033000100,tenure,renter,60,20\n",
        )
    )
    assert found.level == "tract"
    assert found.counts.loc["53033000100", "tenure owner"] == 120


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("place,a,a_moe\n1,2,3\n", "No column holds the codes of areas"),
        ("GEOID,a\n53033000100,2\n", "No count has a margin of error beside it"),
        ("GEOID,a,a_moe\nx,2,3\n", "holds no codes of block groups"),
        (
            "GEOID,a,a_moe\n53033000100,2,3\n53033000100,2,3\n",
            "Area 53033000100 occurs more than once",
        ),
        ("GEOID,a,a_moe\n53033000100,2,3\n530330001001,2,3\n", "mixes areas"),
        ("GEOID,a,a_moe\n53033000100,two,3\n", "'two' is not a number"),
    ],
)
def test_what_is_wrong_with_a_table_is_one_sentence(tmp_path, text, sentence):
    with pytest.raises(InputError, match=sentence):
        read_counts(write(tmp_path, text))


def test_the_handbook_s_margin_of_a_sum():
    # Census Bureau 2020, chapter 8: females never married in three counties.
    counts = np.array([135_173.0, 43_104.0, 24_842.0])
    margins = np.array([3_860.0, 2_642.0, 1_957.0])
    assert summed_margin(counts, margins) == pytest.approx(5_070, abs=1)


def test_of_counts_of_zero_only_the_largest_margin_enters_a_sum():
    assert summed_margin(np.array([0.0, 0.0, 100.0]), np.array([12.0, 9.0, 5.0])) == pytest.approx(
        13
    )


def test_a_count_held_to_population_estimates_has_no_sampling_error():
    found = standard_errors(np.array([100.0, 100.0]), np.array([-555_555_555.0, np.nan]))
    assert found[0] == 0.5
    assert np.isnan(found[1])


def constraints(tmp_path, rows):
    text = "name,counts,households,table\n" + "".join(f"{row}\n" for row in rows)
    return read_constraints(write(tmp_path, text, "constraints.csv"))


def test_a_constraint_may_add_up_published_counts(tmp_path):
    asked = constraints(tmp_path, ["few,B_002+B_003,np < 3,size"])
    table = read_counts(
        write(tmp_path, "GEOID,B_002,B_002_moe,B_003,B_003_moe\n53033000100,10,3,20,4\n")
    )
    found = published_counts(asked, table)
    assert found.counts[0, 0] == 30
    assert found.errors[0, 0] == pytest.approx(5 / 1.645)


@pytest.mark.parametrize(("column", "count"), [("owners", "owners"), ("B25003_002E", "B25003_002")])
def test_a_count_without_a_margin_is_not_left_out_silently(tmp_path, column, count):
    table = write(tmp_path, f"GEOID,{column},hh,hh_moe\n53033000100,10,30,4\n")
    asked = constraints(tmp_path, ["hh,hh,np >= 1,hh", f"own,{count},np > 1,tenure"])
    with pytest.raises(InputError, match=f"'{count}' has no margin of error beside it"):
        published_counts(asked, read_counts(table))


def test_an_incomplete_constraint_is_named_by_its_row(tmp_path):
    with pytest.raises(InputError, match="column 'households' is empty") as caught:
        constraints(tmp_path, ["a,a,np > 1,t", "b,b,,t"])
    assert "row 3" in caught.value.where


def test_tables_that_contradict_each_other_are_refused(tmp_path):
    asked = constraints(tmp_path, ["a,a,np > 1,t"])
    tract = read_counts(write(tmp_path, "GEOID,a,a_moe\n53033000100,900,30\n"))
    block = read_counts(
        write(tmp_path, "GEOID,a,a_moe\n530330001001,100,30\n530330001002,90,30\n", "b.csv")
    )
    with pytest.raises(
        InputError, match="Area 53033000100 has 900 of 'a' and its parts add up to 190"
    ):
        refuse_contradictions(published_counts(asked, tract), published_counts(asked, block))


def test_a_table_of_tracts_may_cover_more_than_that_of_block_groups(tmp_path):
    asked = constraints(tmp_path, ["a,a,np > 1,t"])
    tracts = write(tmp_path, "GEOID,a,a_moe\n53033000100,190,30\n53033000200,900,30\n")
    blocks = write(tmp_path, "GEOID,a,a_moe\n530330001001,190,30\n", "b.csv")
    one, other = (published_counts(asked, read_counts(path)) for path in (tracts, blocks))
    refuse_contradictions(one, other)


def test_areas_of_another_puma_definition_are_refused(tmp_path):
    file = read_counts(write(tmp_path, "GEOID,puma,a,a_moe\n53033000100,5311601,9,3\n"))
    with pytest.raises(InputError, match="1 of 1 areas lie in PUMAs the survey does not have"):
        puma_of(["53033000100"], [file], None, frozenset({"5323301"}))


@pytest.mark.parametrize(
    ("puma", "sentence"),
    [
        ("5311601", "The tables are of PUMAs the survey does not have: 5311601"),
        ("5323302", "No area of the tables lies in PUMA 5323301; they cover 5323302"),
    ],
)
def test_a_puma_the_tables_do_not_cover_is_told_with_those_they_do(tmp_path, puma, sentence):
    file = read_counts(write(tmp_path, f"GEOID,puma,a,a_moe\n53033000100,{puma},9,3\n"))
    known = frozenset({"5323301", "5323302"})
    with pytest.raises(InputError, match=sentence):
        puma_of(["53033000100"], [file], None, known, ["5323301"])


@pytest.mark.parametrize("zeros", [2, 3])
def test_margins_that_were_filled_with_0_are_refused(tmp_path, zeros):
    asked = constraints(tmp_path, ["own,owners,np > 1,tenure"])
    rows = [f"5303300010{place},10,{0 if place < zeros else 5}" for place in range(3)]
    table = read_counts(write(tmp_path, "\n".join(["GEOID,owners,owners_moe", *rows])))
    told = f"The margins of error of {zeros} of 3 counts are 0, as if they were exact"
    with pytest.raises(InputError, match=told) as caught:
        published_counts(asked, table)
    assert "constraint 'own'" in caught.value.where


def test_a_margin_of_0_here_and_there_is_taken_as_published(tmp_path):
    asked = constraints(tmp_path, ["own,owners,np > 1,tenure"])
    rows = ["53033000100,10,0", "53033000101,10,5", "53033000102,0,0"]
    table = read_counts(write(tmp_path, "\n".join(["GEOID,owners,owners_moe", *rows])))
    assert published_counts(asked, table).errors[0, 0] == 0.5


def test_a_crosswalk_leads_from_tracts_to_pumas(tmp_path):
    walk = write(
        tmp_path,
        "STATEFP,COUNTYFP,TRACTCE,PUMA5CE\n53,033,000100,23301\n",
        "2020_Census_Tract_to_2020_PUMA.txt",
    )
    found = puma_of(["530330001001"], [], walk, frozenset({"5323301"}))
    assert found == {"530330001001": "5323301"}


def test_the_county_s_published_tables_are_read(shared_data):
    path = shared_data / "public" / "validation" / "king_county_wa_bg_2016_counts.parquet"
    found = read_counts(path)
    assert len(found.counts) == 1420
    assert found.counts.notna().all().all()
    assert isinstance(found.margins, pd.DataFrame)
