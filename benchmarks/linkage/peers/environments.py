"""The peers' environments in .cache/peers, made when first needed: their pins exclude each other."""

import json
import os
import shutil
import subprocess
import sys
import venv
from hashlib import blake2b
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3] / ".cache" / "peers"
PINS = {
    "splink": ("splink==5.0.0", "duckdb==2.0.0", "pyarrow", "numpy", "scipy"),
    "recordlinkage": ("recordlinkage==0.16", "pandas==2.3.3", "scipy"),
    "rapidfuzz": ("rapidfuzz==3.14.6",),
    "dedupe": (
        "dedupe==3.0.3",
        "BTrees==6.0",
        "zope.index==7.0",
        "numpy==2.0.2",
        "scikit-learn==1.5.2",
        "scipy",
    ),
    "pseudopeople": ("pseudopeople==1.3.1",),  # only for its sample data
}
PEERS = ("splink", "recordlinkage", "rapidfuzz", "dedupe")


def python_of(peer: str) -> Path:
    """The interpreter of a peer's environment. Raises CalledProcessError when it cannot be made."""
    folder = ROOT / peer
    python, ready = folder / "bin" / "python", folder / ".ready"
    if not ready.exists() or ready.read_text() != "\n".join(PINS[peer]):
        print(f"making the environment of {peer} in {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PINS[peer]]
        subprocess.run(command, check=True, stdout=sys.stderr)
        ready.write_text("\n".join(PINS[peer]))
    return python


def run(peer: str, folder: Path, limit_s: float, fresh: bool) -> dict[str, Any]:
    """What a peer makes of FOLDER/rows.csv, or {"failed": why}; remembered, but for `fresh` results."""
    kept = ROOT / "results" / f"{peer}-{_seen(peer, folder)}.json"
    if fresh or not kept.exists():
        failed = _run(peer, folder, limit_s)
        if failed:
            return {"failed": failed}
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder / "result.json", kept)
    result: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return result


def _script(peer: str) -> Path:
    return Path(__file__).with_name(f"by_{peer}.py")


def _seen(peer: str, folder: Path) -> str:
    """The rows, the peer's version and how it is asked, as a short name."""
    told = [folder / "rows.csv", folder / "truth.csv", _script(peer), _script(peer).with_name("_peer.py")]
    content = b"".join(path.read_bytes() for path in told) + "".join(PINS[peer]).encode()
    return blake2b(content, digest_size=8).hexdigest()


def _run(peer: str, folder: Path, limit_s: float) -> str:
    """Run it; "" or why there is no result."""
    log = folder / "log.txt"
    env = {**os.environ, "PYTHONPATH": str(_script(peer).parent), "PYTHONHASHSEED": "0"}
    try:
        with log.open("w") as out:
            command = [str(python_of(peer)), str(_script(peer)), str(folder)]
            subprocess.run(command, check=True, timeout=limit_s, env=env, stdout=out, stderr=out)
    except subprocess.TimeoutExpired:
        return f"not done after {limit_s:.0f} s"
    except subprocess.CalledProcessError:
        sys.stderr.write(log.read_text(errors="replace")[-2000:] if log.exists() else "")
        return "broke off"
    return ""
