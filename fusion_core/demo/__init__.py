"""The demo: a fictional state whose whole population – and so every true value – is known.

`build_demo` writes a workspace with a recipient survey like the American Community Survey, a donor
survey about energy, harmonies between them, boundaries, spatial predictors and the truth. All of it
is synthetic.
"""

from fusion_core.demo.build import build_demo, ensure_demo, is_current
from fusion_core.demo.checking import compare_with_truth, read_truth
from fusion_core.demo.harmonies import PAIR, Exercise, exercises, ready_made
from fusion_core.demo.later_year import LATER, add_later_year
from fusion_core.demo.quick_look import first_look, quick_look
from fusion_core.demo.samples import BLOCK, FUSION_VARIABLES
from fusion_core.demo.world import DEFAULT_SEED, DEMO_VERSION, DONOR, RECIPIENT

__all__ = [
    "BLOCK",
    "DEFAULT_SEED",
    "DEMO_VERSION",
    "DONOR",
    "FUSION_VARIABLES",
    "LATER",
    "PAIR",
    "RECIPIENT",
    "Exercise",
    "add_later_year",
    "build_demo",
    "compare_with_truth",
    "ensure_demo",
    "exercises",
    "first_look",
    "is_current",
    "quick_look",
    "read_truth",
    "ready_made",
]
