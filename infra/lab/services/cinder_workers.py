"""Cinder's scheduler and volume service, as threads of its API's process."""

import threading

import os_brick
from cinder import service
from cinder.cmd import volume
from oslo_config import cfg

BACKEND = "lab"


def start() -> None:
    """Start both; the scheduler's start waits until a volume service reports itself, so it begins first."""
    os_brick.setup(cfg.CONF)
    scheduler = threading.Thread(target=service.Service.create(binary="cinder-scheduler").start)
    scheduler.start()
    cfg.CONF.register_opt(volume.host_opt, group=BACKEND)
    host = f"{cfg.CONF.host}@{BACKEND}"
    service.Service.create(host=host, service_name=BACKEND, binary="cinder-volume", coordination=True).start()
    scheduler.join(10)
