"""One delivery: compare, note the intent, send, note what became of it; a kill at any moment costs one batch sent twice."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import tenacity
from filelock import FileLock, Timeout

from ingestion.home import Home
from serving.crm.deliveries.destination import (
    BatchRejectedError,
    DeliveryError,
    Destination,
    GoneRecord,
    Kind,
    OnBatch,
    Outcome,
    PassingError,
    Record,
    Status,
)
from serving.crm.deliveries.ledger import Delivery, Ledger, ledger_path
from serving.crm.deliveries.plan import Counts, Delivered, Plan, Reading, Task
from serving.generations import published_snapshot

ATTEMPTS = 6
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 300.0
# A broken catalog must not empty a CRM: more than this share of what is there goes only when somebody says so.
GONE_SHARE = 0.5
GONE_AT_LEAST = 20
REFUSED_AT_MOST = 10

Item = TypeVar("Item", Record, GoneRecord)


def deliver(home: Home, destination: Destination, task: Task, on_batch: OnBatch | None = None) -> Delivered:
    """Bring a destination up to what is published.

    The snapshot is chosen under the lock: one of before may be older than what another delivery has sent meanwhile, and would bring back
    who has withdrawn since.

    Args:
        home: where the snapshot, the ledger and the lock lie.
        destination: closed at the end.
        task: what to send.
        on_batch: told (kind, records done, records in all) after each batch.

    Raises:
        NothingPublishedError: there is no snapshot to send.
        DeliveryError: another delivery to it is under way, it cannot be reached, or a mass removal is not confirmed. What was
            acknowledged until then stays so.
    """
    with ExitStack() as stack:
        stack.callback(destination.close)
        stack.enter_context(delivery_lock(home, task.name))
        snapshot = published_snapshot(home)
        ledger = stack.enter_context(closing(Ledger(ledger_path(home, task.name))))
        results: Counter[str] = Counter()
        number = ledger.begin(snapshot.name)
        error: str | None = None
        try:
            todo = plans(destination, ledger, task, snapshot)
            check_removals(todo, task, snapshot)
            # What others refer to comes first, and goes last; and what goes makes room for who comes with the same address.
            if any(counts.has_gone for counts in todo):
                for kind in reversed(list(destination.layouts)):
                    remove(destination, ledger, task, snapshot, kind, results)
            if any(counts.has_work for counts in todo):
                for kind in destination.layouts:
                    send(destination, ledger, task, snapshot, kind, results, on_batch)
        except PassingError as passing:
            error = f"{task.name} cannot be reached or is too busy, {ATTEMPTS} times in a row: {passing}. Deliver again later."
            raise DeliveryError(error) from passing
        except BaseException as other:
            error = str(other) or type(other).__name__
            raise
        finally:
            counts = {status: results[status] for status in ("synced", "failed", "skipped", "gone")}
            ledger.end(Delivery(number, snapshot.name, "", None, error, **counts))
        return Delivered(todo, +results)


def preview(home: Home, destination: Destination, task: Task) -> Delivered:
    """What a delivery would do; nothing is sent, nothing noted."""
    path = ledger_path(home, task.name)
    with ExitStack() as stack:
        stack.callback(destination.close)
        stack.enter_context(delivery_lock(home, task.name))
        ledger = stack.enter_context(closing(Ledger(path if path.exists() else None)))
        return Delivered(plans(destination, ledger, task, published_snapshot(home)), is_dry=True)


@contextmanager
def delivery_lock(home: Home, name: str) -> Iterator[None]:
    """Hold a destination's lock; the kernel drops it with the process.

    Raises:
        DeliveryError: another process has it.
    """
    home.locks.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.locks / f"delivery.{name}.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout as taken:
        raise DeliveryError(f"Another delivery to {name} is under way: wait for it, then deliver again.") from taken
    try:
        yield
    finally:
        lock.release()


def compared(destination: Destination, ledger: Ledger, task: Task, snapshot: Path, kind: Kind) -> Plan:
    """One kind's plan, from what the ledger knows now."""
    reading = Reading(
        kind, destination.layouts[kind], destination.unique_fields.get(kind), task.workspaces, retry_failed=task.retry_failed
    )
    return Plan(snapshot, reading, ledger.known(kind), ledger.known(Kind.ACCOUNT))


def plans(destination: Destination, ledger: Ledger, task: Task, snapshot: Path) -> list[Counts]:
    """What there is to do, by kind."""
    counts = []
    for kind in destination.layouts:
        with compared(destination, ledger, task, snapshot, kind) as plan:
            counts.append(plan.counts())
    return counts


def check_removals(plans: Sequence[Counts], task: Task, snapshot: Path) -> None:
    """Refuse to take most of a destination's records away unless somebody confirmed it."""
    for counts in plans:
        is_mass = counts.gone >= GONE_AT_LEAST and counts.gone > GONE_SHARE * counts.known_there
        if is_mass and not task.confirm_gone:
            raise DeliveryError(
                f"{counts.gone:,} of the {counts.known_there:,} {counts.kind}s that {task.name} has are exported no more. If that is right "
                f"(look at {snapshot.name}), deliver once with --confirm-gone; nothing was sent."
            )


