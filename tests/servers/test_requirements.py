"""Requirements as people have them: what is found, read, passed on to uv, and told of mistakes."""

import json
from pathlib import Path

import pytest

from servers.errors import ProfileError
from servers.requirements import (
    Requirements,
    copies_folders,
    digest,
    find,
    given,
    installation,
    may_be_stale,
)
from servers.requirements.install import Installation
from tests.servers.projects import BUILT, LOCK, PIPFILE, PROJECT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project with a package in a folder of its own, and a file that others name."""
    package = tmp_path / "libs" / "pricing"
    (package / "pricing").mkdir(parents=True)
    (package / "pyproject.toml").write_text('[project]\nname = "pricing"\nversion = "1"\n')
    (package / "pricing" / "__init__.py").write_text("PRICE = 2\n")
    (tmp_path / "base.txt").write_text("idna==3.10\n")
    return tmp_path


def of(folder: Path, text: str, name: str = "requirements.txt") -> Requirements:
    """Write a file that says what is needed."""
    (folder / name).write_text(text, encoding="utf-8")
    return Requirements(folder / name, folder)


def text_of(path: str) -> str:
    """What stands in a file."""
    return Path(path).read_text(encoding="utf-8")


async def nobody(*arguments: str) -> None:
    """Stand for uv where it is not to be run."""
    raise AssertionError(arguments)


async def installed(wanted: Requirements) -> Installation:
    """What uv would be given."""
    scratch = wanted.folder / "scratch"
    scratch.mkdir()
    return await installation(wanted, scratch, nobody)


@pytest.mark.parametrize(
    "text",
    [
        "-r base.txt  # the common ones\n",
        "-rbase.txt\n",
        "--requirement=base.txt\n",
        "--requirement base.txt\n",
        "-r \\\n  base.txt\n",
        "-c 'base.txt'\n",
    ],
)
async def test_a_file_that_another_names_counts(project: Path, text: str) -> None:
    """However it is written: its contents decide, and uv finds it."""
    wanted = of(project, f"{text}h11\n")
    before = digest(wanted)
    (project / "base.txt").write_text("idna==3.11\n")
    assert digest(wanted) != before
    found = await installed(wanted)
    assert [line.text for line in found.lines if line.requirement] == ["h11", "idna==3.11"]
    copy = text_of(found.arguments[1])
    named = copy.split()[1]
    assert text_of(named) == "idna==3.11\n"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-be"])
async def test_any_unicode_is_read(project: Path, encoding: str) -> None:
    """As PowerShell and editors write it; uv is given UTF-8."""
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    wanted = of(project, "")
    wanted.file.write_bytes(f"{mark}fastapi\r\nhttpx\r\n".encode(encoding))
    found = await installed(wanted)
    assert text_of(found.arguments[1]).split() == ["fastapi", "httpx"]


async def test_hashes_are_asked_of_those_lines_alone_that_have_them(project: Path) -> None:
    """A server has none: to require hashes would leave every server out."""
    wanted = of(project, "--require-hashes\nidna==3.10 \\\n    --hash=sha256:00\n")
    found = await installed(wanted)
    copy = text_of(found.arguments[1])
    assert copy == "\nidna==3.10 \\\n    --hash=sha256:00\n"
    assert list(found.pins) == ["idna"]


@pytest.mark.parametrize(
    ("line", "copied"),
    [
        ("./libs/pricing", True),
        ("libs/pricing/", True),
        ("pricing @ file:libs/pricing", True),
        ("./libs/pricing[extra] ; python_version > '3'", True),
        ("-e ./libs/pricing", False),
        ("--editable=libs/pricing", False),
    ],
)
def test_code_of_a_package_counts_where_it_is_copied(
    project: Path, line: str, *, copied: bool
) -> None:
    """Installed in place, its code is not in the environment; how it is built counts always."""
    wanted = of(project, f"{line}\n")
    package = project / "libs" / "pricing"
    first = digest(wanted)
    (package / "build").mkdir()
    (package / "build" / "left.py").touch()
    (package / "pricing" / "__pycache__").mkdir()
    (package / "pricing" / "__pycache__" / "x.pyc").touch()
    assert digest(wanted) == first
    (package / "pricing" / "__init__.py").write_text("PRICE = 3\n")
    second = digest(wanted)
    assert (second != first) is copied
    assert copies_folders(wanted) is copied
    (package / "pyproject.toml").write_text('[project]\nname = "pricing"\nversion = "2"\n')
    assert digest(wanted) != second


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"fastapi\n-r gone.txt\n", "requirements.txt' line 2: '-r gone.txt' names a file that"),
        (b"fastapi\nfl\0ask\n", "requirements.txt' line 2: it contains a NUL byte"),
        (b"fastapi\n# f\xfcr\n", "requirements.txt' line 2: not UTF-8 text (byte 0xfc)"),
        (b"\x7fELF\xff\xfe\x00", "requirements.txt' line 1: not UTF-8 text (byte 0xff)"),
    ],
)
def test_what_is_no_requirements_file(project: Path, text: bytes, said: str) -> None:
    """One line, with file and line."""
    wanted = of(project, "")
    wanted.file.write_bytes(text)
    with pytest.raises(ProfileError) as caught:
        digest(wanted)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_name_each_other(project: Path) -> None:
    """Each is read once."""
    wanted = of(project, "-r requirements.txt\n-r base.txt\n")
    (project / "base.txt").write_text("-r requirements.txt\nidna\n")
    assert digest(wanted)


@pytest.mark.parametrize(
    ("names", "found", "beside"),
    [
        (("requirements.txt", "pyproject.toml", "uv.lock"), "uv.lock",
         ("requirements.txt", "pyproject.toml")),
        (("requirements.txt", "pyproject.toml"), "requirements.txt", ("pyproject.toml",)),
        (("Pipfile.lock", "poetry.lock"), "poetry.lock", ("Pipfile.lock",)),
        (("Pipfile.lock", "Pipfile"), "Pipfile.lock", ()),
        (("Pipfile",), "Pipfile", ()),
        (("pyproject.toml",), "pyproject.toml", ()),
    ],
)  # fmt: skip
def test_what_is_found(
    tmp_path: Path, names: tuple[str, ...], found: str, beside: tuple[str, ...]
) -> None:
    """A lock first, for it is what is deployed; in the app's folder, or above it."""
    app = tmp_path / "src"
    app.mkdir()
    for name in names:
        (tmp_path / name).write_text('[project]\nname = "x"\n')
    seen = find(app, tmp_path)
    assert seen is not None
    assert (seen.file, seen.folder, seen.beside) == (tmp_path / found, tmp_path, beside)
    assert find(app, app) is None  # never above where the command was given


