"""Fixtures every test may use."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real public survey data and reference results."""
    if not SHARED_DATA.exists():
        pytest.skip(f"the shared survey data are not at {SHARED_DATA}")
    return SHARED_DATA
