"""Both layouts of the Census Bureau's PUMS dictionary say the same."""

import gzip

import pytest

from fusion_core.errors import InputError
from fusion_core.ingest.acs._census_dictionary import read_census_dictionary

CSV = """\
NAME,RT,C,1,"Record Type"
VAL,RT,C,1,"H","H","Housing Record or Group Quarters Unit"
NAME,ELEP,N,3,"Electricity (monthly cost)"
VAL,ELEP,N,3,bbb,bbb,"N/A (GQ/vacant)"
VAL,ELEP,N,3,001,001,"Included in rent or in condo fee"
VAL,ELEP,N,3,003,999,"$3 to $999 (Rounded and top-coded)"
NAME,TEN,C,1,"Tenure"
VAL,TEN,C,1,"b","b","N/A (GQ/vacant)"
VAL,TEN,C,1,"1","1","Owned with mortgage or loan (include home equity loans)"
NAME,FTENP,C,1,"Tenure allocation flag"
NAME,RT,C,1,"Record Type"
VAL,RT,C,1,"P","P","Person Record"
NAME,AGEP,N,2,"Age"
VAL,AGEP,N,2,0,0,"Under 1 year"
VAL,AGEP,N,2,1,99,"1 to 99 years (Top-coded)"
"""

TEXT = """\
2014 ACS PUMS DATA DICTIONARY
October 27, 2015

HOUSING RECORD

RT 1
Record Type
H .Housing Record or Group Quarters Unit

ELEP\t\t3
Electricity (monthly cost)
\t\tbbb .N/A (GQ/vacant)
\t\t001 .Included in rent or in condo fee
\t\t003..999 .$3 to $999 (Rounded and top-coded)

Note: Use ADJHSG to adjust ELEP values 3 and over to constant dollars.

TEN 1
Tenure
b .N/A (GQ/vacant)
1 .Owned with mortgage or loan
  .(include home equity loans)

FTENP 1
Tenure allocation flag

PERSON RECORD

RT 1
Record Type
P .Person Record

AGEP 2
Age
00 .Under 1 year
01..99 .1 to 99 years (Top-coded)
"""


@pytest.fixture(params=["csv", "text", "gzip"])
def dictionary(request, tmp_path):
    if request.param == "csv":
        path = tmp_path / "dictionary.csv"
        path.write_text(CSV)
    elif request.param == "text":
        path = tmp_path / "dictionary.txt"
        path.write_text(TEXT, encoding="cp1252")
    else:
        path = tmp_path / "dictionary.txt.gz"
        path.write_bytes(gzip.compress(TEXT.encode("cp1252")))
    return read_census_dictionary(path)


def test_records_are_told_apart(dictionary):
    assert list(dictionary.household) == ["RT", "ELEP", "TEN", "FTENP"]
    assert list(dictionary.person) == ["RT", "AGEP"]


def test_a_range_makes_a_number(dictionary):
    assert dictionary.household["ELEP"].kind == "number"
    assert dictionary.person["AGEP"].kind == "number"
    assert dictionary.household["TEN"].kind == "code"


def test_codes_ranges_and_blanks_keep_their_meaning(dictionary):
    blank, included, dollars = dictionary.household["ELEP"].values
    assert blank.is_blank
    assert blank.label == "N/A (GQ/vacant)"
    assert (included.low, included.label) == ("001", "Included in rent or in condo fee")
    assert dollars.is_range
    assert (dollars.low, dollars.high) == ("003", "999")


def test_a_label_continued_on_the_next_line_is_joined(dictionary):
    label = dictionary.household["TEN"].values[1].label
    assert label == "Owned with mortgage or loan (include home equity loans)"


def test_allocation_flags_are_recognised(dictionary):
    assert dictionary.household["FTENP"].is_allocation_flag
    assert not dictionary.household["TEN"].is_allocation_flag


def test_a_file_that_is_no_dictionary_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("Dear colleague,\nplease find the dictionary attached.\n")
    with pytest.raises(InputError, match="not a PUMS data dictionary"):
        read_census_dictionary(path)


def test_a_cut_off_gzip_is_refused(tmp_path):
    path = tmp_path / "dictionary.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode())[:40])
    with pytest.raises(InputError, match="not a gzip archive, or it is cut off"):
        read_census_dictionary(path)


def test_a_record_with_too_few_fields_names_its_line(tmp_path):
    path = tmp_path / "dictionary.csv"
    path.write_text('NAME,RT,C,1,"Record Type"\nVAL,RT,C,1,"H"\n')
    with pytest.raises(InputError, match="line 2"):
        read_census_dictionary(path)
