"""Small projects, and which app of theirs is found: their source is read, and never run."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from servers.discovery import FoundApp, search
from servers.discovery.module import read_module
from servers.discovery.walk import DEEPEST, MOST_BYTES, MOST_FILES, MOST_IN_FOLDER
from servers.profile import Interface
from tests.fuzz.mutations import mutated

FASTAPI = "from fastapi import FastAPI\n\napp = FastAPI()\n"
FLASK = "from flask import Flask\n\napp = Flask(__name__)\n"
FACTORY = """
from fastapi import FastAPI

def create_app(debug=False) -> FastAPI:
    app = FastAPI()
    return app
"""
DJANGO = "from django.core.{0} import get_{0}_application\n\napplication = get_{0}_application()\n"
NOTHING = "raise SystemExit('this was imported')\n"


def tree(root: Path, files: Mapping[str, str]) -> Path:
    """A project with these files."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def chosen(root: Path, *, fixed: bool = False) -> tuple[str, str] | None:
    """The target that is chosen, and the folder it is imported from, as seen from the project."""
    found = search(root, fixed=fixed).chosen
    return None if found is None else (found.target, os.path.relpath(found.directory, root))


@pytest.mark.parametrize(
    ("files", "target", "directory"),
    [
        ({"main.py": FASTAPI}, "main:app", "."),
        ({"app.py": FLASK}, "app:app", "."),
        ({"app/__init__.py": "", "app/main.py": FASTAPI}, "app.main:app", "."),
        ({"app/main.py": FASTAPI}, "app.main:app", "."),
        ({"app/main.py": f"import x\n{FASTAPI}", "app/x.py": ""}, "main:app", "app"),
        ({"app/main.py": "from .routes import r\n" + FASTAPI}, "app.main:app", "."),
        ({"src/main.py": FASTAPI}, "main:app", "src"),
        ({"src/main.py": f"import src.x\n{FASTAPI}", "src/x.py": ""}, "src.main:app", "."),
        ({"src/shop/__init__.py": "", "src/shop/main.py": FASTAPI}, "shop.main:app", "src"),
        ({"src/a/main.py": f"import a.x\n{FASTAPI}", "src/a/x.py": ""}, "a.main:app", "src"),
        ({"src/__init__.py": "", "src/main.py": FASTAPI}, "src.main:app", "."),
        ({"shop/__init__.py": FASTAPI}, "shop:app", "."),
        ({"shop/asgi.py": FASTAPI}, "shop.asgi:app", "."),
        ({"shop/main.py": FACTORY}, "shop.main:create_app()", "."),
        ({"shop/main.py": FACTORY + "\napp = create_app()\n"}, "shop.main:app", "."),
        ({"backend/pyproject.toml": "", "backend/app/main.py": FASTAPI, "pyproject.toml": ""},
         "app.main:app", "backend"),
        ({"manage.py": "", "web/asgi.py": DJANGO.format("asgi")}, "web.asgi:application", "."),
        ({"shop/__init__.py": FACTORY.replace("debug=False", "settings"),
          "wsgi.py": "from shop import create_app\n\napp = create_app('x')\n"}, "wsgi:app", "."),
        ({"shop/__init__.py": FACTORY.replace("debug=False", "settings"),
          "shop/web.py": "from . import create_app as c\n\napp = c('x')\n",
          "shop/y.py": "user = x.create_app()\nother = create_app()\n"}, "shop.web:app", "."),
    ],
)  # fmt: skip
def test_what_a_project_has(
    files: Mapping[str, str], target: str, directory: str, tmp_path: Path
) -> None:
    """One app, in one of the places in which people have it."""
    assert chosen(tree(tmp_path, files)) == (target, directory)


