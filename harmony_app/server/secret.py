"""The secret that signs cookies and sessions: made once, kept beside the workspace's people."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from fusion_core.errors import InputError
from fusion_core.workspace.files import replace_file
from fusion_core.workspace.locks import one_writer
from harmony_app.access import keep_private

_FILE: Final = "cookie-secret"
_VARIABLE: Final = "HARMONY_COOKIE_SECRET"
_SHORTEST: Final = 32
_LOCK_SECONDS: Final = 10


def cookie_secret(workspace: Path) -> str:
    """Return the secret of a workspace's server, the same after every restart.

    The variable ``HARMONY_COOKIE_SECRET`` goes before what is kept, for containers that are given
    their secrets.

    Raises
    ------
    InputError
        If it is too short, or cannot be kept.
    """
    given = os.environ.get(_VARIABLE, "")
    if given:
        if len(given) < _SHORTEST:
            raise InputError(
                f"The cookie secret is shorter than {_SHORTEST} characters",
                where=_VARIABLE,
                fix="python -c 'import secrets; print(secrets.token_hex(32))' prints a good one",
            )
        return given
    path = workspace / "server" / _FILE
    keep_private(path.parent)
    with one_writer(path.with_suffix(".lock"), "The server's own files", seconds=_LOCK_SECONDS):
        kept = path.read_text(encoding="ascii").strip() if path.exists() else ""
        if len(kept) >= _SHORTEST:
            return kept
        made = secrets.token_hex(_SHORTEST)
        with replace_file(path, private=True) as temporary:
            temporary.write_text(made, encoding="ascii")
    return made


__all__ = ["cookie_secret"]
