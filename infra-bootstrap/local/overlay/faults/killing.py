"""Ending the process of the function that makes a call, as a crash would: by SIGKILL, in the middle."""

import os
import signal

from ministack.core import lambda_runtime

from overlay.control import connection


def kill_caller(call) -> bool:
    """Kill the process at the other end; False when no function of ours made the call."""
    running = _processes_of(call.access_key)
    pid = connection.process_of_caller(running)
    if pid is None and len(running) == 1:
        (pid,) = running
    if pid is None:
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _processes_of(access_key: str) -> list[int]:
    """The processes of the function that acts with this key and is at work now."""
    workers = [one for pool in list(lambda_runtime._workers.values()) for one in list(pool)]
    return [
        one._proc.pid
        for one in workers
        if one.in_use
        and one._proc is not None
        and one._proc.poll() is None
        and lambda_runtime.execution_credentials(one.config)["AWS_ACCESS_KEY_ID"] == access_key
    ]
