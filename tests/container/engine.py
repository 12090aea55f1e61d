"""buildah, without a daemon and without namespaces: images are built and run in a chroot."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from bench.system.repository import ROOT
from tests.container.dockerfile import FILE

MEMORY: Final = "6g"
LIMIT_S: Final = 1200.0
SUITE: Final = "bookworm"
NETWORK: Final = (
    "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
    "SSL_CERT_FILE", "PIP_CERT", "PIP_INDEX_URL", "UV_DEFAULT_INDEX",
)  # fmt: skip
"""How this machine reaches packages; the base image is told the same."""
PROGRAMS: Final = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
DYING: Final = ("setpriv", "--pdeathsig", "KILL")
CHROOT: Final = ("--isolation", "chroot")


def lacking() -> str | None:
    """Say what is missing here to build an image; None where nothing is."""
    for program in ("buildah", "debootstrap"):
        if shutil.which(program, path=PROGRAMS) is None:
            return f"{program} is not installed"
    return None if os.geteuid() == 0 else "debootstrap and buildah's chroot need root"


class Hold:
    """A folder in memory that its holder alone sees, and what is run there.

    A hundred thousand files are gone at once, and so are they if the tests are killed: the kernel
    ends the holder, and with it what it has mounted.
    """

    def __init__(self, folder: Path, holder: int) -> None:
        self.folder = folder
        self._holder = holder

    def argv(self, *words: str) -> list[str]:
        """Return a command that is run where the folder is seen."""
        return ["nsenter", f"--mount=/proc/{self._holder}/ns/mnt", "--", *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; it ends with the tests, too."""
        return subprocess.run(
            [*DYING, *self.argv(*words)],
            env=os.environ | {"PATH": PROGRAMS},
            capture_output=True, text=True, timeout=LIMIT_S, check=False,
        )  # fmt: skip

    def seen(self, path: str | Path) -> Path:
        """Return a path of the holder's as one of everybody's."""
        return Path(f"/proc/{self._holder}/root{path}")


@contextmanager
def in_memory(folder: Path) -> Iterator[Hold]:
    """Give a folder in memory."""
    mounting = f"mount -t tmpfs -o size={MEMORY},mode=0755 weighbridge {folder} && echo mounted"
    holder = [*DYING, "unshare", "--mount", "sh", "-c", f"{mounting} && exec sleep infinity"]
    with subprocess.Popen(
        holder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        if not process.stdout.readline():
            pytest.skip(f"no image can be built: {process.stderr.read().strip()}")
        try:
            yield Hold(folder, process.pid)
        finally:
            process.kill()


class Engine:
    """buildah with a store of its own."""

    def __init__(self, hold: Hold) -> None:
        self.hold = hold
        folder = hold.folder
        self._store = (
            "--root", str(folder / "store"), "--runroot", str(folder / "run"),
        )  # fmt: skip
        self._driver = "overlay"
        if hold.run(*self._words("from", "scratch")).returncode != 0:
            self._driver = "vfs"

    def _words(self, *words: str) -> list[str]:
        return ["buildah", *self._store, "--storage-driver", self._driver, *words]

    def call(self, *words: str) -> str:
        """Run a command of buildah, which must succeed; return what it prints."""
        done = self.hold.run(*self._words(*words))
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout.strip()

    def build(self, target: str, arguments: Mapping[str, str]) -> None:
        """Build a target of Dockerfile.bench, by the name of the target."""
        given = [word for each in arguments.items() for word in ("--build-arg", "=".join(each))]
        self.call(
            "bud", *CHROOT, "--pull-never", "--layers", "--format", "docker", *given,
            "--target", target, "--tag", target, "--file", str(FILE), str(ROOT),
        )  # fmt: skip

    def config(self, image: str) -> dict[str, Any]:
        """Return what an image says of how it is run, as Docker has it."""
        config: dict[str, Any] = json.loads(self.call("inspect", "--type", "image", image))
        found: dict[str, Any] = config["Docker"]["config"]
        return found

    @contextmanager
    def container(self, image: str) -> Iterator[str]:
        """Give a container of an image."""
        name = self.call("from", "--pull-never", image)
        try:
            yield name
        finally:
            self.call("rm", name)

    def running(self, container: str, *words: str, options: tuple[str, ...] = ()) -> list[str]:
        """Return the command that runs words in a container, as its user, in its folder."""
        run = self._words("run", *CHROOT, *options, container, "--", *words)
        return self.hold.argv(*run)

    def mounted(self, container: str) -> Path:
        """Return where the files of a container are."""
        return self.hold.seen(self.call("mount", container))


def make_base(engine: Engine, name: str) -> str:
    """Make an image with Python alone, in the place of the official one; return its full name.

    It is of this machine: `localhost/NAME` is looked for first where a file says NAME alone.
    """
    place = engine.hold.folder / "base"
    options = ("--variant=minbase", "--include=python3,python3-venv")
    done = engine.hold.run("debootstrap", *options, SUITE, str(place))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    root = engine.hold.seen(place)
    (root / "usr/bin/python").symlink_to("python3")
    told = {name: os.environ[name] for name in NETWORK if name in os.environ}
    for value in told.values():
        if Path(value).is_file():
            copy = root / value.lstrip("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(value, copy)
    told["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    container = engine.call("from", "scratch")
    engine.call("add", container, str(place), "/")
    variables = [word for each in told.items() for word in ("--env", "=".join(each))]
    engine.call("config", *variables, container)
    full = f"localhost/{name}"
    engine.call("commit", "--format", "docker", "--rm", container, full)
    return full


def size(root: Path) -> int:
    """Return how many bytes the files of an image have."""
    return sum(
        Path(folder, name).lstat().st_size for folder, _, names in os.walk(root) for name in names
    )
