"""What an app missed, as its log tells, and how it is given."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from servers.apps.app import App, StartFolder
from servers.environments.environment import Environment
from servers.errors import ProfileError
from servers.import_check.importing import check_import
from servers.import_check.missing_environment import advice, variables
from servers.profile import Interface, Profile

PROFILE = Profile("x", Interface.ASGI, "X", argv=("x",))
ENVIRONMENT = Environment(Path(sys.prefix), {})
OF_ENVIRON = """
Traceback (most recent call last):
  File "/shop/main.py", line 3, in <module>
    KEY = os.environ["SHOP_KEY"]
          ~~~~~~~~~~^^^^^^^^^^^^
  File "<frozen os>", line 679, in __getitem__
KeyError: 'SHOP_KEY'
ERROR:    Application startup failed. Exiting.
"""
OF_SETTINGS = """
    Settings()
pydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings
db_url
  Field required [type=missing, input_value={}, input_type=dict]
    For further information visit https://errors.pydantic.dev/2.14/v/missing
title
  Field required [type=missing, input_value={}, input_type=dict]
    For further information visit https://errors.pydantic.dev/2.14/v/missing
[2026-01-01 00:00:00 +0000] [7] [ERROR] Application startup failed. Exiting.
"""
TOLD = [
    (OF_ENVIRON, ("SHOP_KEY",)),
    (OF_SETTINGS, ("DB_URL", "TITLE")),
    (OF_SETTINGS.replace("for Settings", "for Order"), ()),
    ("KeyError: 'SHOP_KEY'", ()),
    ("KeyError: \"Config 'SHOP_KEY' is missing, and has no default.\"", ("SHOP_KEY",)),
    ('environs.exceptions.EnvError: Environment variable "KEY" not set', ("KEY",)),
    ("decouple.UndefinedValueError: SHOP_KEY not found. Declare it as envvar", ("SHOP_KEY",)),
    (
        "django.core.exceptions.ImproperlyConfigured: Set the SHOP_KEY environment variable",
        ("SHOP_KEY",),
    ),
    ("RuntimeError: SHOP_URL must be a URL in the environment", ("SHOP_URL",)),
    ("ValueError: HOST is not what it should be", ()),
    ("", ()),
]


@pytest.mark.parametrize(("log", "expected"), TOLD)
def test_variables_that_a_log_names(log: str, expected: tuple[str, ...]) -> None:
    """Of os.environ, of models of settings, and of what else reads them."""
    assert variables(log.splitlines()) == expected


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    """An app in the folder where the command is given."""
    monkeypatch.chdir(tmp_path)
    return App("main:app", None, tmp_path, place=StartFolder.PROJECT)


def advised(app: App, log: str = OF_ENVIRON) -> str:
    """What is said of a log."""
    return advice(log.splitlines(), app)


def test_a_dotenv_that_has_it_is_named(app: App) -> None:
    """With the option that gives it."""
    (app.directory / ".env").write_text("SHOP_KEY=hidden\n", encoding="utf-8")
    said = advised(app)
    assert said == (
        "the variable SHOP_KEY is missing, because servers get only those they are given; "
        "'.env' has SHOP_KEY: pass that file with --env-file .env"
    )


def test_a_dotenv_elsewhere_is_named_by_its_path(app: App) -> None:
    """In the folder of the app, from wherever the command is given."""
    (app.directory / "shop").mkdir()
    (app.directory / "shop" / ".env").write_text("db_url=x\n", encoding="utf-8")
    said = advised(replace(app, directory=app.directory / "shop"), OF_SETTINGS)
    assert "variables DB_URL and TITLE are missing" in said
    assert "'shop/.env' has DB_URL: pass that file with --env-file shop/.env" in said


def test_a_dotenv_without_it_is_no_remedy(app: App) -> None:
    """It is said, for one might think that it has it."""
    (app.directory / ".env").write_text("OTHER=1\n", encoding="utf-8")
    assert "set it with --app-env SHOP_KEY=VALUE, or in a file with --env-file" in advised(app)
    assert "('.env' does not set it)" in advised(app)


def test_a_variable_of_ones_own_environment_is_said(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what passes it on, and without its value."""
    monkeypatch.setenv("SHOP_KEY", "hidden")
    said = advised(app)
    assert (
        'your own environment has SHOP_KEY: pass it on with --app-env SHOP_KEY="$SHOP_KEY"' in said
    )
    assert "hidden" not in said


