"""One view or session with everything the rules say of it, as summaries count it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracle.audience import Bounce, is_interaction
from tests.oracle.completion import Completion
from tests.oracle.segments import Watched
from tests.oracle.sequences import STARTS_PLAYING, Session, View


@dataclass(frozen=True)
class ViewFacts:
    """A view, what it watched, whether it completed, and whose it is."""

    view: View
    watched: Watched
    completion: Completion
    viewer_id: str

    @property
    def is_played(self) -> bool:
        """Rule 10: a declared range alone is coverage, not a play."""
        return bool(self.view.of_type(*STARTS_PLAYING))

    @property
    def impressions(self) -> int:
        """The impression events the view reported."""
        return len(self.view.of_type("impression"))

    @property
    def interactions(self) -> int:
        """Rule 22: the interactions that count for the view."""
        return sum(is_interaction(event) for event in self.view.events)


@dataclass(frozen=True)
class SessionFacts:
    """A session, whether it bounced, and whose it is."""

    session: Session
    bounce: Bounce
    viewer_id: str
