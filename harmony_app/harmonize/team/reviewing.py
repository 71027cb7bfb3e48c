"""Review of saved harmonies: what colleagues say, and where it stands."""

from __future__ import annotations

from typing import Any

from fusion_core.harmony.overview import donor_reviews
from fusion_core.harmony.store import REMARK_LIMIT, Remark, ReviewStatus
from harmony_app.harmonize.work import Actions, Host, Message, PairSession, messages, require_work


class Reviewing:
    """The part of the page that takes verdicts and remarks."""

    def __init__(self, host: Host) -> None:
        self._host = host

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {"review": self._review}

    def _review(self, message: Message) -> None:
        host, work = self._host, require_work(self._host)
        key = host.state.key
        remark = work.store.review(
            key,
            messages.text(message, "verdict"),
            author=host.session.user,
            text=messages.text(message, "text", limit=REMARK_LIMIT * 2),
            revision=messages.whole(message.get("revision"), "The revision"),
        )
        work.reload()
        host.toast(
            {
                "reviewed": f"{key} is marked as reviewed.",
                "needs work": f"{key} is marked as needing work.",
            }.get(remark.verdict, "Your remark is kept.")
        )


def review_record(work: PairSession, key: str) -> dict[str, Any] | None:
    """Describe the review of a saved harmony; ``None`` where nothing is saved."""
    saved = work.saved.get(key)
    if saved is None:
        return None
    review = work.review(key)
    return {
        "status": review.status,
        "revision": saved.revision,
        "outdated": review.is_outdated,
        "last": _remark_record(review.last) if review.last else None,
        "thread": [_remark_record(remark) for remark in work.remarks(key)],
    }


def variable_reviews(work: PairSession) -> dict[str, ReviewStatus]:
    """Return the most urgent review status of every harmonized donor variable."""
    return donor_reviews(work.saved.values(), work.review)


def _remark_record(remark: Remark) -> dict[str, Any]:
    return {
        "who": remark.who,
        "time": remark.when,
        "verdict": remark.verdict,
        "revision": remark.revision,
        "text": remark.text,
    }
