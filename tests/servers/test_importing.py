"""Whether there is an app: found out before any server starts, and told in one line."""

from dataclasses import replace
from pathlib import Path

import pytest

from servers.apps.app import App, StartFolder
from servers.errors import ProfileError
from servers.import_check.importing import check_import
from servers.profile import Interface
from servers.wait_limit import Patience
from tests.servers.importers import ENVIRONMENT, PROFILES

SHOP = """
import os, threading
from . import words

async def app(scope, receive, send): ...
def application(environ, start_response): ...
def of_asgi_2(scope): ...
def create(): return app
def create_for(settings=None): return app
def create_of(settings): return app
async def create_late(): return app
def create_nothing(): ...
def create_by_environment(): return app if os.environ["SHOP_CURRENCY"] else None
class Callable:
    def __call__(self, scope, receive, send): ...
instance = Callable()
number = 1
threading.Thread(target=threading.Event().wait).start()
assert os.environ["OF_THE_PROFILE"]
"""


BROKEN = {
    "gone": "import os\nprint('bye', flush=True)\nos._exit(7)\n",
    "killed": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
    "failing": "import json\nraise ValueError('no')\n",
    "below": "import inner\n",
}


@pytest.fixture
def app(tmp_path: Path) -> App:
    """A package with relative imports, which starts a thread that never ends."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "words.py").touch()
    (folder / "main.py").write_text(SHOP, encoding="utf-8")
    (folder / "broken.py").write_text("import no_such_module\n", encoding="utf-8")
    (folder / "ending.py").write_text("raise SystemExit('no config')\n", encoding="utf-8")
    for name, text in BROKEN.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    (tmp_path / "src" / "inner").mkdir(parents=True)
    return App("shop.main:app", "shop.main:application", tmp_path, place=StartFolder.PROJECT)


async def test_an_app_that_takes_long_to_import(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the time that servers have to start; meanwhile it is told what is waited for."""
    monkeypatch.setattr("servers.wait_limit.NOTIFY_AFTER_S", 0.01)
    slow = "import time\nprint('loading', flush=True)\ntime.sleep(1000)\n"
    (tmp_path / "shop" / "slow.py").write_text(slow, encoding="utf-8")
    said: list[str] = []
    named, log = replace(app, asgi="shop.slow:app"), tmp_path / "import.log"
    with pytest.raises(ProfileError, match=r"not imported within 0.5 s; .*--start-timeout"):
        await check_import(
            PROFILES[Interface.ASGI], ENVIRONMENT, named, log, Patience(0.5, said.append)
        )
    assert [line.split(",")[0] for line in said] == ["'shop.slow:app' is not imported after 0.01 s"]


async def test_an_app_that_serves_when_it_is_imported(app: App, tmp_path: Path) -> None:
    """It would be waited for in vain: more time is not the remedy."""
    said = "INFO: Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)"
    text = f"import time\nprint('{said}', flush=True)\ntime.sleep(1000)\n"
    (tmp_path / "shop" / "serving.py").write_text(text, encoding="utf-8")
    named, log = replace(app, asgi="shop.serving:app"), tmp_path / "import.log"
    with pytest.raises(ProfileError, match=r"it starts a server of its own .* below if __name__"):
        await check_import(PROFILES[Interface.ASGI], ENVIRONMENT, named, log, Patience(2))


async def check(app: App, target: str, interface: Interface, tmp_path: Path) -> None:
    """Look for a target as a server of that interface would."""
    named = replace(app, asgi=target) if interface is Interface.ASGI else replace(app, wsgi=target)
    await check_import(PROFILES[interface], ENVIRONMENT, named, tmp_path / "import.log")


@pytest.mark.parametrize(
    ("target", "interface"),
    [
        ("shop.main:app", Interface.ASGI),
        ("shop.main:instance", Interface.ASGI),
        ("shop.main:of_asgi_2", Interface.ASGI),
        ("shop.main:create()", Interface.ASGI),
        ("shop.main:create_for()", Interface.ASGI),
        ("shop.main:Callable()", Interface.ASGI),
        ("shop.main:application", Interface.WSGI),
    ],
)
async def test_an_app(app: App, target: str, interface: Interface, tmp_path: Path) -> None:
    """In each form that servers take, or a function makes."""
    await check(app, target, interface, tmp_path)


async def test_variables_of_the_app_are_there(app: App, tmp_path: Path) -> None:
    """What a function needs to make it."""
    needing = replace(app, env={"SHOP_CURRENCY": "EUR"})
    await check(needing, "shop.main:create_by_environment()", Interface.ASGI, tmp_path)


NO_APP = [
    ("nowhere:app", "ModuleNotFoundError: No module named 'nowhere'; write it as"),
    (
        "shop.broken:app",
        "No module named 'no_such_module'; 'shop/broken.py', line 1, imports it: add what has it",
    ),
    (
        "shop.ending:app",
        "with 'no config' (ending.py, line 1): put what only a program does below if __name__",
    ),
    ("shop.gone:app", "the import ended its process with exit status 7; its log's last line: bye"),
    ("shop.killed:app", "the import ended its process by SIGKILL; its log is empty"),
    ("shop.failing:app", "ValueError: no; it was raised in 'shop/failing.py', line 2: give what"),
    ("shop.below:app", "'src' has it: let servers import from there with --app-env PYTHONPATH=src"),
    (
        "shop.main:create_by_environment()",
        "KeyError: 'SHOP_CURRENCY'; the variable SHOP_CURRENCY is missing",
    ),
    ("shop.main:ap", "module 'shop.main' has no 'ap'; did you mean 'app'?"),
    ("shop.main:app.inner", "'app' has no 'inner'"),
    (
        "shop.main:number",
        "it is not an ASGI app but an object of type 'int', which is not callable",
    ),
    (
        "shop.main:create",
        "can be called without arguments: if that creates the app, end it with ()",
    ),
    ("shop.main:create_for", "if that creates the app, end it with ()"),
    ("shop.main:application", "it looks like a WSGI app: pass it with --wsgi-app"),
    ("shop.main:app()", "'app' cannot be called without arguments: name a function that can"),
    ("shop.main:create_of()", "'create_of' cannot be called without arguments"),
    ("shop.main:number()", "'number' cannot be called without arguments"),
    ("shop.main:create_late()", "'create_late' is async"),
    ("shop.main:create_nothing()", "but an object of type 'NoneType', which is not callable"),
]


@pytest.mark.parametrize(("target", "line"), NO_APP, ids=[target for target, _ in NO_APP])
async def test_what_is_no_app(app: App, target: str, line: str, tmp_path: Path) -> None:
    """One line: what was named, what is wrong with it."""
    with pytest.raises(ProfileError) as refused:
        await check(app, target, Interface.ASGI, tmp_path)
    assert str(refused.value).startswith(f"app '{target}' cannot be ")
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)


async def test_an_asgi_app_is_no_wsgi_app(app: App, tmp_path: Path) -> None:
    """It would be found out by the first request only."""
    with pytest.raises(ProfileError, match="'app' does not take environ and start_response"):
        await check(app, "shop.main:app", Interface.WSGI, tmp_path)