@pytest.mark.parametrize(
    ("source", "attribute", "framework", "interface"),
    [
        (FASTAPI, "app", "FastAPI", Interface.ASGI),
        (FLASK, "app", "Flask", Interface.WSGI),
        ("import fastapi\napp = fastapi.FastAPI()", "app", "FastAPI", Interface.ASGI),
        ("import fastapi as f\napi: f.FastAPI = f.FastAPI()", "api", "FastAPI", Interface.ASGI),
        ("from fastapi import FastAPI as F\nx = F()", "x", "FastAPI", Interface.ASGI),
        ("from fastapi import FastAPI\napp: FastAPI = made()", "app", "FastAPI", Interface.ASGI),
        ("from fastapi.applications import FastAPI\na = FastAPI()", "a", "FastAPI", Interface.ASGI),
        (
            "from starlette.applications import Starlette\na = b = Starlette()",
            "a", "Starlette", Interface.ASGI,
        ),
        ("from quart import Quart\napp = Quart(__name__)", "app", "Quart", Interface.ASGI),
        ("from litestar import Litestar\napp = Litestar([])", "app", "Litestar", Interface.ASGI),
        ("import falcon.asgi\napp = falcon.asgi.App()", "app", "Falcon", Interface.ASGI),
        ("import falcon\napp = falcon.App()", "app", "Falcon", Interface.WSGI),
        ("import bottle\napp = bottle.default_app()", "app", "Bottle", Interface.WSGI),
        (
            "from flask import Flask\nimport asgiref.wsgi as w\napp = w.WsgiToAsgi(Flask('x'))",
            "app", "WsgiToAsgi", Interface.ASGI,
        ),
        (
            "from fastapi import FastAPI\napi = FastAPI()\napp = Cors(api, origins=['*'])",
            "app", "FastAPI", Interface.ASGI,
        ),
        (
            "from fastapi import FastAPI\nclass Shop(FastAPI): ...\napp = Shop()",
            "app", "FastAPI", Interface.ASGI,
        ),
        (
            "try:\n  from fastapi import FastAPI\nfinally:\n  with x:\n    app = FastAPI()",
            "app", "FastAPI", Interface.ASGI,
        ),
        ("from fastapi import FastAPI\ndef make_app():\n  return FastAPI()",
         "make_app()", "FastAPI", Interface.ASGI),
        ("def create_app() -> 'Flask':\n  from flask import Flask\n  return Flask('x')",
         "create_app()", "Flask", Interface.WSGI),
        ("import fastapi\ndef make() -> fastapi.FastAPI: ...", "make()", "FastAPI", Interface.ASGI),
        (
            "from datasette.app import Datasette\napp = Datasette(\n  ['x.db']\n).app()",
            "app", "Datasette", Interface.ASGI,
        ),
        (
            "import xpublish\nrest = xpublish.Rest(data())\napp = rest.app",
            "app", "Rest", Interface.ASGI,
        ),
        ("import old\nsite = old.Site()\napp = site.wsgi_app", "app", "Site", Interface.WSGI),
        (
            "from flask import Flask\napplication = Flask('x').wsgi_app",
            "application", "Flask", Interface.WSGI,
        ),
        (
            "from datasette.app import Datasette\ndef create_app():\n  return Datasette([]).app()",
            "create_app()", "Datasette", Interface.ASGI,
        ),
    ],
)  # fmt: skip
def test_ways_of_writing_an_app(
    source: str, attribute: str, framework: str, interface: Interface, tmp_path: Path
) -> None:
    """By any alias, annotated, wrapped in a middleware, in a class of its own, by a function."""
    (tmp_path / "main.py").write_text(source, encoding="utf-8")
    found = [app for app in search(tmp_path).found if app.target == f"main:{attribute}"]
    assert [(app.framework, app.interface) for app in found] == [(framework, interface)]


