"""What the page hears: who acts on a message, and what is said where that goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from fusion_core.errors import ExpressionError, HarmonyError, InputError
from harmony_app.harmonize.match import field_of
from harmony_app.harmonize.work import Actions, Host, Message, by_kind
from harmony_app.log import LOG


class Hearing:
    """Hands every message to the part of the page it is for.

    Parameters
    ----------
    host
        The page.
    questions
        What answers messages that change nothing.
    actions
        What acts on all other messages.
    """

    def __init__(
        self, host: Host, questions: Iterable[Actions], actions: Iterable[Actions]
    ) -> None:
        self._host = host
        self._questions, self._actions = by_kind(*questions), by_kind(*actions)
        by_kind(self._questions, self._actions)  # a kind is a question or changes something

    def is_question(self, message: Message) -> bool:
        """Whether a message changes nothing, so that nothing is kept, shown or computed again."""
        return str(message.get("kind")) in self._questions

    def answer(self, message: Message) -> None:
        """Answer a question."""
        try:
            self._questions[str(message.get("kind"))](message)
        except HarmonyError as error:
            self._report(error, message)

    def act(self, message: Message) -> None:
        """Do what a message asks for."""
        action = self._action(message)
        of = message.get("of", self._host.state.key)
        if of != self._host.state.key:
            # Made for another match, while this one was already on its way.
            raise InputError(
                "Other variables were being opened while you did this, so nothing was changed",
                fix="Look at what is open now and do it again",
            )
        action(message)

    @contextmanager
    def telling_problems(self, message: Message) -> Iterator[None]:
        """Tell in one sentence whatever goes wrong while a message is acted on."""
        try:
            yield
        except HarmonyError as error:
            self._report(error, message)
        except Exception:  # noqa: BLE001 - the page must go on; the log keeps the whole story
            LOG.exception("A message of the Harmonize page could not be acted on")
            self._host.toast(
                "Something went wrong. The details are in the server's log; nothing saved is affected.",
                severity="error",
            )

    def _action(self, message: Message) -> Callable[[Message], None]:
        kind = message.get("kind")
        if not isinstance(kind, str) or kind not in self._actions:
            raise InputError(
                "The page sent a message this server does not know", fix="Reload the page"
            )
        return self._actions[kind]

    def _report(self, error: HarmonyError, message: Message) -> None:
        """Show an error at the field it belongs to."""
        host, field = self._host, field_of(message)
        if message.get("side") in {"donor", "recipient"} and field:
            host.browser.tell(
                "problem",
                side=message["side"],
                field=field,
                message=f"{error.what}.",
                hint=error.fix,
                position=error.position if isinstance(error, ExpressionError) else None,
                text=message.get("text"),
            )
        elif host.state.view != "match":
            host.toast(error.message, severity="error")
        else:
            host.browser.tell("problem", side=None, field=None, message=error.message)
