"""What strikes need beside the product, started when first asked for: an object store behind a network that fails, and PostgreSQL."""

from __future__ import annotations

import logging
import random
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from benchmarks.postgres_server import LocalServer, local_server

BLOCK_BYTES = 16_384
AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER of no seconds: closing sends a reset instead of a farewell."""
TICK_SECONDS = 0.02


class Weather(StrEnum):
    """What the network does with a connection."""

    FINE = "it works"
    REFUSED = "it refuses connections"
    CLOSED = "it closes them"
    RESET = "it resets them half-way"
    STALLED = "it swallows everything"


@dataclass
class Proxy:
    """A TCP proxy on loopback whose weather changes while connections are open. harmed: how many connections felt it."""

    upstream: tuple[str, int]
    weather: Weather = Weather.FINE
    harmed: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.listener.getsockname()[1])

    def turn(self, weather: Weather) -> None:
        """Change the weather; open connections feel it within a moment."""
        self.weather = weather

    def close(self) -> None:
        """Stop listening."""
        self.listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            if self.weather in (Weather.REFUSED, Weather.CLOSED):
                self._harm(client)
                return
            with socket.create_connection(self.upstream) as server:
                self._pass_on(client, server)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        """Carry bytes both ways until one side ends or the weather ends the connection."""
        is_stalled = False
        while True:
            if self.weather is Weather.STALLED:
                self.harmed += not is_stalled
                is_stalled = True
                time.sleep(TICK_SECONDS)
                continue
            if is_stalled or self.weather in (Weather.REFUSED, Weather.CLOSED):
                # What was swallowed does not come back.
                self._harm(client)
                return
            for source in select.select([client, server], [], [], TICK_SECONDS)[0]:
                block = source.recv(BLOCK_BYTES)
                if not block:
                    return
                target = server if source is client else client
                if self.weather is Weather.RESET:
                    # A part of an answer gets through, so that whoever reads it has half an object.
                    target.sendall(block[: self.chance.randrange(len(block))])
                    self._harm(client)
                    return
                target.sendall(block)

    def _harm(self, client: socket.socket) -> None:
        self.harmed += 1
        if self.weather is not Weather.CLOSED:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)


@dataclass
class Services:
    """Servers of one worker, ended with ``stack``."""

    stack: ExitStack

    @cached_property
    def store(self) -> tuple[str, int]:
        """Host and port of an S3 server."""
        from moto.server import ThreadedMotoServer

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        self.stack.callback(server.stop)
        host, port = server.get_host_and_port()
        return host, port

    @cached_property
    def proxy(self) -> Proxy:
        """The network between the product and that server."""
        made = Proxy(self.store)
        self.stack.callback(made.close)
        return made

    @cached_property
    def postgres(self) -> LocalServer:
        """A PostgreSQL server of its own."""
        return self.stack.enter_context(local_server())


@contextmanager
def services() -> Iterator[Services]:
    """Services that end with the block."""
    with ExitStack() as stack:
        yield Services(stack)
