"""Write `requirements.txt`: `python pin.py <python of a venv>`.

The venv holds the wanted versions (`pip install ministack==… cbor2 cryptography`) and nothing else.
Use the oldest supported Python for it, so that its backports are among them.
"""

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

_HEAD = """\
# The local cloud's Python packages, every one by version and sha256. Written by pin.py.
#
#   pip install --require-hashes -r requirements.txt
#
# Linux x86_64 and aarch64 (glibc and musl), CPython 3.10 to 3.14; MiniStack itself asks for 3.10.
# cbor2: the CloudWatch SDK speaks CBOR. cryptography: KMS keys on elliptic curves, and certificates.
"""
_TOOLS = ("pip", "setuptools", "wheel")
_BACKPORTS = ("exceptiongroup", "taskgroup", "tomli", "typing-extensions")
_PYTHONS = ("cp310", "cp311", "cp312", "cp313", "cp314")


def main():
    frozen = subprocess.run([sys.argv[1], "-m", "pip", "freeze"], capture_output=True, text=True, check=True)
    versions = dict(line.split("==") for line in frozen.stdout.split())
    blocks = [_block(_plain(name), version) for name, version in versions.items() if name not in _TOOLS]
    Path(__file__).with_name("requirements.txt").write_text(_HEAD + "".join(sorted(blocks)))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _block(name: str, version: str) -> str:
    only = ' ; python_version < "3.11"' if name in _BACKPORTS else ""
    lines = [f"{name}=={version}{only}", *(f"    --hash=sha256:{digest}" for digest in _digests(name, version))]
    return " \\\n".join(lines) + "\n"


def _digests(name: str, version: str) -> list:
    wanted = {"Accept": "application/vnd.pypi.simple.v1+json"}
    request = urllib.request.Request(f"https://pypi.org/simple/{name}/", headers=wanted)
    with urllib.request.urlopen(request, timeout=60) as answer:
        files = json.load(answer)["files"]
    return [one["hashes"]["sha256"] for one in files if _is_wanted(one["filename"], name, version)]


def _is_wanted(filename: str, name: str, version: str) -> bool:
    found = re.match(rf"(.+?)-{re.escape(version)}(-.*\.whl|\.tar\.gz)$", filename)
    if not found or _plain(found.group(1)) != name:
        return False
    if filename.endswith((".tar.gz", "-any.whl")):
        return True
    python, abi, platform = filename.removesuffix(".whl").split("-")[-3:]
    is_linux = "linux" in platform and ("x86_64" in platform or "aarch64" in platform)
    return is_linux and (abi == "abi3" or (python in _PYTHONS and not abi.endswith("t")))


if __name__ == "__main__":
    main()
