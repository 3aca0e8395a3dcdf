"""The port of the simulated API server, without the server."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from app.demo.api.door import LOOPBACK, Door

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def door() -> Iterator[Door]:
    found = Door()
    yield found
    found.close()


def test_it_listens_from_the_beginning(door: Door) -> None:
    with socket.create_connection((LOOPBACK, door.port)):
        pass


def test_once_the_listener_is_closed_connections_are_refused_and_the_port_is_kept(
    door: Door,
) -> None:
    door.listener().close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, door.port))
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((LOOPBACK, door.port))
    with door.listener(), socket.create_connection((LOOPBACK, door.port)):
        pass


def test_a_port_on_which_somebody_listens_is_taken() -> None:
    with socket.socket() as other:
        # As servers do that want to start again at once.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((LOOPBACK, 0))
        port = other.getsockname()[1]
        other.listen()
        with pytest.raises(OSError, match="in use"):
            Door(port)
    Door(port).close()


def test_a_port_that_somebody_takes_between_binding_and_listening(door: Door) -> None:
    door.listener().close()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((LOOPBACK, door.port))
        other.listen()
        with pytest.raises(OSError, match="in use"):
            door.listener()


def test_without_a_server_there_is_nothing_to_shut_and_nobody_to_cut(door: Door) -> None:
    door.shut()
    door.open()
    door.cut((LOOPBACK, 1))
    door.reset((LOOPBACK, 1))
    with socket.create_connection((LOOPBACK, door.port)):
        pass
