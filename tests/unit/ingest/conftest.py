"""ACS PUMS files as the Census Bureau publishes them."""

import pytest
from published_files import PumsFiles, make_pums

from fusion_core.ingest.acs.pums import read_acs_pums
from fusion_core.surveys import Survey


@pytest.fixture
def pums_2019(shared_data, tmp_path) -> PumsFiles:
    """30 households (1–4 persons each), 3 vacant units and 2 group quarters, ACS 2019 layout."""
    return make_pums(shared_data, tmp_path)


@pytest.fixture(scope="session")
def survey_2019(shared_data, tmp_path_factory) -> Survey:
    """The unchanged files, read once."""
    files = make_pums(shared_data, tmp_path_factory.mktemp("pums"))
    return read_acs_pums(files.housing, files.person, files.dictionary, vintage="2019")