@pytest.mark.parametrize(
    "source",
    [
        "from fastapi import FastAPI\nif __name__ == '__main__':\n  app = FastAPI()",
        "from fastapi import FastAPI\ndef helper():\n  app = FastAPI()",
        "from fastapi import FastAPI\ndef create_app(settings) -> FastAPI: ...",
        "from fastapi import FastAPI\nasync def create_app() -> FastAPI: ...",
        "from fastapi import FastAPI\n@fixture\ndef create_app() -> FastAPI: ...",
        "from fastapi import FastAPI, APIRouter\nrouter = APIRouter()",
        "from mine import FastAPI\napp = FastAPI()",
        "# FastAPI\napp = 1",
        "from fastapi import FastAPI\napps = {}\napps['a'] = FastAPI()",
        "from fastapi import FastAPI\napp = FastAPI(",
        "from mine import settings\napp = settings.app",
        "from mine import Settings\nname = Settings().app",
    ],
)
def test_what_is_no_app_to_import(source: str, tmp_path: Path) -> None:
    """What only a program has, what needs arguments, what has that name alone, what is broken."""
    (tmp_path / "main.py").write_text(source, encoding="utf-8")
    assert search(tmp_path).found == ()


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"main.py": FASTAPI, "admin/main.py": FASTAPI}, "main:app"),
        ({"shop/main.py": FASTAPI, "asgi.py": FASTAPI}, "asgi:app"),
        ({"shop/main.py": FASTAPI, "shop/asgi.py": FASTAPI}, "shop.main:app"),
        ({"shop/main.py": FASTAPI, "shop/web/main.py": FASTAPI}, "shop.main:app"),
        ({"shop/main.py": FASTAPI, "hello.py": FASTAPI}, "shop.main:app"),
        ({"main.py": FASTAPI + "other = FastAPI()\n"}, "main:app"),
        ({"main.py": FACTORY + "other = FastAPI()\n"}, "main:other"),
        ({"main.py": FASTAPI, "app.py": FASTAPI}, None),
        ({"shop/main.py": FASTAPI, "admin/main.py": FASTAPI}, None),
        ({"main.py": FASTAPI.replace("app", "a") + "b = FastAPI()\n"}, None),
        (
            {"shop/main.py": FASTAPI, "admin/main.py": FASTAPI,
             "pyproject.toml": "[project.scripts]\nshop = 'shop.main:run'"},
            "shop.main:app",
        ),
    ],
)  # fmt: skip
def test_the_likeliest_of_several(
    files: Mapping[str, str], expected: str | None, tmp_path: Path
) -> None:
    """In the order that docs/own-app.md gives; two that are as likely are not decided between."""
    found = search(tree(tmp_path, files))
    assert (found.chosen.target if found.chosen else None) == expected
    assert len(found.found) > 1


BOTH = {"shop/main.py": FASTAPI, "admin/main.py": FASTAPI, "main.py": FASTAPI}


@pytest.mark.parametrize(
    ("file", "text", "target"),
    [
        ("pyproject.toml", "[tool.fastapi]\nentrypoint = 'shop.main:app'", "shop.main:app"),
        ("Procfile", "web: uvicorn admin.main:app --host 0.0.0.0 --port $PORT", "admin.main:app"),
        ("Dockerfile", 'FROM uvicorn:main\nCMD ["uvicorn", "shop.main:app"]', "shop.main:app"),
        ("Dockerfile", "CMD gunicorn \\\n -k uvicorn.workers.W shop.main:app", "shop.main:app"),
        ("Dockerfile", "CMD fastapi run shop/main.py --port 80", "shop.main:app"),
        ("Procfile", "web: gunicorn -c python:conf.gunicorn shop.main:app", "shop.main:app"),
        ("Procfile", "web: gunicorn --logger-class=a.log:L shop.main:app", "shop.main:app"),
        ("Procfile", "web: gunicorn -k shop.work:W --reload shop.main:app", "shop.main:app"),
        ("Procfile", "web: uvicorn elsewhere.main:app", "main:app"),
        ("Procfile", "# uvicorn shop.main:app", "main:app"),
        ("Procfile", "a: uvicorn shop.main:app\nb: uvicorn admin.main:app", None),
        ("pyproject.toml", "[tool.fastapi", "main:app"),
        ("pyproject.toml", "tool = 1", "main:app"),
    ],
)  # fmt: skip
def test_what_the_project_says_wins(
    file: str, text: str, target: str | None, tmp_path: Path
) -> None:
    """How it is started elsewhere, if there is such an app."""
    found = search(tree(tmp_path, {**BOTH, file: text})).chosen
    assert (found.target if found else None) == target
    if target != "main:app":
        assert found is None or found.told_by == file


def test_the_folder_that_the_project_says(tmp_path: Path) -> None:
    """Its modules are imported from there."""
    tree(tmp_path, {**BOTH, "compose.yaml": "    command: uvicorn --app-dir shop main:app"})
    assert chosen(tmp_path) == ("main:app", "shop")


