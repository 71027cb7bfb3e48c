"""Where a training computes: the threads of this process, or any executor.

All heavy work is cut into *jobs* – a fold's trees, a fit on every row, a screening – that may run
anywhere and follow from their arguments alone. Who waits for jobs and decides on the next ones, such
as the search for the best tree size of a variable, computes nothing itself and runs in a thread of
its own. So one number, the number of jobs at a time, bounds all computing, and with few variables
the folds and quantiles of one variable run side by side.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from threadpoolctl import threadpool_limits

from fusion_core.errors import Cancelled

Result = TypeVar("Result")
Progress = Callable[[float, str], None]
"""Takes the share done and a sentence; may raise to stop."""
Report = Callable[[float], None]
"""Takes the share of a piece of work that is done; may be called from any thread."""
HEARTBEAT_SECONDS = 0.2
"""How often somebody who waits looks whether to stop, and tells how far the work is."""
MOST_COORDINATORS = 16
"""Most variables at work on an executor of unknown size; each holds its predictors in memory here."""


class Shares:
    """Adds up how far several pieces of work are, each counting alike.

    Parameters
    ----------
    report
        Takes the share of the whole.
    count
        Number of pieces.

    Attributes
    ----------
    parts
        Where each of the pieces reports to.
    """

    def __init__(self, report: Report, count: int) -> None:
        self.parts: list[Report] = [partial(self._take, place) for place in range(count)]
        self._report = report
        self._shares = [0.0] * count

    def _take(self, place: int, share: float) -> None:
        self._shares[place] = share
        self._report(sum(self._shares) / len(self._shares))


def no_report(_share: float, _message: str) -> None:
    """Report to nobody."""


def no_cancel() -> None:
    """Stand for the check of work nobody wishes to stop."""


class Stop:
    """The wish to stop, heard by jobs in other threads but not by other processes."""

    def __init__(self) -> None:
        self._wished = threading.Event()

    def __reduce__(self) -> tuple[type[Stop], tuple[()]]:
        """Travel to another process as a wish nobody will utter."""
        return type(self), ()

    def wish(self) -> None:
        """Ask everybody who looks to stop."""
        self._wished.set()

    def check(self) -> None:
        """Give up when asked to.

        Raises
        ------
        Cancelled
            If somebody wished so.
        """
        if self._wished.is_set():
            raise Cancelled("The training was stopped")


class Workers:
    """Runs jobs and those who coordinate them.

    Parameters
    ----------
    executor
        Runs the jobs.
    coordinators
        Most coordinators at a time.
    travels
        Whether jobs run in other processes, so that only what they return comes back.
    """

    def __init__(self, executor: Executor, *, coordinators: int, travels: bool) -> None:
        self.coordinators = coordinators
        self.travels = travels
        self.stop = Stop()
        self._executor = executor
        self._slots = threading.BoundedSemaphore(coordinators)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of as many slots as there are coordinators, for work that keeps memory here.

        Raises
        ------
        Cancelled
            If the wish to stop is uttered while all slots are taken.
        """
        if self.travels:
            yield
            return
        while not self._slots.acquire(timeout=HEARTBEAT_SECONDS):
            self.stop.check()
        try:
            yield
        finally:
            self._slots.release()

    def run(self, jobs: Sequence[Callable[[], Result]]) -> list[Result]:
        """Run jobs side by side and return their results in order.

        Raises
        ------
        Cancelled
            If the wish to stop is uttered meanwhile.
        """
        futures: list[Future[Result]] = []
        try:
            self.stop.check()
            futures.extend(self._executor.submit(job) for job in jobs)
            for future in futures:
                while not wait([future], timeout=HEARTBEAT_SECONDS).done:
                    self.stop.check()
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    def coordinate(
        self, tasks: Sequence[Callable[[], Result]], *, heartbeat: Callable[[], None] | None = None
    ) -> list[Result]:
        """Run functions that wait for jobs side by side and return their results in order.

        Parameters
        ----------
        tasks
            The functions; when one fails the others are asked to stop.
        heartbeat
            Called here whenever one is done and several times a second; may raise to stop.
        """
        if heartbeat is None and len(tasks) == 1:
            return [tasks[0]()]
        with ThreadPoolExecutor(max(1, min(self.coordinators, len(tasks)))) as threads:
            futures = [threads.submit(task) for task in tasks]
            try:
                pending = set(futures)
                while pending:
                    done, pending = wait(
                        pending, timeout=HEARTBEAT_SECONDS, return_when=FIRST_COMPLETED
                    )
                    if any(future.exception() for future in done):
                        break
                    if heartbeat is not None:
                        heartbeat()
            except BaseException:
                self._end(futures)
                raise
            if pending:
                self._end(futures)
        return _results(futures)

    def _end(self, futures: list[Future[Result]]) -> None:
        self.stop.wish()
        for future in futures:
            future.cancel()


def _results(futures: list[Future[Result]]) -> list[Result]:
    """Return all results, or raise what went wrong first rather than what stopped because of it."""
    errors = [future.exception() for future in futures if not future.cancelled()]
    reasons = [error for error in errors if error is not None]
    for error in sorted(reasons, key=lambda error: isinstance(error, Cancelled)):
        raise error
    return [future.result() for future in futures]


class _SharedLimit:
    """One thread for BLAS while anybody wants it so.

    The number of BLAS threads belongs to the whole process. If everyone who needs one thread put
    back what it found, two pieces of work that overlap would leave the limit of one for good.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._limit: threadpool_limits | None = None

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            self._users += 1
            if self._limit is None:
                self._limit = threadpool_limits(limits=1, user_api="blas")
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0 and self._limit is not None:
                    self._limit.restore_original_limits()
                    self._limit = None


one_blas_thread = _SharedLimit()
"""Context in which BLAS has one thread; many threads may be in it at the same time."""


@contextmanager
def workers_of(executor: Executor | None, count: int, *, jobs: int = 1) -> Iterator[Workers]:
    """Yield workers: the given executor's, or `count` threads of this process.

    Threads, not processes: nearly all time is spent inside LightGBM, which lets other threads run,
    and a process would first import the libraries for longer than a variable takes to fit.

    Parameters
    ----------
    executor
        A process pool or cluster; ``None`` for threads.
    count
        Number of threads.
    jobs
        How many jobs who coordinates threads offers at a time. No more coordinate at once than keep
        all threads busy, and one more, for when others wait for their last job: what they hold is
        most of the memory.
    """
    if executor is not None:
        yield Workers(executor, coordinators=MOST_COORDINATORS, travels=True)
        return
    with (
        one_blas_thread(),
        ThreadPoolExecutor(count, thread_name_prefix="train") as threads,
    ):
        coordinators = min(count, 1 + math.ceil(count / jobs))
        yield Workers(threads, coordinators=coordinators, travels=False)
