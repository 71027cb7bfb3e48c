"""Fixtures every test may use."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"

# The suite tries the same examples every time, so that it fails for a change and never by chance;
# `make search` looks for new ones, and what it finds becomes an `@example`. A slow machine is no
# fault either.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", PATIENT, derandomize=True)
settings.register_profile("search", PATIENT, max_examples=2000, print_blob=True)
settings.load_profile("repeatable")


@pytest.hookimpl(trylast=True)  # when the profile is known
def pytest_configure() -> None:
    """Keep the examples from following what was imported before them.

    One example in twenty holds a number or a text from the product's own modules, as far as tests
    that happened to run earlier imported them. Hypothesis has no setting for this.
    """
    if settings().derandomize:
        providers._get_local_constants = lambda: providers._local_constants


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real public survey data and reference results."""
    if not SHARED_DATA.exists():
        pytest.skip(f"the shared survey data are not at {SHARED_DATA}")
    return SHARED_DATA
