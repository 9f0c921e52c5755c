"""One process of the lab: loads its services' WSGI applications, serves them, and runs the workers they need."""

import importlib
import logging
import os
import signal
import socket
import sys
import threading
import types
import warnings
from collections.abc import Callable
from typing import Any

import waitress

from infra.lab.catalogue import Service, members
from infra.lab.deployment import Deployment
from infra.lab.machines import room
from infra.lab.machines.profile import Profile

THREADS = 24
MOST_CONNECTIONS = 1000
"""At once to one service, idle ones too: past them nobody is answered any more."""
LARGEST_BODY = 2**40
"""Bytes; an image is one request."""


def serve(lab: Deployment, group: str, sockets: dict[str, socket.socket]) -> None:
    """Serve until SIGTERM. It never returns."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.showwarning = lambda *_, **__: None  # some services switch on what the others have switched off
    if group == "swift":
        importlib.import_module("infra.lab.services.swift").start(lab, sockets)
    applications = {service.name: load(lab, service) for service in members(group)}
    if work := WORKERS.get(group):  # first: a service that answers is ready for work
        work(lab)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    for name, application in applications.items():
        server = waitress.create_server(
            application, sockets=[sockets[name]], threads=THREADS, ident=None,
            max_request_body_size=LARGEST_BODY, channel_timeout=600, connection_limit=MOST_CONNECTIONS,
            asyncore_use_poll=True,  # select() takes no descriptor above 1023
        )  # fmt: skip
        threading.Thread(target=server.run, daemon=True).start()
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    ended.wait()
    os._exit(0)  # not one of the services' threads is waited for


def load(lab: Deployment, service: Service) -> Any:
    """The WSGI application of a service, made by the module that its packagers' web servers load."""
    # most of these modules read the program's arguments
    file = str(lab.configuration / f"{service.name}.conf")
    sys.argv = [service.name]
    if service.name in ("nova", "cinder", "octavia"):
        sys.argv += ["--config-file", file]
    if service.name == "cinder":  # registers options of its own, before the API reads the arguments
        importlib.import_module("cinder.cmd.volume")
    if service.name == "barbican":
        return _barbican(lab, file)
    if service.name == "neutron" and Profile.read(lab.data):
        room.await_ready(lab)
        importlib.import_module("infra.lab.services.ovn").tune()
    application = importlib.import_module(service.application).application
    if service.name == "neutron":
        # it reads its policy at the first request, without a lock: others of that moment would get 403
        importlib.import_module("neutron.policy").init()
    return application


def _barbican(lab: Deployment, file: str) -> Any:
    """Barbican's module has the places of its configuration and pipeline fixed in /etc."""
    deploy = importlib.import_module("paste.deploy")
    config: Any = importlib.import_module("barbican.common.config")
    options = importlib.import_module("keystonemiddleware.auth_token._opts")
    loading = importlib.import_module("keystoneauth1.loading")
    parse = config.parse_args

    def parse_args(conf: Any, args: Any = None, usage: Any = None, default_config_files: Any = None) -> None:
        del default_config_files
        parse(conf, args or [], usage, [file])

    config.parse_args = parse_args  # each of its modules reads the configuration for itself
    config.parse_args(config.CONF)
    config.CONF.register_opts(options._OPTS, group="keystone_authtoken")
    loading.register_auth_conf_options(config.CONF, "keystone_authtoken")
    module = types.ModuleType("barbican.wsgi.api")
    sys.modules[module.__name__] = module
    return deploy.loadapp(f"config:{lab.environment}/etc/barbican/barbican-api-paste.ini")


def _work(module: str) -> Callable[[Deployment], None]:
    def run(lab: Deployment) -> None:
        importlib.import_module(f"infra.lab.services.{module}").start(lab)

    return run


WORKERS: dict[str, Callable[[Deployment], None]] = {
    "nova": _work("nova_workers"),
    "cinder": _work("cinder_workers"),
    "designate": _work("designate_workers"),
}