def test_a_pyproject_of_tools_alone_says_nothing(tmp_path: Path) -> None:
    """It is not taken for what an app needs."""
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 100\n")
    assert find(tmp_path, tmp_path) is None


@pytest.mark.parametrize(
    ("file", "app", "typed", "folder"),
    [
        ("p/requirements.txt", "p", ".", "p"),
        ("p/requirements/app.txt", "p", "p", "p"),
        ("p/requirements.txt", "p/src", "p", "p"),
        ("p/requirements/app.txt", "p/src", "p", "p"),
        ("common/app.txt", "p", "p", "p"),
        ("common/pyproject.toml", "p", "p", "common"),
    ],
)
def test_paths_begin_in_the_project(
    tmp_path: Path, file: str, app: str, typed: str, folder: str
) -> None:
    """As far as one can tell it from where app and file lie, and where the command was given."""
    found = given(tmp_path / file, tmp_path / app, tmp_path / typed)
    assert found.folder == tmp_path / folder


async def test_a_project(tmp_path: Path) -> None:
    """Its dependencies, extras and groups; the line is known on which a pin stands."""
    of(tmp_path, PROJECT, "pyproject.toml")
    file = tmp_path / "pyproject.toml"
    found = await installed(Requirements(file, tmp_path, ("pay",), ("dev",)))
    assert found.arguments == ("-r", str(file), "--extra", "pay", "--group", f"{file}:dev")
    assert found.without_project == found.arguments
    assert found.pins["uvicorn"].place == "pyproject.toml line 5"


async def test_a_project_that_is_a_package(tmp_path: Path) -> None:
    """It is installed in place, as uv and poetry do, if it can be built."""
    wanted = of(tmp_path, PROJECT + BUILT, "pyproject.toml")
    found = await installed(wanted)
    assert found.arguments == ("--editable", str(tmp_path))
    assert found.without_project == ("-r", str(wanted.file))


