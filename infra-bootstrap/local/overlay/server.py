"""Serve until SIGTERM or SIGINT, then save, end every child and exit."""

import asyncio
import fcntl
import logging
import os
import signal
from pathlib import Path

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config
from ministack import app as ministack

from overlay import mending, processes
from overlay.settings import HOST, CannotStart

# Connections get this long to finish when the cloud is told to stop.
_GRACE_SECONDS = 2


def serve(port: int, data: Path) -> None:
    lock = _claim(data)
    mending.install()
    asyncio.run(_until_stopped(port))
    processes.stop_all()
    lock.close()
    logging.shutdown()
    # State machines wait on threads that nobody can interrupt; their executions end here.
    os._exit(0)


async def _until_stopped(port: int) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    config = Config()
    config.bind = [f"{HOST}:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = _GRACE_SECONDS
    config.loglevel = os.environ["LOG_LEVEL"]
    await hypercorn_serve(ministack.app, config, shutdown_trigger=stopped.wait)


def _claim(data: Path):
    """Hold the state folder, so that two clouds never save over each other."""
    held = open(data / "lock", "a+")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as cause:
        held.seek(0)
        raise CannotStart(
            f"`{data}` is in use by the local cloud with process id {held.read().strip() or 'unknown'}\n"
            "hint: stop that one, or name another folder with --data"
        ) from cause
    held.truncate(0)
    held.write(str(os.getpid()))
    held.flush()
    return held
