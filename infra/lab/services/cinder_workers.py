"""Cinder's scheduler and volume service, as threads of its API's process."""

import contextlib
import functools
import importlib
import threading
import types
from collections.abc import Callable, Iterator
from typing import Any

import os_brick
from cinder import db, service
from cinder.cmd import volume
from cinder.db import api
from cinder.image import image_utils
from oslo_config import cfg

from infra.lab.deployment import Deployment
from infra.lab.machines.profile import Profile
from infra.lab.services import privilege

BACKEND = "lab"
QUOTA_CHANGES = ("quota_reserve", "reservation_commit", "reservation_rollback")


def start(lab: Deployment) -> None:
    """Start both; the scheduler's start waits until a volume service reports itself, so it begins first."""
    os_brick.setup(cfg.CONF)
    if Profile.read(lab.data):
        _work_in_the_same_thread()
        privilege.keep("cinder")
    else:
        image_utils.TemporaryImages.fetch = _nothing_fetched
        image_utils.qemu_img_info = _nothing_measured
    _change_quotas_one_at_a_time()
    scheduler = threading.Thread(target=service.Service.create(binary="cinder-scheduler").start)
    scheduler.start()
    cfg.CONF.register_opt(volume.host_opt, group=BACKEND)
    host = f"{cfg.CONF.host}@{BACKEND}"
    service.Service.create(host=host, service_name=BACKEND, binary="cinder-volume", coordination=True).start()
    scheduler.join(10)


def _work_in_the_same_thread() -> None:
    """Cinder gives long work to eventlet's pool of threads, which answers to one event loop: here is none at all."""
    tpool: Any = importlib.import_module("eventlet.tpool")
    tpool.execute = lambda function, *arguments, **named: function(*arguments, **named)
    tpool.Proxy = lambda thing, **_: thing


def _change_quotas_one_at_a_time() -> None:
    """Cinder locks the rows of a project's usage while it changes them, which SQLite cannot: updates would be lost."""
    lock = threading.RLock()

    def locked(change: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(change)
        def run(*arguments: Any, **named: Any) -> Any:
            with lock:
                return change(*arguments, **named)

        return run

    for name in QUOTA_CHANGES:
        once = locked(getattr(api, name))
        for module in (api, db):
            setattr(module, name, once)


@contextlib.contextmanager
def _nothing_fetched(*_: Any) -> Iterator[str]:
    """An encrypted volume is made from an image's bytes, which would need qemu-img and root, and go nowhere here."""
    yield ""


def _nothing_measured(*_: Any, **__: Any) -> types.SimpleNamespace:
    return types.SimpleNamespace(virtual_size=0)
