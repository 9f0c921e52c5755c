import socket
from pathlib import Path

import pytest

from infra.lab.catalogue import HOST, LISTENERS
from infra.lab.deployment import Deployment
from infra.lab.problem import LabError
from infra.lab.services.listening import PORT_BASE_VARIABLE, listen


def close(sockets: dict[str, socket.socket]) -> None:
    for bound in sockets.values():
        bound.close()


def test_a_lab_keeps_the_ports_of_its_first_start(tmp_path: Path) -> None:
    lab = Deployment(tmp_path, tmp_path)
    close(listen(lab))
    first = lab.ports()
    close(listen(lab))

    assert first.keys() == set(LISTENERS)
    assert lab.ports() == first


def test_only_a_port_that_another_program_has_taken_is_replaced(tmp_path: Path) -> None:
    lab = Deployment(tmp_path, tmp_path)
    close(listen(lab))
    first = lab.ports()

    with socket.create_server((HOST, first["nova"])):
        close(listen(lab))

    changed = {name for name, port in lab.ports().items() if port != first[name]}
    assert changed == {"nova"}


def test_two_labs_that_run_side_by_side_share_no_port(tmp_path: Path) -> None:
    one, other = Deployment(tmp_path / "one", tmp_path), Deployment(tmp_path / "other", tmp_path)
    sockets = listen(one)
    close(listen(other))
    close(sockets)

    assert not set(one.ports().values()) & set(other.ports().values())


def test_every_service_listens_on_loopback_alone(tmp_path: Path) -> None:
    sockets = listen(Deployment(tmp_path, tmp_path))
    addresses = {bound.getsockname()[0] for bound in sockets.values()}
    close(sockets)

    assert addresses == {"127.0.0.1"}


def test_ports_follow_the_configured_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Deployment(tmp_path, tmp_path)
    monkeypatch.setenv(PORT_BASE_VARIABLE, "17300")
    close(listen(lab))

    assert lab.ports() == {name: 17300 + offset for offset, name in enumerate(LISTENERS)}


@pytest.mark.parametrize("base", ["many", "-5", "99999"])
def test_a_base_that_is_no_port_is_refused_with_what_is_accepted(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PORT_BASE_VARIABLE, base)

    with pytest.raises(LabError, match="is accepted"):
        listen(Deployment(tmp_path, tmp_path))


def test_a_taken_port_of_the_configured_base_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PORT_BASE_VARIABLE, "17400")

    with (
        socket.create_server((HOST, 17400)),
        pytest.raises(LabError, match=f"port 17400 of keystone \\({PORT_BASE_VARIABLE}=17400\\) cannot be used"),
    ):
        listen(Deployment(tmp_path, tmp_path))