def test_an_app_that_only_the_project_names(tmp_path: Path) -> None:
    """How servers call it follows from the server."""
    tree(tmp_path, {"shop/main.py": "app = make()", "Procfile": "web: gunicorn shop.main:app"})
    found = search(tmp_path).chosen
    assert found == FoundApp(
        "shop.main:app", Interface.WSGI, None, tmp_path / "shop" / "main.py", tmp_path,
        told_by="Procfile",
    )  # fmt: skip


def test_both_interfaces_of_django(tmp_path: Path) -> None:
    """One app, with what WSGI servers run."""
    files = {f"config/{name}.py": DJANGO.format(name) for name in ("asgi", "wsgi")}
    found = search(tree(tmp_path, {**files, "manage.py": ""})).chosen
    assert found is not None
    assert (found.target, found.wsgi) == ("config.asgi:application", "config.wsgi:application")


@pytest.mark.parametrize("told", [{}, {"Procfile": "web: uvicorn app:app"}])
def test_a_module_beside_a_package_of_its_name(told: Mapping[str, str], tmp_path: Path) -> None:
    """The package is what is imported."""
    files = {"app.py": FLASK, "app/__init__.py": FASTAPI, **told}
    found = search(tree(tmp_path, files)).chosen
    assert found is not None
    assert (found.file, found.interface) == (tmp_path / "app" / "__init__.py", Interface.ASGI)


def test_gunicorns_short_form(tmp_path: Path) -> None:
    """What Django's pages tell people to write."""
    files = {f"config/{name}.py": DJANGO.format(name) for name in ("asgi", "wsgi")}
    found = search(tree(tmp_path, {**files, "Procfile": "web: gunicorn config.wsgi"})).chosen
    assert found is not None
    assert (found.target, found.interface) == ("config.wsgi:application", Interface.WSGI)


@pytest.mark.parametrize(
    "folder",
    [
        *(".venv", "venv", "made", "node_modules", "tests", ".hidden", "site-packages"),
        "/".join("a" * (DEEPEST + 1)),
    ],
)
def test_where_nothing_is_looked_for(folder: str, tmp_path: Path) -> None:
    """What is no source of the project's."""
    tree(tmp_path, {"pyproject.toml": "", f"{folder}/main.py": FASTAPI, "made/pyvenv.cfg": ""})
    assert search(tmp_path).found == ()


def test_the_projects_of_a_folder_that_is_none(tmp_path: Path) -> None:
    """Where they all lie side by side, none is meant."""
    tree(tmp_path, {"a/pyproject.toml": "", "a/main.py": FASTAPI})
    assert search(tmp_path).found == ()


@pytest.mark.parametrize("file", ["pyproject.toml", ".git/HEAD"])
def test_a_project_within_a_repository(file: str, tmp_path: Path) -> None:
    """A back end beside a front end; a compose file says which."""
    compose = {"compose.yaml": '    command: fastapi run --reload "app/main.py"'}
    parts = {"a/pyproject.toml": "", "a/app/main.py": FASTAPI, "b/main.py": FASTAPI}
    tree(tmp_path, {file: "", **parts})
    assert chosen(tmp_path) == ("b.main:app", ".")
    assert chosen(tree(tmp_path, compose)) == ("app.main:app", "a")


def test_a_folder_that_was_named_is_what_modules_are_imported_from(tmp_path: Path) -> None:
    """Whatever its layout would tell."""
    tree(tmp_path, {"src/shop/main.py": FASTAPI, "Procfile": "web: uvicorn shop.main:app"})
    assert chosen(tmp_path) == ("shop.main:app", "src")
    assert chosen(tmp_path, fixed=True) == ("src.shop.main:app", ".")


@pytest.mark.parametrize("told", [{}, {"Procfile": "web: uvicorn shop.main:app"}])
def test_a_project_that_was_named_imports_from_its_src(
    tmp_path: Path, told: dict[str, str]
) -> None:
    """As it does where it is the current folder: its own imports begin there."""
    tree(tmp_path, {"src/shop/main.py": FASTAPI, "pyproject.toml": "", **told})
    assert chosen(tmp_path, fixed=True) == ("shop.main:app", "src")


