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
from overlay.control import connection
from overlay.settings import CannotStart

# Stands in the state folder while what it holds is whole: saved on the way out, not yet changed.
SAVED = "saved"

# Connections get this long to finish when the cloud is told to stop.
_GRACE_SECONDS = 2

# How often a cloud that serves one process looks whether that process is still there.
_LOOK_SECONDS = 1


def inherited() -> str:
    """The socket that our starter listens on for us. It leaves standard input, which children are given."""
    socket = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return f"fd://{socket}"


def serve(bind: str, data: Path, while_pid=None) -> None:
    lock = _claim(data)
    (data / SAVED).unlink(missing_ok=True)
    mending.install()
    asyncio.run(_until_stopped(bind, while_pid))
    processes.stop_all()
    (data / SAVED).touch()
    lock.close()
    logging.shutdown()
    # State machines wait on threads that nobody can interrupt; their executions end here.
    os._exit(0)


async def _until_stopped(bind: str, while_pid) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    # Kept in a variable: the loop itself holds tasks only weakly.
    watch = asyncio.create_task(_stop_without(while_pid, stopped)) if while_pid else None
    config = Config()
    config.bind = [bind]
    config.keep_alive_timeout = 75
    config.graceful_timeout = _GRACE_SECONDS
    config.loglevel = os.environ["LOG_LEVEL"]
    await hypercorn_serve(connection.watched(ministack.app), config, shutdown_trigger=stopped.wait)
    if watch:
        watch.cancel()


async def _stop_without(pid: int, stopped: asyncio.Event) -> None:
    while os.path.exists(f"/proc/{pid}"):
        await asyncio.sleep(_LOOK_SECONDS)
    stopped.set()


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