@pytest.mark.parametrize(
    ("extras", "groups", "said"),
    [
        (("nope",), (), r"--extra 'nope' is not in '.*pyproject\.toml'; it has: pay"),
        ((), ("nope",), r"--group 'nope' is not in '.*pyproject\.toml'; it has: dev"),
    ],
)
async def test_extras_and_groups_that_are_not_there(
    tmp_path: Path, extras: tuple[str, ...], groups: tuple[str, ...], said: str
) -> None:
    """Those that are, are named."""
    wanted = of(tmp_path, PROJECT, "pyproject.toml")
    with pytest.raises(ProfileError, match=said):
        await installed(Requirements(wanted.file, tmp_path, extras, groups))


def test_plain_requirements_have_no_extras(tmp_path: Path) -> None:
    """It is said what has."""
    with pytest.raises(ProfileError, match="--extra 'x' chooses from"):
        Requirements(tmp_path / "requirements.txt", tmp_path, ("x",))


async def test_a_project_of_poetry_that_is_no_package(tmp_path: Path) -> None:
    """Nobody but poetry reads its tables: its lock is asked for."""
    text = '[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\nidna = "^3"\n'
    with pytest.raises(ProfileError, match="with 'poetry lock'"):
        await installed(of(tmp_path, text, "pyproject.toml"))


