"""The guided tour of the demo: five minutes from a first harmony to an answer on the map."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from fusion_core.errors import CorruptFileError
from fusion_core.workspace.files import read_json
from fusion_core.workspace.layout import Workspace


@dataclass(frozen=True)
class Stop:
    """One stop of the tour.

    Attributes
    ----------
    title
        What one does there, in a few words.
    text
        How, in a sentence or two.
    address
        Where to go.
    """

    title: str
    text: str
    address: str


def demo_tour(workspace: Workspace) -> tuple[Stop, ...]:
    """Return the stops for a demo workspace; none for a workspace with a team's own surveys."""
    try:
        demo = read_json(workspace.path / "demo.json")
        pair = f"{demo['donor']}__{demo['recipient']}"
        harmonies = [_harmony_stop(pair, **exercise) for exercise in demo["left_to_make"]]
    except (CorruptFileError, KeyError, TypeError):  # no demo, or one without a tour
        return ()
    return (
        Stop(
            "Look at what was asked",
            "Two surveys of the fictional state of Solmere: one knows where people live, the other"
            " how they use energy. Search for a word such as “heating”.",
            "surveys?q=heating",
        ),
        Stop(
            "Look at the places",
            "The areas of Solmere, and what is known of each: climate and the like, which fusion uses"
            " as predictors.",
            "places?table=climate",
        ),
        *harmonies,
        Stop(
            "Fuse",
            "Choose elec_kwh and insecure, keep the preset Quick look and press Start. The run goes"
            " on when you leave the page.",
            "fuse",
        ),
        Stop(
            "Ask whether to trust it",
            "For each variable: how small may a group of households be before its estimate is off?",
            "validate",
        ),
        Stop(
            "Find the answer on the map",
            "Where do most households struggle with energy bills, and how sure is that? Click an"
            " area; because the demo's truth is known, you can check the margin of error.",
            "explore?var=insecure&stat=share&level=Yes",
        ),
    )


def _harmony_stop(pair: str, donor: str, recipient: str, teaches: str, hint: str) -> Stop:
    view = urlencode({"pair": pair, "donor": donor, "recipient": recipient})
    return Stop(f"Match {donor} with {recipient}: {teaches.lower()}", hint, f"harmonize?{view}")
