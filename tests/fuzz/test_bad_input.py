"""A thousand mutations of each kind of input: success or exit 2 with one line, and no traceback.

No server is started: what is given is looked at as far as it can be before.
"""

import shlex
from pathlib import Path

import pytest

from bench.workloads import built_in
from servers.errors import ProfileError
from servers.requirements.contents import digest
from servers.requirements.given import Requirements
from servers.requirements.install import installation
from tests.end_to_end.program import ROOT
from tests.fuzz.trying import MANY, message, mutants

PROFILES = [
    path.read_bytes()
    for path in (*(ROOT / "servers" / "profiles").glob("*.toml"), *ROOT.glob("examples/*.toml"))
]
WORKLOADS = [
    path.read_bytes()
    for path in (
        *(Path(built_in.__file__).with_name(f"{name}.py") for name in built_in.BUILT_IN),
        ROOT / "examples" / "shop" / "shop_load.py",
    )
]
ENV_FILES = [
    b"# a comment\nSECRET=x y\nexport A='b # c'\nB=\"two\nlines\"\nC=${A}/d\n\nEMPTY=\n",
    "NAME=\N{LATIN SMALL LETTER U WITH DIAERESIS}\r\nPORT = 8000  # said\r\nURL=a://b:c@d/e?f=g\r\n".encode(),
]  # fmt: skip
REQUIREMENTS = {
    "requirements.txt": [
        b"# what it needs\nfastapi[all]==0.165.0  # pinned\n-r other.txt\n./libs/x\n-e .\n",
        b"-i https://u:p@h/index\nx @ git+https://h/x@v1\na>=1,<2; python_version<'4'\n",
        b"x==1 \\\n    --hash=sha256:" + b"0" * 64 + b"\n-cother.txt\n--requirement=more.txt\n",
    ],
    "pyproject.toml": [
        (
            b'[project]\nname = "x"\nversion = "1"\ndependencies = ["a>=1", "b[c]==2"]\n'
            b'[project.optional-dependencies]\nd = ["e"]\n[dependency-groups]\nf = ["g"]\n'
        ),
        b'[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\npython = "^3.11"\na = "*"\n',
        b'[build-system]\nrequires = ["hatchling"]\n[project]\nname = "y"\ndynamic = ["version"]\n',
    ],
    "Pipfile.lock": [
        (
            b'{"_meta": {"sources": [{"url": "https://h/index"}]}, "default": {"a": {"version": '
            b'"==1", "hashes": ["sha256:00"]}, "b": {"path": "./b", "editable": true}}}'
        ),
    ],
}
LINES = [
    b"--servers uvicorn,granian==2.0 --rate 100 --rounds 3 --budget 5m --connections 32 --seed 1",
    b"--servers uvicorn --workload get_item,mixed --name a --name b --precision 2% --workers 1",
    b"--quick --arrivals constant --client httpx --generator-cores 2 --baseline uvicorn",
    b"--app a.b:c() --wsgi-app d:e --app-env A=b --app-setting cache=lru --tests none --format md",
]  # fmt: skip


@pytest.mark.long
def test_profiles(tmp_path: Path) -> None:
    """A TOML file that is not what it says; the file is named."""
    path = tmp_path / "mine.toml"
    refused = 0
    for text in mutants(PROFILES, 1):
        path.write_bytes(text)
        said = message("--profile", str(path), "--servers", "uvicorn", cwd=tmp_path)
        assert not said or str(path) in said, said
        refused += bool(said)
    assert refused > MANY / 3


@pytest.mark.long
def test_workloads(tmp_path: Path) -> None:
    """A Python file with an error in it, or none at all; the file is named."""
    path = tmp_path / "load.py"
    refused = 0
    for number, text in enumerate(mutants(WORKLOADS, 2)):
        path.write_bytes(text)
        said = message("--workload", str(path), "--seed", str(number), cwd=tmp_path)
        assert not said or path.name in said, said
        refused += bool(said)
    assert refused > MANY / 3


@pytest.mark.long
def test_env_files(tmp_path: Path) -> None:
    """Lines that cannot be read; the file is named, and no value is told."""
    path, load = tmp_path / "vars", tmp_path / "load.py"
    load.write_bytes(WORKLOADS[0])
    own = ("--app", "a:b", "--tests", "none", "--workload", str(load))
    for text in mutants(ENV_FILES, 3):
        path.write_bytes(text)
        said = message(*own, "--env-file", str(path), cwd=tmp_path)
        assert not said or str(path) in said, said


@pytest.mark.long
@pytest.mark.parametrize("name", REQUIREMENTS)
async def test_requirements(name: str, tmp_path: Path) -> None:
    """Lines, tables and locks that are not what they say; the file is named. Nothing is built."""
    for number, text in enumerate(mutants(REQUIREMENTS[name], 5)):
        file, scratch = tmp_path / name, tmp_path / f"scratch{number}"
        file.write_bytes(text)
        scratch.mkdir()
        said = await refusal(file, scratch)
        assert said is None or (str(tmp_path) in said and len(said.splitlines()) == 1), said


async def refusal(file: Path, scratch: Path) -> str | None:
    """What is said of a file up to where uv would install it; None: nothing."""
    try:
        asked = Requirements(file, file.parent)
        digest(asked)
        await installation(asked, scratch, no_uv)
    except ProfileError as error:
        return str(error)
    return None


async def no_uv(*arguments: str) -> None:
    """Nothing is installed."""
    raise AssertionError(arguments)


@pytest.mark.long
def test_options(tmp_path: Path) -> None:
    """Words that are no options, and values that are none."""
    for text in mutants(LINES, 4):
        line = text.decode("utf-8", errors="replace").replace("\0", "")
        try:
            words = shlex.split(line)
        except ValueError:
            words = line.split()
        if not {"-h", "--help", "--resume", "--out"} & {word.partition("=")[0] for word in words}:
            message(*words, cwd=tmp_path)
