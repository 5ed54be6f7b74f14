"""The jars of Apache Kafka: resolved from Maven coordinates, held to the hashes of the lock file."""

import hashlib
import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from unifier.devstack.errors import StackError

COORDINATES = (
    "org.apache.kafka:kafka_2.13:4.3.1",
    "org.slf4j:slf4j-simple:1.7.36",  # the log goes to standard error, which is a file of ours
)
LOCK = Path(__file__).with_name("kafka.lock.toml")
_TIMEOUT_S = 60


def cache_folder() -> Path:
    """Where what was fetched is kept: UNIFIER_CACHE, else the user's cache folder."""
    if own := os.environ.get("UNIFIER_CACHE"):
        return Path(own).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "unifier"


def kafka_jars() -> list[Path]:
    """The class path of the broker, each jar equal to its hash in the lock; fetches what is missing."""
    try:
        from jgo.env import LockFile
    except ImportError:
        raise StackError(
            "nothing to fetch the embedded Kafka with: pip install 'unifier[devstack]'"
        ) from None
    folder = cache_folder() / "jars"
    locked = LockFile.load(LOCK).dependencies
    jars = [folder / f"{one.artifactId}-{one.version}.jar" for one in locked]
    missing = [(one, jar) for one, jar in zip(locked, jars, strict=True) if _sha256(jar) != one.sha256]
    if missing:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _fetch(missing, folder)
        except OSError as error:
            raise StackError(
                f"cannot keep the Kafka jars in {folder}: {error.strerror or error}; free some space "
                "(50 MB) or set UNIFIER_CACHE to another folder"
            ) from None
    return jars


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def _fetch(missing: list[tuple[Any, Path]], folder: Path) -> None:
    """Download into a folder beside the target and rename: a half file is never taken for a jar."""
    import requests

    if authority := os.environ.get("SSL_CERT_FILE"):  # pip and Python go by it, requests does not
        os.environ.setdefault("REQUESTS_CA_BUNDLE", authority)
    with tempfile.TemporaryDirectory(dir=folder.parent) as staging:
        context = _maven(Path(staging))
        for done, (one, jar) in enumerate(missing):
            if sys.stderr.isatty():
                print(f"\rfetching Apache Kafka: {done + 1} of {len(missing)} jars", end="", file=sys.stderr)
            component = context.project(one.groupId, one.artifactId).at_version(one.version)
            try:
                got = component.artifact(one.classifier or "", one.packaging).resolve()
            except requests.exceptions.SSLError:
                raise _cannot(
                    jar, "the server's certificate is not trusted: name your authority in SSL_CERT_FILE"
                ) from None
            except requests.RequestException as error:
                raise _cannot(jar, f"no answer ({type(error).__name__})") from None
            except RuntimeError:
                raise _cannot(jar, "no repository has it") from None
            if _sha256(got) != one.sha256:
                raise _cannot(
                    jar, f"what came does not have the hash of {LOCK.name}: do not trust that server"
                )
            shutil.move(got, jar)
        if sys.stderr.isatty():
            print(file=sys.stderr)


def _cannot(jar: Path, why: str) -> StackError:
    return StackError(
        f"cannot fetch {jar.name} of Apache Kafka: {why}; check network and proxy, or name a Maven mirror "
        "under [repositories] in jgo.conf"
    )


def _maven(folder: Path) -> Any:
    """A pure Python Maven client: needs no mvn, no Java, nothing in the home folder. Own mirrors go first."""
    from jgo.config import GlobalSettings
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.maven import MavenContext

    mirrors = GlobalSettings.load().repositories
    repositories = {**mirrors, "central": mirrors.get("central", MAVEN_CENTRAL_URL)}
    return MavenContext(repo_cache=folder, remote_repos=repositories, timeout=_TIMEOUT_S)


def relock() -> None:
    """Resolve the coordinates with all they need at run time, and write versions and hashes down."""
    from jgo.env import LockFile
    from jgo.parse import Endpoint

    with tempfile.TemporaryDirectory() as folder:
        context = _maven(Path(folder))
        wanted = [
            context.create_dependency(replace(Endpoint.parse(name).coordinates[0], scope="compile"))
            for name in COORDINATES
        ]
        inputs, transitive = context.resolver.resolve(wanted)
        needed = [*inputs, *(one for one in transitive if one.scope in ("compile", "runtime"))]
        LockFile.from_resolved_dependencies(needed, environment_name="kafka").save(LOCK)
