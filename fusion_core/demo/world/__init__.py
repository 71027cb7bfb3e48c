"""The fictional state: its places and its whole population."""

from fusion_core.demo.world.people import (
    logistic,
    slot_numbers,
)
from fusion_core.demo.world.places import (
    REGIONS,
    Places,
)
from fusion_core.demo.world.population import (
    Population,
    make_population,
)
from fusion_core.demo.world.settings import (
    DEFAULT_SEED,
    DEMO_VERSION,
    DONOR,
    DONOR_YEAR,
    RECIPIENT,
    RECIPIENT_YEAR,
    STATE_CODE,
    STATE_NAME,
    DemoSize,
    stream,
)

__all__ = [
    "DEFAULT_SEED",
    "DEMO_VERSION",
    "DONOR",
    "DONOR_YEAR",
    "RECIPIENT",
    "RECIPIENT_YEAR",
    "REGIONS",
    "STATE_CODE",
    "STATE_NAME",
    "DemoSize",
    "Places",
    "Population",
    "logistic",
    "make_population",
    "slot_numbers",
    "stream",
]
