"""Makes oslo.messaging's in-process bus deliver at once."""

import threading
import time
from typing import Any

from oslo_messaging._drivers import base, impl_fake

IDLE_SECONDS = 5.0
"""How long a listener sleeps at most before it looks whether it was stopped."""


def tune() -> None:
    """Replace the ``fake://`` driver's poll each 50 ms by a condition that every message notifies."""
    arrival = threading.Condition()
    deliver = impl_fake.FakeExchange.deliver_message

    def deliver_message(self: Any, *args: Any, **options: Any) -> None:
        deliver(self, *args, **options)
        with arrival:
            arrival.notify_all()

    @base.batch_poll_helper
    def poll(self: Any, timeout: float | None = None) -> Any:
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._stopped.is_set():
            with arrival:
                if found := _waiting(self):
                    return found
                left = IDLE_SECONDS if deadline is None else deadline - time.monotonic()
                if left <= 0:
                    return None
                arrival.wait(min(left, IDLE_SECONDS))
        return None

    impl_fake.FakeExchange.deliver_message = deliver_message
    impl_fake.FakeListener.poll = poll


def _waiting(listener: Any) -> Any:
    for target in listener._targets:
        exchange = listener._exchange_manager.get_exchange(target.exchange)
        context, message, replies, requeue = exchange.poll(target, listener._pool)
        if message is not None:
            return impl_fake.FakeIncomingMessage(context, message, replies, requeue)
    return None
