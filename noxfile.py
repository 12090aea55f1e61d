"""The project's sessions: `nox -l` lists them, `nox -s NAME -- ARGS` runs one."""

import os
import shutil
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "typing", "tests"]

ROOT = Path(__file__).resolve().parent
REQUIREMENTS = Path("requirements")
PINNED = {
    "requirements.txt": ("--group", "api"),
    "requirements/app.txt": ("--group", "app"),
    "requirements/bench.txt": ("pyproject.toml",),
    "requirements/lint.txt": ("--group", "lint"),
    "requirements/tests.txt": ("pyproject.toml", "--group", "tests"),
    "requirements/typing.txt": ("pyproject.toml", "--group", "typing"),
}
"""What each file of pins pins: of pyproject.toml, the project's dependencies and a group."""
PATIENCE_S = 30.0
"""How long a session may take to stop its servers after Ctrl-C, before nox insists."""


def install(session: nox.Session, *names: str) -> None:
    """Install pinned requirements, unless this very text of them is installed already."""
    files = [REQUIREMENTS / f"{name}.txt" for name in names]
    wanted = "".join(file.read_text(encoding="utf-8") for file in files)
    marker = Path(session.virtualenv.location) / "installed-requirements.txt"
    if marker.exists() and marker.read_text(encoding="utf-8") == wanted:
        return
    session.install(
        *(argument for file in files for argument in ("-r", str(file))),
        env={"UV_COMPILE_BYTECODE": "1"},  # as pip does: every start would pay for it else
    )
    marker.write_text(wanted, encoding="utf-8")


def harness(session: nox.Session, command: str) -> None:
    """Run a command of the harness; nox makes every exit code but 0 a 1.

    Where nox was called, so that paths mean what they do there. The command gets the pid of its
    parent, so that it stops when nox is killed.
    """
    install(session, "bench")
    session.chdir(session.invoked_from)
    session.run(
        "python", str(ROOT / "weighbridge.py"), command, *session.posargs,
        env={"WEIGHBRIDGE_PARENT": str(os.getpid())},
        interrupt_timeout=PATIENCE_S, terminate_timeout=PATIENCE_S,
    )  # fmt: skip


@nox.session
def bench(session: nox.Session) -> None:
    """Compare the servers and write a report (--quick for a first look, --help for all)."""
    harness(session, "run")


@nox.session
def init(session: nox.Session) -> None:
    """Write a workload file, for you to edit: nox -s init -- --path /items/1."""
    harness(session, "init")


@nox.session
def serve(session: nox.Session) -> None:
    """Run the API under one server: nox -s serve -- NAME; without a name, list them."""
    harness(session, "serve")


@nox.session
def report(session: nox.Session) -> None:
    """Write the reports of a run again: nox -s report -- DIR."""
    harness(session, "report")


@nox.session
def capacity(session: nox.Session) -> None:
    """Find each server's capacity: nox -s capacity -- --slo "p95<50ms, failures<0.1%"."""
    harness(session, "capacity")


@nox.session
def compare(session: nox.Session) -> None:
    """Compare two runs: nox -s compare -- A B."""
    harness(session, "compare")


@nox.session
def regress(session: nox.Session) -> None:
    """Fail if head is worse than base: nox -s regress -- --base main --head . (CI's gate)."""
    harness(session, "regress")


@nox.session
def history(session: nox.Session) -> None:
    """Follow each figure through all runs below a folder: nox -s history -- results."""
    harness(session, "history")


@nox.session
def calibrate(session: nox.Session) -> None:
    """Compare the load generator with wrk, h2load, oha and httpx; --soak 1h: its memory."""
    harness(session, "calibrate")


@nox.session(default=False)
def evidence(session: nox.Session) -> None:
    """Try each way of comparing where it is known what differs, for half an hour."""
    harness(session, "evidence")


@nox.session
def selftest(session: nox.Session) -> None:
    """Let the instrument prove itself on this machine: known answers, in three minutes."""
    harness(session, "selftest")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, with real servers; -- -m long: every server, and what takes half a minute.

    Those that expect times or rates of this machine run after the others, one after the other.
    What fails is tried once more by itself, and named: a failure that others beside it caused is
    told from one that stays. Three at a time keep two cores busy: tests wait for servers.
    """
    install(session, "tests")
    if session.posargs:
        run_pytest(session, *session.posargs)
        return
    for arguments in (
        ("-n", "3", "--dist", "worksteal", "-m", "not long and not timed"),
        (*files_with("mark.timed"), "-m", "timed and not long"),
    ):
        try:
            run_pytest(session, *arguments)
        except CommandFailed:
            session.warn("Failed above, and tried once more, one after the other:")
            run_pytest(session, "--last-failed", "--last-failed-no-failures", "none", "-x", "-v",
                       *arguments[-2:])  # fmt: skip


def files_with(text: str) -> list[str]:
    """Name the files of tests that have a text: to import all the others takes longer."""
    files = Path("tests").rglob("test_*.py")
    return sorted(str(file) for file in files if text in file.read_text(encoding="utf-8"))


def run_pytest(session: nox.Session, *arguments: str) -> None:
    """Run pytest; bytecode is kept: hundreds of processes of these tests import the harness."""
    session.run("python", "-m", "pytest", *arguments, env={"PYTHONDONTWRITEBYTECODE": None})


@nox.session(default=False)
def gate(session: nox.Session) -> None:
    """Run the functional suite under each of the seven servers, over each store."""
    install(session, "tests")
    chosen = session.posargs or ["-m", "", "-n", "2", "-v"]  # the long ones, too
    session.run("python", "-m", "pytest", "tests/gate", *chosen)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Search long for an answer that crashes, hangs or bloats the load generator."""
    install(session, "tests")
    session.run(
        "python", "-m", "pytest", *(session.posargs or ["-n", "2", "tests/load", "-k", "fuzz"]),
        env={"WEIGHBRIDGE_FUZZ": "100"},
    )  # fmt: skip


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting, imports that point one way, the container file, the workflow."""
    install(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")
    session.run("hadolint", "Dockerfile.bench")
    session.run("actionlint")
    session.run("zizmor", "--offline", "--quiet", ".github")


@nox.session
def typing(session: nox.Session) -> None:
    """Check types, strictly."""
    install(session, "typing")
    session.run("mypy")


@nox.session(default=False)
def readme(session: nox.Session) -> None:
    """Bring picture and table of README.md up to date; -- DIR: make that run the reference run."""
    session.run("python", "-m", "tests.readme_refresh", *session.posargs)


@nox.session(default=False)
def pin(session: nox.Session) -> None:
    """Re-pin all requirements to the newest releases (needs uv)."""
    if shutil.which("uv") is None:
        session.error("uv is not installed: python3 -m pip install uv")
    for target, sources in PINNED.items():
        session.run(
            "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11",
            "--upgrade", "--custom-compile-command", "nox -s pin", *sources, "-o", target,
            external=True,
        )  # fmt: skip
