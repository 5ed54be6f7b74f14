"""The peers' environments in .cache/peers, made when first needed: their pins exclude each other."""

import json
import os
import subprocess
import sys
import venv
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


def run(peer: str, folder: Path, limit_s: float) -> dict[str, Any]:
    """What a peer makes of FOLDER/rows.csv, or {"failed": why}."""
    script = Path(__file__).with_name(f"by_{peer}.py")
    log = folder / "log.txt"
    env = {**os.environ, "PYTHONPATH": str(script.parent), "PYTHONHASHSEED": "0"}
    try:
        with log.open("w") as out:
            command = [str(python_of(peer)), str(script), str(folder)]
            subprocess.run(command, check=True, timeout=limit_s, env=env, stdout=out, stderr=out)
    except subprocess.TimeoutExpired:
        return {"failed": f"not done after {limit_s:.0f} s"}
    except subprocess.CalledProcessError:
        last = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        return {"failed": last[-1][:200] if last else "could not be run"}
    result: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return result
