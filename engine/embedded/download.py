"""Fetching locked jars from a Maven repository with jgo.

Only jgo's resolving and downloading is used. Its environment builder would sort jars into `jars/` and `modules/`, for
which it downloads a Java 11 of its own; and it never compares what it got with a committed lock.
"""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from jgo.config import GlobalSettings
from jgo.maven import MavenContext
from requests import RequestException
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential

from engine.embedded.errors import EmbeddedError
from engine.embedded.jar_lock import LockedJar
from engine.embedded.progress import Progress

AT_ONCE = 6


def maven(repository: Path) -> MavenContext:
    """A Maven that keeps its files in `repository`; mirrors named in jgo's own settings are asked first."""
    default = MavenContext(repo_cache=repository, local_repos=[])
    mirrors = GlobalSettings.load().repositories
    return MavenContext(repo_cache=repository, local_repos=[], remote_repos={**mirrors, **default.remote_repos})


def download(jars: Sequence[LockedJar], folder: Path, progress: Progress) -> None:
    """Put `jars` into `folder`: each arrives aside, is checked, and only then moved to its place."""
    if not jars:
        return
    progress("Downloading Kafka (43 MB, once)")
    with tempfile.TemporaryDirectory(dir=folder) as aside, ThreadPoolExecutor(AT_ONCE) as pool:
        context = maven(Path(aside))
        tasks = [pool.submit(_fetch, context, jar, folder) for jar in jars]
        try:
            for done, task in enumerate(as_completed(tasks), start=1):
                task.result()
                if done % 10 == 0 or done == len(jars):
                    progress(f"Downloading Kafka: {done} of {len(jars)} files")
        except (RequestException, RuntimeError, OSError) as error:
            pool.shutdown(cancel_futures=True)
            raise EmbeddedError(
                "Kafka could not be downloaded: check the network (and proxy settings) and start again, "
                f"what has arrived is kept ({type(error).__name__}: {error})."
            ) from error


@retry(
    retry=retry_if_exception_type((RequestException, RuntimeError)),
    stop=stop_after_attempt(3),
    wait=wait_exponential(min=0.5, max=4),
    reraise=True,
)
def _fetch(context: MavenContext, jar: LockedJar, folder: Path) -> None:
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    arrived = artifact.cached_path
    if arrived is not None:
        arrived.unlink(missing_ok=True)  # the half of an attempt that broke off
    path = artifact.resolve()
    jar.refuse_if_changed(path)
    path.replace(folder / jar.file_name)
