"""Real surveys, read once for all golden tests."""

from pathlib import Path

import pytest

from fusion_core.ingest.acs.pums import read_acs_pums
from fusion_core.ingest.recs.microdata import read_recs
from fusion_core.surveys import Survey


@pytest.fixture(scope="session")
def reference() -> Path:
    """References whose inputs are invented; they are kept with the tests."""
    return Path(__file__).parent / "reference"


@pytest.fixture(scope="session")
def recs_2015(shared_data: Path) -> Survey:
    """RECS 2015: the composite of partial public copies and the optional supplement."""
    folder = shared_data / "public" / "recs"
    return read_recs(
        folder / "recs2015_composite.parquet",
        folder / "codebook_publicv4.xlsx",
        supplement=folder / "recs2015_fusionModel_supplement.parquet",
    )


@pytest.fixture(scope="session")
def oregon_2010(shared_data: Path) -> Survey:
    """ACS 2006–2010: the households of one Oregon area, without persons."""
    folder = shared_data / "public"
    return read_acs_pums(
        folder / "acs_pums" / "acs2006_2010_5yr_or_puma00600_h.parquet",
        None,
        folder / "dictionary" / "PUMSDataDict14.txt.gz",
        vintage="2006-2010",
    )
