"""One small demo for all tests of the generator."""

import pytest

from fusion_core.demo import build_demo
from fusion_core.demo.world.population import make_population
from fusion_core.demo.world.settings import DEFAULT_SEED, DemoSize


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """A small demo workspace; tests read it and write nothing."""
    return build_demo(tmp_path_factory.mktemp("demo") / "workspace", quick=True)


@pytest.fixture(scope="session")
def population():
    """The population the small demo was drawn from."""
    return make_population(DemoSize.quick(), DEFAULT_SEED)
