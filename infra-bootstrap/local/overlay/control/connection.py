"""The connection that a call came on: cutting it without an answer, and who is at its other end."""

import contextvars
import os

from hypercorn.protocol.events import StreamClosed

_port = contextvars.ContextVar("port of the caller", default=None)

_LOOPBACK_TABLE = "/proc/net/tcp"


class Cut(Exception):
    """The caller of this call gets no answer."""


def watched(application):
    """The ASGI application, with connections that can be cut."""

    async def serve(scope, receive, send):
        if scope["type"] == "http":
            _port.set((scope.get("client") or (None, None))[1])
        try:
            await application(scope, receive, send)
        except Cut:
            # Hypercorn would answer 500 for an application that answers nothing; a closed stream stays silent.
            stream = send.__self__
            await stream.send(StreamClosed(stream_id=stream.stream_id))

    return serve


def process_of_caller(among: list[int]) -> int | None:
    """Which of these processes holds the other end of the connection that is being served."""
    port = _port.get()
    socket_name = _socket_at(port) if port else None
    if socket_name is None:
        return None
    return next((pid for pid in among if socket_name in _open_files(pid)), None)


def _socket_at(port: int) -> str | None:
    with open(_LOOPBACK_TABLE) as table:
        next(table)
        for line in table:
            fields = line.split()
            if int(fields[1].rsplit(":", 1)[-1], 16) == port and fields[9] != "0":
                return f"socket:[{fields[9]}]"
    return None


def _open_files(pid: int) -> set:
    folder = f"/proc/{pid}/fd"
    try:
        return {os.readlink(f"{folder}/{one}") for one in os.listdir(folder)}
    except OSError:
        # It has ended meanwhile.
        return set()
