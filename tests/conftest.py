"""Fixtures every test may use."""

from pathlib import Path

import pytest
from hypothesis import settings

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"

# The suite tries the same examples every time, so that it fails for a change and never by chance;
# `make search` looks for new ones, and what it finds becomes an `@example`.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=2000, deadline=None, print_blob=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real public survey data and reference results."""
    if not SHARED_DATA.exists():
        pytest.skip(f"the shared survey data are not at {SHARED_DATA}")
    return SHARED_DATA
