"""Tables and crosswalks of areas as their files are written."""

from fusion_core.places.files.county_names import (
    COUNTY,
    known_counties,
)
from fusion_core.places.files.crosswalk_files import (
    read_crosswalk,
)
from fusion_core.places.files.inspecting import (
    InspectedTable,
    inspect_area_table,
)
from fusion_core.places.files.naming import (
    find_keys,
    find_unnamed_key,
)
from fusion_core.places.files.reading import (
    AreaTable,
    read_area_table,
)
from fusion_core.places.files.values import read_numbers

__all__ = [
    "COUNTY",
    "AreaTable",
    "InspectedTable",
    "find_keys",
    "find_unnamed_key",
    "inspect_area_table",
    "known_counties",
    "read_area_table",
    "read_crosswalk",
    "read_numbers",
]
