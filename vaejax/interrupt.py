"""Ctrl-C and SIGTERM, which schedulers send before they kill: what is running is saved.

Where work is lost by stopping at once, it asks between its steps (`asked`) within
`deferred()`; everywhere else a signal raises Interrupted where it arrives. A second
signal, a second later, does not wait.
"""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)
AT_ONCE_S = 1.0  # signals within this time are one


class Interrupted(KeyboardInterrupt):
    """Somebody wants the program to stop."""

    def __init__(self, number: int) -> None:
        """Takes the number of the signal."""
        super().__init__(number)
        self.signal = signal.Signals(number)


class _Pending:
    """The signal that waits for its answer; signals belong to the whole process."""

    deferred = False
    number: int | None = None
    since = 0.0  # time.monotonic() of its arrival


def install(*numbers: int) -> None:
    """Answers these signals in this process from now on; without any, all SIGNALS."""
    for number in numbers or SIGNALS:
        signal.signal(number, _on_signal)


def _on_signal(number: int, _frame) -> None:
    if not _Pending.deferred:
        raise Interrupted(number)
    if _Pending.number is not None:
        # A process may be told by its scheduler and by its parent at once.
        if time.monotonic() - _Pending.since > AT_ONCE_S:
            raise Interrupted(number)
        return
    _Pending.number, _Pending.since = number, time.monotonic()
    name = signal.Signals(number).name
    print(
        f"\n{name}: stopping after this epoch, or this part of it; once more stops at "
        "once.",
        file=sys.stderr,
        flush=True,
    )


@contextmanager
def deferred() -> Iterator[None]:
    """Within it a signal waits until `stop` is called, or the end."""
    _Pending.deferred, _Pending.number = True, None
    try:
        yield
    finally:
        _Pending.deferred = False
    stop()


def asked() -> bool:
    """Whether a signal waits."""
    return _Pending.number is not None


def stop() -> None:
    """Raises Interrupted if a signal waits."""
    number, _Pending.number = _Pending.number, None
    if number is not None:
        raise Interrupted(number)
