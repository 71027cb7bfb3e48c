"""The name of a harmony: its two variables in one word, which stands for no other two.

``numchild__agep`` reads as it is meant, and is a column, a file and a part of an address alike. The
two underscores say where the donor's variable ends, so an underscore that could be taken for one of
them – in a donor's ``a__b`` or ``a_``, or a recipient's ``_b`` – is written ``%5F``, as in addresses.
"""

from __future__ import annotations

import re
from typing import Final

_BETWEEN: Final = "__"
_BETWEENS: Final = re.compile("(?=__)")
_UNCLEAR_IN_DONOR: Final = re.compile("_(?=_|$)")
_LIKE_A_CODE: Final = re.compile("%(?=5F|25)")
_CODE: Final = re.compile("%(5F|25)")
_MEANING: Final = {"5F": "_", "25": "%"}


def harmony_key(donor: str, recipient: str) -> str:
    """Return the key of two variables; different variables have different keys.

    Examples
    --------
    >>> harmony_key("numchild", "agep")
    'numchild__agep'
    >>> harmony_key("a", "b__c"), harmony_key("a__b", "c")
    ('a__b__c', 'a%5F_b__c')
    """
    if "%" in donor or "%" in recipient:
        donor, recipient = (_LIKE_A_CODE.sub("%25", name) for name in (donor, recipient))
    if _BETWEEN in donor or donor.endswith("_"):
        donor = _UNCLEAR_IN_DONOR.sub("%5F", donor)
    if recipient.startswith("_"):
        recipient = "%5F" + recipient[1:]
    return f"{donor}{_BETWEEN}{recipient}"


def split_key(key: str) -> tuple[str, str]:
    """Return the two variables a key stands for; the second is empty where the text is no key."""
    donor, _, recipient = key.partition(_BETWEEN)
    return _plain(donor), _plain(recipient)


def earlier_key(donor: str, recipient: str) -> str:
    """Return the key earlier versions of the program gave two variables, and fusionData does.

    The names are joined as they are, so that it may be the key of other variables too.
    """
    return f"{donor}{_BETWEEN}{recipient}"


def possible_pairs(key: str) -> list[tuple[str, str]]:
    """Return all variables that have this `earlier_key`, the shortest donor first."""
    places = [found.start() for found in _BETWEENS.finditer(key)]
    pairs = [(key[:place], key[place + len(_BETWEEN) :]) for place in places]
    return [(donor, recipient) for donor, recipient in pairs if donor and recipient]


def _plain(part: str) -> str:
    return _CODE.sub(lambda found: _MEANING[found[1]], part) if "%" in part else part


__all__ = ["earlier_key", "harmony_key", "possible_pairs", "split_key"]
