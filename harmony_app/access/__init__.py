"""Who may do what in a workspace: people, their roles, and their passwords."""

from __future__ import annotations

from harmony_app.access.audit import audit_file, audit_to, record
from harmony_app.access.door import OPEN, Door
from harmony_app.access.roles import ROLES, NotAllowed, Role, includes, require_role, role_words
from harmony_app.access.users import Person, UserList, keep_private, plain_name

__all__ = [
    "OPEN",
    "ROLES",
    "Door",
    "NotAllowed",
    "Person",
    "Role",
    "UserList",
    "audit_file",
    "audit_to",
    "includes",
    "keep_private",
    "plain_name",
    "record",
    "require_role",
    "role_words",
]
