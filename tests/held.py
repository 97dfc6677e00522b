"""A call that is in the middle until it is cancelled: no test depends on who is quicker."""

import time
from collections.abc import Callable

from small import GUARD
from zetwopass._engine import ffi, structs


def at(stage: str, then: Callable = lambda: None, patch: Callable = setattr) -> None:
    """Hold further calls when they come to a stage, until they are cancelled.

    ``then`` is called there, on the library's thread, while the caller waits for the end. ``patch``
    is ``monkeypatch.setattr``, or setattr where nothing goes on afterwards.
    """
    real = ffi.forwarder

    def forwarder(receive, cancel):
        def hold(stats):
            receive(stats)
            if structs.STAGES[stats.stage] != stage:
                return
            then()
            hanging = time.monotonic() + GUARD
            while not cancel.value and time.monotonic() < hanging:
                time.sleep(0.001)

        return real(hold, cancel)

    patch(ffi, "forwarder", forwarder)