def test_nothing_is_run(tmp_path: Path) -> None:
    """The project's modules are not imported, nor what has their names."""
    tree(tmp_path, {"main.py": NOTHING + FASTAPI, "fastapi.py": NOTHING, "ast.py": NOTHING})
    assert chosen(tmp_path) == ("main:app", ".")


def test_odd_files(tmp_path: Path) -> None:
    """What cannot be read or parsed is skipped, and the app beside it is found."""
    calls, nested = b"app = " + b"FastAPI(" * 5000, b"FastAPI\n" + b"if x:\n" * 50
    odd = {
        "binary": b"FastAPI\x00\xff" * 100,
        "huge": FASTAPI.encode() + b"#" * MOST_BYTES,
        "deep": calls,
        "nested": nested,
        "chain": b"FastAPI\nif x: pass\n" + b"elif x: app = FastAPI()\n" * 3000,
        "sum": b"FastAPI\nx = " + b"1 + " * 50_000 + b"1\n",
        "dots": b"FastAPI\nx = FastAPI" + b".a" * 20_000 + b"()\n",
        "coded": b"# coding: nothing\nFastAPI()\n",
        "empty": b"",
    }
    for name, text in odd.items():
        (tmp_path / f"{name}.py").write_bytes(text)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self.py").symlink_to(tmp_path / "self.py")
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.py")
    os.mkfifo(tmp_path / "Procfile")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "secret").mkdir(mode=0)
    (tmp_path / "class.py").write_text(FASTAPI, encoding="utf-8")
    (tmp_path / "two-words.py").write_text(FASTAPI, encoding="utf-8")
    tree(tmp_path, {"main.py": FASTAPI})

    assert chosen(tmp_path) == ("main:app", ".")
    assert read_module(calls) is None
    assert read_module(nested) is None


def test_a_very_large_project_is_looked_at_as_far_as_is_said(tmp_path: Path) -> None:
    """Its upper folders first."""
    tree(tmp_path, {"main.py": FASTAPI})
    (tmp_path / "many").mkdir()
    for number in range(MOST_FILES):
        (tmp_path / "many" / f"m{number}.py").touch()
    found = search(tmp_path)
    assert (found.looked_at, found.cut) == (MOST_FILES, tmp_path / "many")
    assert found.chosen is not None


def test_a_folder_of_data_hides_no_app(tmp_path: Path) -> None:
    """It is passed over, however many files it has."""
    tree(tmp_path, {"shop/main.py": FASTAPI})
    (tmp_path / "data").mkdir()
    for number in range(MOST_IN_FOLDER + 1):
        (tmp_path / "data" / f"{number}.json").touch()
    found = search(tmp_path)
    assert found.cut is None
    assert found.chosen is not None


def test_nothing_is_chosen_where_a_folder_has_too_much(tmp_path: Path) -> None:
    """A likelier app may be in what was not looked at, unless the project's own files name one."""
    tree(tmp_path, {"shop/main.py": FASTAPI})
    for number in range(MOST_IN_FOLDER + 1):
        (tmp_path / "data" / str(number)).mkdir(parents=True)
    found = search(tmp_path)
    assert (found.chosen, found.cut) == (None, tmp_path / "data")
    assert [app.target for app in found.found] == ["shop.main:app"]
    tree(tmp_path, {"Procfile": "web: uvicorn shop.main:app"})
    assert chosen(tmp_path) == ("shop.main:app", ".")


ORIGINALS = [
    text.encode()
    for text in (FASTAPI, FLASK, FACTORY, DJANGO.format("asgi"), "web: uvicorn shop.main:app\n")
]


def test_fuzz(tmp_path: Path) -> None:
    """Source, and files that start servers, that are not what they say: none of them matters."""
    rng = np.random.default_rng(17)
    for number in range(500):
        for name in ("main.py", "shop.py", "Procfile", "Dockerfile", "pyproject.toml"):
            original = ORIGINALS[number % len(ORIGINALS)]
            (tmp_path / name).write_bytes(mutated(original, rng, ORIGINALS))
        found = search(tmp_path)
        assert found.chosen is None or ":" in found.chosen.target
