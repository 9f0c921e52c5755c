"""Designate's central, and a stand-in for worker, producer and DNS servers: a zone's change succeeds at once."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from designate import context
from designate.central import rpcapi, service
from designate.worker import rpcapi as worker

from infra.lab.deployment import Deployment

LOG = logging.getLogger(__name__)
COMMIT_SECONDS = 0.05
"""A zone is committed after its worker was told of it."""
PRODUCER_SECONDS = 0.2
"""How often changed zones get a new serial; designate's own producer does it each 5 s."""


class ServerlessWorker:
    """Answers for the worker: no name server has to be told anything."""

    def __init__(self) -> None:
        self.create_zone = self._reported("CREATE")
        self.update_zone = self._reported("UPDATE")
        self.delete_zone = self._reported("DELETE")

    def get_serial_number(self, _context: Any, zone: Any, _host: str, _port: int) -> tuple[str, int]:
        """The serial that a name server would serve."""
        return "SUCCESS", zone.serial

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_, **__: None

    @staticmethod
    def _reported(action: str) -> Callable[..., None]:
        def change(caller: Any, zone: Any, hard_delete: bool = False) -> None:
            del hard_delete
            report = rpcapi.CentralAPI.get_instance().update_status
            timer = threading.Timer(COMMIT_SECONDS, report, (caller, zone.id, "SUCCESS", zone.serial, action))
            timer.daemon = True
            timer.start()

        return change


def start(_lab: Deployment) -> None:
    """Start central and the producer's one task that the API waits for."""
    stand_in = ServerlessWorker()
    worker.WorkerAPI.get_instance = classmethod(lambda _class: stand_in)
    service.Service().start()
    threading.Thread(target=_produce, args=(stand_in,), daemon=True).start()


def _produce(stand_in: ServerlessWorker) -> None:
    everything = context.DesignateContext.get_admin_context(all_tenants=True)
    central = rpcapi.CentralAPI.get_instance()
    while True:
        time.sleep(PRODUCER_SECONDS)
        try:
            for zone in central.find_zones(everything, {"increment_serial": True}):
                if zone.action != "DELETE":
                    _serve_anew(central, stand_in, everything, zone)
        except Exception:
            LOG.exception("a zone's serial was not increased")


def _serve_anew(central: Any, stand_in: ServerlessWorker, everything: Any, zone: Any) -> None:
    zone.serial = central.increment_zone_serial(everything, zone)
    if not zone.delayed_notify:
        if zone.action == "NONE":
            zone.action, zone.status = "UPDATE", "PENDING"
        stand_in.update_zone(everything, zone)