async def test_a_lock_of_pipenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions, markers, hashes, indexes, folders and repositories, as they are locked."""
    monkeypatch.setenv("NAME", "me")
    of(tmp_path, json.dumps(LOCK), "Pipfile.lock")
    wanted = Requirements(tmp_path / "Pipfile.lock", tmp_path, (), ("dev",))
    found = await installed(wanted)
    assert text_of(found.arguments[1]).splitlines() == [
        "idna==3.10 ; python_version>'3' --hash=sha256:00",
        "uvicorn[standard]==0.22.0",
        "-e .",
        "odd @ git+https://h/odd.git@abc",
        "pytest",
    ]
    assert found.indexes == ("https://me@a/x", "https://b/x")
    assert found.pins["uvicorn"].place == "Pipfile.lock"


async def test_a_pipfile_without_its_lock(tmp_path: Path) -> None:
    """What it asks for, in the versions that fit; tables of other kinds are no groups."""
    of(tmp_path, PIPFILE, "Pipfile")
    wanted = Requirements(tmp_path / "Pipfile", tmp_path, (), ("dev", "load"))
    found = await installed(wanted)
    assert text_of(found.arguments[1]).splitlines() == [
        "idna",
        "-e .",
        "uvicorn[standard]>=0.30 ; (sys_platform == 'linux') and (python_version >= '3.8')",
        "pytest",
        "locust>2",
    ]
    assert found.indexes == ("https://a/x",)
    assert found.pins["uvicorn"].place == "Pipfile"
    before = digest(wanted)
    (tmp_path / "Pipfile").write_text(PIPFILE.replace("0.30", "0.31"), encoding="utf-8")
    assert digest(wanted) != before


@pytest.mark.parametrize("text", ["[", "packages = 3", "[packages]\nx = 1", "[[packages]]\nx = ''"])
async def test_what_is_no_pipfile(tmp_path: Path, text: str) -> None:
    """One line that names the file."""
    with pytest.raises(ProfileError, match=r"Pipfile' is not valid TOML|is not a valid Pipfile"):
        await installed(of(tmp_path, text, "Pipfile"))


@pytest.mark.parametrize("text", ["", "[]", "{", '{"default": 3}', '{"default": {"x": 1}}'])
async def test_what_is_no_lock_of_pipenv(tmp_path: Path, text: str) -> None:
    """One line that names the file."""
    with pytest.raises(ProfileError, match=r"Pipfile\.lock"):
        await installed(of(tmp_path, text, "Pipfile.lock"))


@pytest.mark.parametrize("name", ["uv.lock", "poetry.lock"])
async def test_locks_are_read_by_their_own_tools(tmp_path: Path, name: str) -> None:
    """What these write is installed, and the project in place if it is a package."""
    of(tmp_path, PROJECT + BUILT, "pyproject.toml")
    wanted = of(tmp_path, "", name)
    asked: list[tuple[str, ...]] = []

    async def exporting(*arguments: str) -> None:
        asked.append(arguments)
        of(scratch, "uvicorn==0.22.0\n", Path(arguments[-1]).name)

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    found = await installation(Requirements(wanted.file, tmp_path, ("pay",)), scratch, exporting)
    assert "export" in asked[0]
    assert "pay" in asked[0]
    assert ("--locked" in asked[0]) is (name == "uv.lock")  # a stale lock is refused, as by poetry
    assert found.arguments[-2:] == ("--editable", str(tmp_path))
    assert found.pins["uvicorn"].place == name


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("setup.py", "setup(install_requires=open('requirements/prod.txt').read())", "setup.py"),
        ("setup.py", "setup(install_requires=[*Path('requirements').glob('*')])", "setup.py"),
        ("setup.cfg", "[options]\ninstall_requires = file: requirements/prod.txt\n", "setup.cfg"),
        ("setup.py", "setup(install_requires=open('requirements/prod.txt').read())", "-e .\n"),
    ],
)
def test_a_file_that_a_setup_reads_counts(tmp_path: Path, name: str, text: str, read: str) -> None:
    """Whichever file names the project: what its setup reads decides what is installed."""
    (tmp_path / name).write_text(text)
    (tmp_path / "requirements").mkdir()
    wanted = of(tmp_path, read) if read != name else Requirements(tmp_path / name, tmp_path)
    pins = tmp_path / "requirements" / "prod.txt"
    pins.write_text("six==1.16.0\n")
    before = digest(wanted)
    (tmp_path / "main.py").write_text("CODE = 1\n")
    assert digest(wanted) == before
    pins.write_text("six==1.17.0\n")
    assert digest(wanted) != before


def test_a_member_of_the_workspace_counts(tmp_path: Path) -> None:
    """A project takes it from there by its name alone."""
    (tmp_path / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    api, shared = tmp_path / "packages" / "api", tmp_path / "packages" / "shared"
    for folder in (api, shared):
        folder.mkdir(parents=True)
        (folder / "pyproject.toml").write_text(f'[project]\nname = "{folder.name}"\n')
    wanted = Requirements(api / "pyproject.toml", api)
    before = digest(wanted)
    (shared / "pyproject.toml").write_text('[project]\nname = "shared"\ndependencies = ["six"]\n')
    assert digest(wanted) != before


@pytest.mark.parametrize("line", ["./loop\n", "-r loop\n"])
def test_a_link_in_a_loop_is_no_file(tmp_path: Path, line: str) -> None:
    """Whoever reads the line says so: there is no traceback."""
    (tmp_path / "loop").symlink_to("loop")
    wanted = of(tmp_path, line)
    if line.startswith("-r"):
        with pytest.raises(ProfileError, match="names a file that does not exist"):
            digest(wanted)
    else:
        assert digest(wanted)


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"setup.py": "setup(install_requires=['six'])"}, "setup.py"),
        ({"setup.cfg": "[options]\ninstall_requires = six\n", "setup.py": "setup()"}, "setup.cfg"),
        ({"setup.cfg": "[options]\ninstall_requires = six\n", "pyproject.toml": BUILT},
         "pyproject.toml"),
        ({"setup.cfg": "[flake8]\n", "pyproject.toml": BUILT}, None),
    ],
)  # fmt: skip
def test_what_setuptools_reads_is_found(
    tmp_path: Path, files: dict[str, str], found: str | None
) -> None:
    """Where it says what the app needs; once."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    there = find(tmp_path, tmp_path)
    assert (there.file.name if there else None) == found
    assert there is None or there.beside == ()


@pytest.mark.parametrize(
    ("name", "text", "stale"),
    [
        ("setup.py", "", True),
        ("setup.cfg", "", True),
        ("pyproject.toml", '[project]\nname = "x"\ndynamic = ["dependencies"]\n', True),
        ("pyproject.toml", '[project]\nname = "x"\nversion = "1"\n', False),
    ],
)
def test_what_uv_has_built_before_may_be_stale(
    tmp_path: Path, name: str, text: str, *, stale: bool
) -> None:
    """It does not look at the files from which a setup reads what is needed."""
    (tmp_path / name).write_text(text)
    assert may_be_stale(of(tmp_path, "-e .\n")) is stale
