"""How many examples a property is tried on: few in the suite, twenty times as many in a search."""

from typing import Any

from hypothesis import settings

USUAL = 100


def examples(count: int, **options: Any) -> settings:
    """Return settings for `count` examples, more by as much as the chosen profile asks for.

    A number given to `settings` itself would hold in every profile.
    """
    return settings(max_examples=count * settings().max_examples // USUAL, **options)
