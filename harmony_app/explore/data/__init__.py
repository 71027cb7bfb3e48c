"""What can be shown, what the engine answers, and what can be taken away."""

from harmony_app.explore.data.answer import Answer
from harmony_app.explore.data.catalogue import (
    COMBINATION_PREFIX,
    SURVEY_PREFIX,
    Catalogue,
    Source,
    fused_names,
    read_catalogue,
)
from harmony_app.explore.data.downloads import (
    FORMATS,
    file_stem,
)
from harmony_app.explore.data.estimates import (
    Estimator,
)
from harmony_app.explore.data.figures import (
    DonorMap,
    donor_map,
    hover_of,
    layer_of,
    view_figure,
)
from harmony_app.explore.data.method_note import (
    MethodNote,
    method_note,
)
from harmony_app.explore.data.own_places import read_own_places
from harmony_app.explore.data.smoothing import smoothing_offer
from harmony_app.explore.data.truth import true_value
from harmony_app.explore.data.years import (
    EVERYBODY,
    Followed,
    followed_rows,
    followed_view,
)

__all__ = [
    "COMBINATION_PREFIX",
    "EVERYBODY",
    "FORMATS",
    "SURVEY_PREFIX",
    "Answer",
    "Catalogue",
    "DonorMap",
    "Estimator",
    "Followed",
    "MethodNote",
    "Source",
    "donor_map",
    "file_stem",
    "followed_rows",
    "followed_view",
    "fused_names",
    "hover_of",
    "layer_of",
    "method_note",
    "read_catalogue",
    "read_own_places",
    "smoothing_offer",
    "true_value",
    "view_figure",
]
