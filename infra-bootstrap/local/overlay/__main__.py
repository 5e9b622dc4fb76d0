"""`python -m overlay --port N --data DIR`: serve the local cloud until told to stop."""

import argparse
import sys
from pathlib import Path

from overlay import settings


def arguments(argv=None):
    parser = argparse.ArgumentParser(prog="overlay", description="A local AWS on 127.0.0.1.")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds all state")
    parser.add_argument(
        "--wait-scale",
        type=float,
        help="factor on Step Functions waits and retry pauses (default 0.1, 0 skips them)",
    )
    parser.add_argument("--while-pid", type=int, help="stop by itself when this process is gone")
    parser.add_argument("--log-level", default="WARNING", help="DEBUG, INFO, WARNING or ERROR")
    return parser.parse_args(argv)


def main():
    chosen = arguments()
    try:
        # MiniStack reads its settings while it is imported, so they come first.
        settings.apply(chosen.port, chosen.data, chosen.wait_scale, chosen.log_level)
        from overlay import server

        server.serve(chosen.port, chosen.data, chosen.while_pid)
    except settings.CannotStart as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
