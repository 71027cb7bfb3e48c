"""Transfer to another vintage: review what its harmonies become, and take them in one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fusion_core.errors import HarmonyError, InputError
from fusion_core.harmony.model import GroupCode, Harmony, SideName, SurveyPair
from fusion_core.harmony.store import HarmonyStore
from fusion_core.harmony.vintages import Change, Transfer, TransferredHarmony
from harmony_app.harmonize.vintages._transfer_records import pair_choices, transfer_record
from harmony_app.harmonize.vintages.all_pairs import related_pairs, stored_set, transfer_between
from harmony_app.harmonize.work import (
    Actions,
    ChangingPart,
    Direction,
    Message,
    OverviewHost,
    Steps,
    VintageTask,
    messages,
    parse_pair,
    require_work,
)


class Transferring(ChangingPart):
    """The part of the page that transfers harmonies between vintages.

    Parameters
    ----------
    host
        The page.
    steps
        What was changed at once, to be undone at once.
    """

    def __init__(self, host: OverviewHost, steps: Steps) -> None:
        super().__init__(host, steps)
        self._found: Transfer | None = None

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {"transfer": self._review, "transfer_take": self._take}

    def _review(self, message: Message) -> None:
        """Review harmonies brought from another pair to the open one, or taken to it."""
        host, work = self._host, require_work(self._host)
        workspace = host.session.workspace
        others = related_pairs(workspace, work.pair)
        direction: Direction = "to" if message.get("direction") == "to" else "from"
        inward = direction == "from"
        pairs = pair_choices(
            others, {pair: len(stored_set(workspace, pair).harmonies) for pair in others}
        )
        try:
            wanted = messages.text(message, "pair")
            other = _wanted(wanted, others, work.pair) or _nearest(others, pairs, inward=inward)
        except InputError as error:
            host.browser.tell("transfer_failed", message=error.message, pairs=pairs)
            return
        task = VintageTask(
            direction, str(other) if other else "", messages.names(message.get("keys"))
        )
        host.show_view("transfer", task)
        if other is None:
            host.browser.tell("transfer", direction=direction, pairs=pairs, pair="")
            return
        source, target = (other, work.pair) if inward else (work.pair, other)
        chosen = tuple(
            item
            for item in stored_set(workspace, source).harmonies
            if not task.keys or item.key in task.keys
        )
        user = host.session.visitor

        def compute() -> tuple[Transfer, set[str]]:
            drafts = HarmonyStore(workspace.path, target).load_drafts(user)
            if not chosen:
                return Transfer(source, target, ()), set(drafts)
            return transfer_between(workspace, source, target, chosen), set(drafts)

        def done(found: tuple[Transfer, set[str]]) -> None:
            self._found = found[0]
            host.browser.tell(
                "transfer",
                direction=direction,
                pairs=pairs,
                pair=str(other),
                **transfer_record(*found),
            )

        self._slow_work.start(compute, done, self._failed)

    def _take(self, message: Message) -> None:
        """Save what was chosen, or keep it as drafts; what has open levels becomes a draft anyway."""
        host, found = self._host, self._found
        if found is None or messages.text(message, "target") != str(found.target):
            raise InputError("There is nothing to take over", fix="Choose the vintage again")
        taken = read_choices(message, found)
        as_drafts = message.get("mode") == "draft"
        existing = {item.harmony.key: item.existing for item in found.harmonies if item.harmony}
        kept = HarmonyStore(host.session.workspace.path, found.target).load_drafts(
            host.session.visitor
        )
        drafts = [item for item in taken if as_drafts or _is_open(item)]
        saves = {item.key: item for item in taken if item not in drafts}
        new_drafts = tuple(
            _based_on(item, existing[item.key]) for item in drafts if item.key not in kept
        )
        revisions = {key: (item.revision if item else 0) for key, item in existing.items()}
        step = self._steps.change(found.target, saves, revisions, new_drafts)
        undo = self._steps.remember([step])
        host.refresh({(found.target, key) for key in (*step.after, *step.drafts)})
        host.browser.tell("transferred", target=str(found.target), keys=[*step.after, *step.drafts])
        host.toast(
            _sentence(
                found.target.title,
                len(step.after),
                len(new_drafts),
                moved=len(saves) - len(step.after),
                drafted=len(drafts) - len(new_drafts),
            ),
            undo=undo,
        )

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, HarmonyError):
            raise error
        self._host.browser.tell("transfer_failed", message=error.message)


def read_choices(message: Message, found: Transfer) -> list[Harmony]:
    """Return the harmonies a person chose, with the changes and groups chosen for each.

    Parameters
    ----------
    message
        ``choices`` by key of the old pair: ``refused`` lists positions in `TransferredHarmony.changes`,
        ``groups`` lists ``[side, level, group]``.
    found
        The transfer that was reviewed.

    Raises
    ------
    InputError
        If nothing is chosen, or something that was not on offer.
    """
    choices = message.get("choices")
    if not isinstance(choices, dict) or not choices:
        raise InputError("No harmony is ticked", fix="Tick the harmonies to take over")
    items = {item.key: item for item in found.harmonies if item.harmony is not None}
    if not set(choices) <= set(items):
        raise InputError(
            "A harmony of the message cannot be transferred", fix="Choose the vintage again"
        )
    return [_accepted(items[key], choice) for key, choice in choices.items()]


def _accepted(item: TransferredHarmony, choice: object) -> Harmony:
    if not isinstance(choice, dict):
        raise InputError("The message lists no choices")
    changes = item.changes
    refused = {changes[k] for k in messages.positions(choice.get("refused", []), len(changes))}
    on_offer: tuple[Change, ...] = (*item.settings, *item.levels)
    accepted = [change for change in on_offer if change not in refused]
    return item.accept(accepted, _groups(choice))


def _groups(choice: Mapping[str, Any]) -> dict[tuple[SideName, str], GroupCode]:
    found: dict[tuple[SideName, str], GroupCode] = {}
    listed = choice.get("groups", [])
    for entry in listed if isinstance(listed, list) else []:
        if not isinstance(entry, list) or len(entry) != 3:  # noqa: PLR2004 - side, level, group
            raise InputError("The message lists no groups")
        side, level, group = entry
        found[messages.side({"side": side}), messages.text({"level": level}, "level")] = (
            messages.group(group)
        )
    return found


def _is_open(harmony: Harmony) -> bool:
    return any(i.group is None for side in (harmony.donor, harmony.recipient) for i in side.levels)


def _based_on(harmony: Harmony, existing: Harmony | None) -> Harmony:
    return replace(harmony, revision=existing.revision if existing else 0)


def _wanted(text: str, others: list[SurveyPair], here: SurveyPair) -> SurveyPair | None:
    """Return the pair a person or an address names; ``None`` where none is named."""
    if not text:
        return None
    pair = parse_pair(text)
    if pair not in others:
        raise InputError(
            f"{pair.title} is not another vintage of {here.title}",
            fix="Choose another vintage above",
        )
    return pair


def _nearest(
    others: list[SurveyPair], choices: list[dict[str, Any]], *, inward: bool
) -> SurveyPair | None:
    """Return the nearest pair that has harmonies to bring, or the nearest to take them to."""
    known = {choice["id"]: choice["harmonies"] for choice in choices}
    return next((pair for pair in others if not inward or known[str(pair)]), None)


def _sentence(title: str, saved: int, drafts: int, *, moved: int, drafted: int) -> str:
    parts = []
    if saved or not drafts:
        parts.append(f"{saved} harmon{'y' if saved == 1 else 'ies'} saved for {title}.")
    if drafts:
        parts.append(f"{drafts} kept as draft{'s' if drafts > 1 else ''}.")
    if moved:
        parts.append(f"{moved} left alone: someone saved them in the meantime.")
    if drafted:
        parts.append(f"{drafted} left alone: you have drafts of your own.")
    return " ".join(parts)


__all__ = ["Transferring", "read_choices"]
