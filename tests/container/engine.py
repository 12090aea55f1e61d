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
CHROOT: Final = ("--isolation", "chroot")


def lacking() -> str | None:
    """Say what is missing here to build an image; None where nothing is."""
    for program in ("buildah", "debootstrap"):
        if shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin") is None:
            return f"{program} is not installed"
    return None if os.geteuid() == 0 else "debootstrap and buildah's chroot need root"


@contextmanager
def in_memory(folder: Path) -> Iterator[Path]:
    """Give a folder in memory: what is in it, a hundred thousand files, is gone at once."""
    options = ["-t", "tmpfs", "-o", f"size={MEMORY},mode=0755", "weighbridge", str(folder)]
    mounted = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"no image can be built: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--recursive", "--lazy", str(folder)], check=True)


class Engine:
    """buildah with a store of its own."""

    def __init__(self, folder: Path) -> None:
        self._store = (
            "--root", str(folder / "store"), "--runroot", str(folder / "run"),
        )  # fmt: skip
        self._driver = "overlay"
        if self._try("from", "scratch").returncode != 0:
            self._driver = "vfs"

    def argv(self, *words: str) -> list[str]:
        """Return a command of buildah."""
        return ["buildah", *self._store, "--storage-driver", self._driver, *words]

    def call(self, *words: str) -> str:
        """Run a command of buildah, which must succeed; return what it prints."""
        done = self._try(*words)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout.strip()

    def _try(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*words),
            capture_output=True, text=True, timeout=LIMIT_S, check=False,
        )  # fmt: skip

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
        return self.argv("run", *CHROOT, *options, container, "--", *words)

    def mounted(self, container: str) -> Path:
        """Return where the files of a container are."""
        return Path(self.call("mount", container))


def make_base(engine: Engine, folder: Path, name: str) -> str:
    """Make an image with Python alone, in the place of the official one; return its full name.

    It is of this machine: `localhost/NAME` is looked for first where a file says NAME alone.
    """
    root = folder / "base"
    log = folder / "debootstrap.log"
    options = ("--variant=minbase", "--include=python3,python3-venv")
    with log.open("wb") as output:
        done = subprocess.run(
            ["debootstrap", *options, SUITE, str(root)],
            env=os.environ | {"PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"},
            stdout=output, stderr=output, timeout=LIMIT_S, check=False,
        )  # fmt: skip
    assert done.returncode == 0, log.read_text(encoding="utf-8")[-2000:]
    (root / "usr/bin/python").symlink_to("python3")
    told = {name: os.environ[name] for name in NETWORK if name in os.environ}
    for value in told.values():
        if Path(value).is_file():
            copy = root / value.lstrip("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(value, copy)
    told["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    container = engine.call("from", "scratch")
    engine.call("add", container, str(root), "/")
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
