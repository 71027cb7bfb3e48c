"""Suggestions a user never wants to see again: one small file per user and pair, beside the drafts."""

from __future__ import annotations

from pathlib import Path

from fusion_core.errors import CorruptFileError
from fusion_core.harmony.store import HarmonyStore
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.locks import one_writer

_LOCK_SECONDS = 10


def declined(store: HarmonyStore, user: str) -> frozenset[str]:
    """Return the keys a user declined for good; a damaged file declines nothing."""
    path = _path(store, user)
    try:
        keys = read_json(path).get("declined", []) if path.exists() else []
    except CorruptFileError:
        # Nothing is lost but a preference, and the next refusal writes the file anew.
        return frozenset()
    return (
        frozenset(key for key in keys if isinstance(key, str))
        if isinstance(keys, list)
        else frozenset()
    )


def decline(store: HarmonyStore, user: str, key: str, *, again: bool = False) -> None:
    """Never suggest a harmony to a user again, or (`again`) suggest it as before.

    Parameters
    ----------
    store
        The harmonies of the pair.
    user
        Whose preference it is.
    key
        The harmony.
    again
        Take the refusal back.
    """
    path = _path(store, user)
    with one_writer(path.with_suffix(".lock"), "Your preferences", seconds=_LOCK_SECONDS):
        keys = declined(store, user)
        keys = keys - {key} if again else keys | {key}
        write_json({"format": 1, "declined": sorted(keys)}, path)


def _path(store: HarmonyStore, user: str) -> Path:
    return store.drafts.path(user, "any").parent.with_name(f"{store.pair}.declined.json")


__all__ = ["decline", "declined"]
