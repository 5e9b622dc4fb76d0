"""`python -m overlay --port N --data DIR`: serve the local cloud until told to stop."""

import argparse
import sys
from pathlib import Path

from overlay import conditions, settings


def arguments(argv=None):
    parser = argparse.ArgumentParser(prog="overlay", description="A local AWS on 127.0.0.1.")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds all state")
    parser.add_argument(
        "--wait-scale",
        type=float,
        help="factor on Step Functions waits and retry pauses (default 0.1, 0 skips them)",
    )
    parser.add_argument(
        "--speed",
        type=float,
        help="let everything take as long as in AWS, divided by this; sets the wait scale to match",
    )
    parser.add_argument("--seed", type=int, default=0, help="durations and faults are drawn by it (default 0)")
    parser.add_argument("--hidden-reads", type=int, default=0, help="how many looks miss what was just made")
    parser.add_argument(
        "--quota",
        action="append",
        default=[],
        type=_quota,
        metavar="NAME=NUMBER",
        help="how many an account may have, such as `vpcs=100`; may be given several times",
    )
    parser.add_argument(
        "--socket-on-stdin", action="store_true", help="standard input is a socket that listens on the port"
    )
    parser.add_argument("--while-pid", type=int, help="stop by itself when this process is gone")
    parser.add_argument("--log-level", default="WARNING", help="DEBUG, INFO, WARNING or ERROR")
    return parser.parse_args(argv)


def _quota(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if not number.isdigit():
        raise argparse.ArgumentTypeError(f"`{text}` is not NAME=NUMBER")
    return name, int(number)


def _conditions(chosen) -> None:
    """Under these it starts; they are checked as the control surface checks them."""
    asked = {"speed": chosen.speed, "seed": chosen.seed, "hidden_reads": chosen.hidden_reads}
    asked["quotas"] = dict(chosen.quota)
    problems = conditions.problems_of(asked)
    if problems:
        raise settings.CannotStart("; ".join(problems))
    conditions.change(asked)


def main():
    chosen = arguments()
    try:
        _conditions(chosen)
        # MiniStack reads its settings while it is imported, so they come first.
        if not chosen.socket_on_stdin:
            settings.refuse_a_taken_port(chosen.port)
        settings.apply(chosen.port, chosen.data, chosen.wait_scale, chosen.log_level)
        from overlay import server

        bind = server.inherited() if chosen.socket_on_stdin else f"{settings.HOST}:{chosen.port}"
        server.serve(bind, chosen.data, chosen.while_pid)
    except settings.CannotStart as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
