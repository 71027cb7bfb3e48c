"""Colours of groups can carry their code."""

import pytest

from fusion_core.harmony.model import GROUP_COLOURS

INKS = ("#10151c", "#ffffff")
ENOUGH = 4.5  # WCAG 2.2, success criterion 1.4.3, level AA


def luminance(colour: str) -> float:
    """Return the relative luminance as WCAG 2.2 defines it."""
    parts = []
    for at in (1, 3, 5):
        share = int(colour[at : at + 2], 16) / 255
        parts.append(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(first: str, second: str) -> float:
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colour", GROUP_COLOURS)
def test_a_code_can_be_read_on_the_colour_of_its_group(colour):
    assert max(contrast(colour, ink) for ink in INKS) >= ENOUGH
