"""Lambda processes: they start fast, know nothing of this machine, and never outlive the cloud."""

import ctypes
import hashlib
import os
import shutil
import signal
import socketserver
import subprocess
from concurrent.futures import ThreadPoolExecutor

from ministack.core import lambda_runtime
from ministack.services import lambda_svc, sts

from overlay.patch import replace

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

# What a Lambda may see of the environment around it. AWS gives it PATH, LANG and TZ as well.
_PASSED_ON = ("PATH", "LANG", "TZ", "LD_LIBRARY_PATH", "TMPDIR")

# How long an invocation waits for the first line of its own log.
_LOG_WAIT_SECONDS = 0.005

# The kernel sends the death signal when the *thread* that started the child ends, not the process, so
# one thread that lives as long as the process starts them all.
_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lambda-spawner")


class _Subprocess:
    """The `subprocess` module, but its children die with this process, however that ends."""

    def __getattr__(self, name):
        return getattr(subprocess, name)

    @staticmethod
    def Popen(*args, **kwargs):
        parent = os.getpid()

        def die_with_parent():
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)

        return _spawner.submit(subprocess.Popen, *args, preexec_fn=die_with_parent, **kwargs).result()


def install() -> None:
    lambda_runtime.subprocess = _Subprocess()
    lambda_svc.subprocess = _Subprocess()
    # Nagle's algorithm against delayed acknowledgements costs 45 ms an invocation.
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True

    @replace(lambda_runtime.Worker, "_drain_stderr_bounded", "a silent function waited 50 ms for a log line")
    def _drain_stderr_bounded(original, worker, first_line_wait=_LOG_WAIT_SECONDS):
        return original(worker, first_line_wait)

    @replace(lambda_svc, "_provided_worker_env", "a function must not inherit MiniStack's environment")
    def _provided_worker_env(original, config, code_dir, port):
        inherited = set(os.environ)
        wanted = set((config.get("Environment") or {}).get("Variables") or {})
        made = original(config, code_dir, port)
        own = {name: value for name, value in made.items() if name not in inherited}
        for name in (*_PASSED_ON, *wanted, "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION"):
            if name in made:
                own[name] = made[name]
        own["AWS_SECRET_ACCESS_KEY"] = made["AWS_SECRET_ACCESS_KEY"]
        own.pop(lambda_svc.HOST_PREFIX_ENV, None)
        return own

    @replace(lambda_svc, "_sweep_extract_cache", "replaced packages stayed unpacked as long as the cloud was up")
    def _sweep_extract_cache(original):
        original()
        _remove_unpacked(_packages_in_use())

    @replace(lambda_runtime, "execution_credentials", "a function acts as its role, AUTH or not")
    def execution_credentials(_original, config):
        return _role_session(config)

    lambda_svc.execution_credentials = lambda_runtime.execution_credentials


def _packages_in_use() -> set:
    """Digests of the packages that a function or one of its versions has."""
    configs = (
        one.get("config") or {}
        for function in list(lambda_svc._functions._data.values())
        for one in (function, *(function.get("versions") or {}).values())
    )
    return {lambda_svc._b64_sha_to_hex(config.get("CodeSha256", "")) for config in configs}


def _remove_unpacked(in_use: set) -> None:
    """A process that still runs from a removed folder keeps its files until it ends."""
    with lambda_svc._provided_code_lock:
        for digest in lambda_svc._provided_code_dirs.keys() - in_use:
            shutil.rmtree(lambda_svc._provided_code_dirs.pop(digest), ignore_errors=True)


def _role_session(config: dict) -> dict:
    """Temporary credentials of the function's execution role, registered with STS."""
    account, _region = lambda_runtime._account_region_from_function_config(config)
    role_arn = config.get("Role", "")
    role = role_arn.rsplit("/", 1)[-1]
    session = config.get("FunctionName", "")[:64]
    digest = hashlib.sha256(f"{config.get('FunctionArn', '')}:{role_arn}".encode()).hexdigest()
    key = f"ASIA{digest[:16].upper()}"
    secret, token = digest[16:56], digest
    sts.register_session(
        key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
            "RoleArn": role_arn,
            "UserId": f"AROA{digest[:17].upper()}:{session}",
            "SecretAccessKey": secret,
            "SessionToken": token,
        },
    )
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}


def stop_all() -> None:
    """End every Lambda process and wait for it."""
    lambda_runtime.reset()