def remove(destination: Destination, ledger: Ledger, task: Task, snapshot: Path, kind: Kind, results: Counter[str]) -> None:
    """Take away what is gone."""
    with compared(destination, ledger, task, snapshot, kind) as plan:
        ledger.forget(kind, plan.never_there())
        parts = Parts()
        for batch in plan.gone(destination.batch_size):
            ledger.gone_intended(kind, batch)
            outcomes = parts.send(batch, lambda part: destination.remove(kind, part))
            removed = [outcome.external_id for outcome in outcomes if outcome.status is Status.SYNCED]
            failed = [outcome for outcome in outcomes if outcome.status is not Status.SYNCED]
            ledger.keep_failed(kind, failed)
            ledger.forget(kind, removed)
            results["gone"] += len(removed)
            results["failed"] += len(failed)


def send(
    destination: Destination,
    ledger: Ledger,
    task: Task,
    snapshot: Path,
    kind: Kind,
    results: Counter[str],
    on_batch: OnBatch | None,
) -> None:
    """Send what is new or changed."""
    with compared(destination, ledger, task, snapshot, kind) as plan:
        counts = plan.counts()
        skipped = plan.skipped()
        ledger.skip(kind, skipped)
        results["skipped"] += len(skipped)
        done = 0
        parts = Parts()
        for batch, was_there in plan.sent(destination.batch_size):
            ledger.intend(kind, batch)
            outcomes = parts.send(batch, lambda part: destination.upsert(kind, part))
            fields = {record.external_id: record.fields for record in batch}
            outcomes = [without_values(outcome, fields.get(outcome.external_id, {})) for outcome in outcomes]
            ledger.settle(kind, outcomes, was_there)
            results.update(outcome.status.value for outcome in outcomes)
            done += len(batch)
            if on_batch:
                on_batch(kind, done, counts.new + counts.changed)


def without_values(outcome: Outcome, fields: Mapping[str, Any]) -> Outcome:
    """An outcome whose reason names fields where it quoted what a person's record says: ledgers keep no personal data."""
    reason = outcome.reason
    if reason is None:
        return outcome
    for name, value in sorted(fields.items(), key=lambda field: -len(str(field[1]))):
        if isinstance(value, str) and value:
            # A message may quote a value as it is, or with its control characters spelt out.
            for quoted_value in {value, repr(value)[1:-1], json.dumps(value)[1:-1]}:
                # Between words only: a short name is part of many.
                pattern = rf"(?<!\w){re.escape(quoted_value)}(?!\w)"
                reason = re.sub(pattern, f"<{name}>".replace("\\", "\\\\"), reason)
    return replace(outcome, reason=reason)


def attempt(call: Callable[[], Sequence[Outcome]]) -> Sequence[Outcome]:
    """Call until it is taken: each time after twice the wait, or after what the destination asked for.

    Raises:
        PassingError: it never was.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(PassingError),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=wait_as_asked,
        reraise=True,
    )
    return retrying(call)


def wait_as_asked(state: tenacity.RetryCallState) -> float:
    """Seconds until the next attempt."""
    error = state.outcome.exception() if state.outcome else None
    backoff = tenacity.wait_exponential_jitter(initial=FIRST_WAIT_SECONDS, max=LONGEST_WAIT_SECONDS)(state)
    if isinstance(error, PassingError) and error.wait_seconds is not None:
        if error.wait_seconds > LONGEST_WAIT_SECONDS:
            raise DeliveryError(
                f"It asks to be left alone for {error.wait_seconds:.0f} seconds: deliver again after that. {error}"
            )
        return max(error.wait_seconds, 0.0)
    return backoff


class Parts:
    """Sends batches; of one that is refused as a whole the halves, until the records to blame stand alone."""

    def __init__(self) -> None:
        self.refused_in_a_row = 0

    def send(self, batch: Sequence[Item], send_part: Callable[[Sequence[Item]], Sequence[Outcome]]) -> list[Outcome]:
        """What became of every record of a batch.

        Raises:
            DeliveryError: so many records in a row were refused that it cannot be for what they say.
        """
        try:
            outcomes: list[Outcome] = list(attempt(lambda: send_part(batch)))
        except BatchRejectedError as refused:
            if len(batch) > 1:
                half: int = len(batch) // 2
                return [*self.send(batch[:half], send_part), *self.send(batch[half:], send_part)]
            self.refused_in_a_row += 1
            outcome = Outcome(batch[0].external_id, Status.FAILED, str(refused))
            if self.refused_in_a_row >= REFUSED_AT_MOST:
                masked = without_values(outcome, getattr(batch[0], "fields", {})).reason
                raise DeliveryError(
                    f"{self.refused_in_a_row} records in a row are refused: is everything set up? {masked}"
                ) from refused
            return [outcome]
        self.refused_in_a_row = 0
        told = {outcome.external_id for outcome in outcomes}
        silent: list[str] = [item.external_id for item in batch if item.external_id not in told]
        return [
            *outcomes,
            *(Outcome(each, Status.FAILED, "the destination said nothing of it", is_passing=True) for each in silent),
        ]
