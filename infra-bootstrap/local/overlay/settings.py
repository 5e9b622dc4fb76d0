"""The environment MiniStack starts from: only what is named here, nothing of the caller's shell."""

import os
import socket
from pathlib import Path

HOST = "127.0.0.1"
ACCOUNT = "000000000000"
REGION = "us-east-1"

# Waits in state machines are written for AWS's minutes; a tenth keeps their order and saves the time.
WAIT_SCALE = 0.1

# What a caller may still decide by environment: MiniStack's own knobs, and what a process needs to run.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "VIRTUAL_ENV")
_KNOBS = ("SFN_WAIT_SCALE", "AUTH", "LAMBDA_WARM_TTL_SECONDS", "LAMBDA_ACCOUNT_CONCURRENCY")


class CannotStart(Exception):
    """Something outside this program is in the way; the text says what and what to do."""


def apply(port: int, data: Path, wait_scale, log_level: str) -> None:
    """Replace this process's environment and make the folders it names."""
    data = data.resolve()
    temporary = data / "tmp"
    try:
        temporary.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise CannotStart(f"cannot make `{temporary}`: {cause.strerror}") from cause
    kept = {name: os.environ[name] for name in (*_KEPT, *_KNOBS) if name in os.environ}
    if wait_scale is not None:
        kept["SFN_WAIT_SCALE"] = str(wait_scale)
    os.environ.clear()
    os.environ.update({"SFN_WAIT_SCALE": str(WAIT_SCALE), **kept, **_own(port, data, log_level)})


def _own(port: int, data: Path, log_level: str) -> dict:
    return {
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "GATEWAY_PORT": str(port),
        # Without it a Lambda would look for the real AWS.
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "LAMBDA_EXECUTOR": "local",
        "CLOUDTRAIL_RECORDING": "1",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(data / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(data / "s3"),
        # Unpacked functions and scratch files live with the state, not in the machine's /tmp.
        "TMPDIR": str(data / "tmp"),
        # Both would open ports on every interface.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        # No Docker: an unreachable socket makes every probe of it fail at once.
        "DOCKER_HOST": f"unix://{data}/no-docker.sock",
        "LOG_LEVEL": log_level.upper(),
    }


def refuse_a_taken_port(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as cause:
            raise CannotStart(
                f"cannot listen on {HOST}:{port}: {cause.strerror}\n"
                "hint: something else uses the port; choose another with --port"
            ) from cause