NO_DIRECTORY = "RuntimeError: Directory 'static' does not exist"
NO_FILE = "FileNotFoundError: [Errno 2] No such file or directory: 'static/a.json'"


@pytest.mark.parametrize("log", [NO_DIRECTORY, NO_FILE])
def test_a_file_of_the_project_in_an_empty_folder(app: App, log: str) -> None:
    """It is there, and servers start elsewhere."""
    (app.directory / "static").mkdir()
    (app.directory / "static" / "a.json").touch()
    said = advised(replace(app, place=StartFolder.EMPTY), log)
    assert "exists, but servers are started in an empty folder: leave out --isolated" in said


def test_a_file_that_is_not_copied(app: App) -> None:
    """What makes copies huge is left out of them."""
    (app.directory / "node_modules").mkdir()
    log = NO_DIRECTORY.replace("static", "node_modules")
    said = advised(replace(app, place=StartFolder.COPY), log)
    assert said == "'node_modules' is not in copies of its folder: leave out --copy"


def test_a_file_that_is_not_in_the_project(app: App) -> None:
    """The folder was another one."""
    assert advised(app, NO_FILE).endswith(
        "which has no 'static/a.json': give the folder that has it with --app-dir"
    )


@pytest.mark.parametrize(
    "log",
    [
        "ModuleNotFoundError: No module named 'x'",
        NO_FILE.replace("static", "/static"),
        f'  File "/usr/lib/python3.11/subprocess.py", line 1, in _execute_child\n{NO_FILE}',
    ],
)
def test_what_says_nothing_of_this(app: App, log: str) -> None:
    """Another error, a file by its whole path, a program."""
    assert advised(app, log) == ""


SETTINGS = """
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic import BaseModel, Field

class Database(BaseModel):
    url: str

class Base(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_", env_nested_delimiter="__")

class Settings(Base):
    title: str
    key: str = Field(validation_alias="ApiKey")
    database: Database

try:
    Settings(database={})
except ValueError as error:
    raise RuntimeError("no settings") from error
"""
SETTINGS_OF_1 = """
from pydantic.v1 import BaseSettings, Field

class Settings(BaseSettings):
    title: str
    key: str = Field(..., env="API_KEY")

    class Config:
        env_prefix = "SHOP_"

Settings()
"""


@pytest.mark.parametrize(
    ("module", "named"),
    [
        (SETTINGS, "SHOP_TITLE, APIKEY and SHOP_DATABASE__URL"),
        (SETTINGS_OF_1, "SHOP_TITLE and API_KEY"),
    ],
)
async def test_variables_of_a_model_of_settings(app: App, module: str, named: str) -> None:
    """By their whole names: prefix, alias, and what is nested; in both versions of pydantic."""
    (app.directory / "main.py").write_text(module, encoding="utf-8")
    with pytest.raises(ProfileError, match=f"the variables {named} are missing"):
        await check_import(PROFILE, ENVIRONMENT, app, app.directory / "log")


async def test_an_error_that_only_has_the_name_of_one(app: App) -> None:
    """It is told as it is."""
    (app.directory / "main.py").write_text(
        "class ValidationError(Exception): ...\nraise ValidationError('no')", encoding="utf-8"
    )
    with pytest.raises(ProfileError, match=r"ValidationError: no; it was raised in 'main\.py'"):
        await check_import(PROFILE, ENVIRONMENT, app, app.directory / "log")
