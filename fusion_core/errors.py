"""Errors a user can act on.

Every error that a wrong file, value or expression can cause is raised as one of these classes, with
a message of the form *what is wrong* (*where*). *How to fix it.* The command line and the app show
exactly that message; anything else that escapes is a defect of this project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class HarmonyError(Exception):
    """Base class of every error this project raises on purpose.

    Parameters
    ----------
    what
        What is wrong, a clause without a final full stop.
    where
        File, table, column, row or position it was found in; empty when `what` says it.
    fix
        What the user can do about it: a sentence without a final full stop, or a question.

    Attributes
    ----------
    is_list
        Whether the message lists problems, one a line; else it is one line whatever it quotes.
    """

    is_list = False

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what = what
        self.where = where
        self.fix = fix
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The message a person reads: what (where). How to fix it."""
        place = f" ({self.where})" if self.where else ""
        end = "" if self.fix.endswith("?") else "."
        remedy = f" {self.fix}{end}" if self.fix else ""
        text = f"{self.what}{place}.{remedy}"
        return text if self.is_list else " ".join(text.splitlines())

    def __reduce__(self) -> tuple[object, ...]:
        """Keep keyword arguments when the error crosses a process boundary."""
        return (_rebuild, (type(self), self.what, self.where, self.fix))


class InputError(HarmonyError, ValueError):
    """A file, table, value or setting given by the user is wrong."""

    @classmethod
    def unknown(cls, kind: str, name: str, known: Iterable[str], *, where: str = "") -> InputError:
        """Build the error for a name that does not exist, naming the nearest one that does.

        Parameters
        ----------
        kind
            What the name stands for, e.g. ``"column"`` or ``"level"``.
        name
            The unknown name.
        known
            The names that exist.
        where
            File or table the name was looked up in.
        """
        from fusion_core.text_similarity import nearest  # only who mistypes waits for its import

        candidates = [str(item) for item in known]
        near = nearest(name, candidates)
        if near is not None:
            return cls(f"There is no {kind} '{name}'", where=where, fix=f"Did you mean '{near}'?")
        shown = ", ".join(f"'{item}'" for item in candidates[:8])
        more = f" and {len(candidates) - 8} more" if len(candidates) > 8 else ""  # noqa: PLR2004 - how many are shown
        fix = f"Choose one of {shown}{more}" if shown else f"No {kind} exists yet"
        return cls(f"There is no {kind} '{name}'", where=where, fix=fix)


class ExpressionError(InputError):
    """An expression typed by a user is malformed or uses something that is not allowed.

    Attributes
    ----------
    position
        Zero-based character position of the offending part, or ``None`` when unknown.
    """

    def __init__(
        self, what: str, *, where: str = "", fix: str = "", position: int | None = None
    ) -> None:
        self.position = position
        super().__init__(what, where=where, fix=fix)

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the position when the error crosses a process boundary."""
        return (_rebuild_expression, (self.what, self.where, self.fix, self.position))


class ConflictError(HarmonyError):
    """Someone else saved a newer revision of the same thing first, or its name is taken."""

    @classmethod
    def taken(cls, kind: str, name: str, *, where: str) -> ConflictError:
        """Build the error for a name under which a workspace holds something already.

        Parameters
        ----------
        kind
            What the name stands for, e.g. ``"spatial table"``.
        name
            The name.
        where
            The workspace.
        """
        article = "an" if kind[:1] in "aeiou" else "a"
        return cls(
            f"The workspace has {article} {kind} '{name}' already",
            where=where,
            fix="Replace it, or give another name to keep both",
        )


class CorruptFileError(InputError):
    """A file this project wrote earlier is damaged, cut off or of an unknown format version."""


class Cancelled(HarmonyError):  # noqa: N818 - it reports a wish, not a failure
    """The user cancelled the run."""


def _rebuild(kind: type[HarmonyError], what: str, where: str, fix: str) -> HarmonyError:
    return kind(what, where=where, fix=fix)


def _rebuild_expression(what: str, where: str, fix: str, position: int | None) -> ExpressionError:
    return ExpressionError(what, where=where, fix=fix, position=position)
