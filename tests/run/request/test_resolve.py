"""From options to what a run works with; each refusal is one clear line."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.errors import UsageError
from bench.facts.journal import plain
from bench.facts.load import Client
from bench.run.request.options import Options
from bench.run.request.resolve import SUITE, resolve
from servers.apps.app import StartFolder
from servers.errors import ProfileError
from tests.build.options import OPTIONS
from tests.build.runs import manifest

WORKLOAD = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    yield Exchange(httpx.Request("POST", base_url.join("/a"), content=b"x"), Checked(str))
    ready = httpx.Request("GET", base_url.join("/b?c=d"))
    yield Exchange(ready, Checked(str, status=404), weight=0)
"""


def recorded(options: Options) -> dict[str, Any]:
    """The settings of a run as its manifest has them."""
    made = replace(manifest([]), settings=resolve(options).settings)
    found: dict[str, Any] = plain(made)["settings"]
    return found


@pytest.fixture
def workload(tmp_path: Path) -> Callable[[str], str]:
    """Write a workload file; its path."""

    def write(text: str) -> str:
        path = tmp_path / "mine.py"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_what_was_asked_for() -> None:
    """Servers in their order, the baseline among them, the suite, the settings."""
    found = resolve(OPTIONS)
    assert found.settings.profiles == ("granian", "uvicorn")
    assert found.baseline == "uvicorn"
    assert found.suite == SUITE
    assert found.left_out == ()
    assert found.readiness is None
    assert found.settings.timing.budget_s == 300.0


@pytest.mark.parametrize(
    ("options", "key"),
    [
        (replace(OPTIONS, app_settings=("cache=redis://me:{}@h:1/0",)), "app_setting_digests"),
        (
            replace(OPTIONS, app="a:b", tests="none", app_env=("DB=db://me:{}@h/d",)),
            "app_env_digests",
        ),
    ],
)
def test_what_is_not_written_down_is_part_of_what_a_run_is(options: Options, key: str) -> None:
    """With another password a run that is resumed would measure something else."""
    first, other = (
        recorded(
            replace(
                options,
                app_settings=tuple(each.format(password) for each in options.app_settings),
                app_env=tuple(each.format(password) for each in options.app_env),
            )
        )
        for password in ("hidden", "other")
    )
    assert first[key] != other[key]
    assert "hidden" not in str(first)


def test_variables_of_profiles_are_part_of_what_a_run_is(tmp_path: Path) -> None:
    """Their values may be secrets, and are not written down."""
    mine, records = tmp_path / "mine.toml", []
    for value in ("hidden", "other"):
        mine.write_text(
            f'name = "m"\ninterface = "asgi"\nargv = ["x", "{{port}}"]\nenv = {{A = "{value}"}}\n'
        )
        records.append(recorded(replace(OPTIONS, servers="m", profiles=(mine,))))
    assert records[0]["profile_env_digests"].keys() == {"m"}
    assert records[0] != records[1]
    assert "hidden" not in str(records[0])


def test_an_app_that_is_wsgi_alone_has_servers_of_its_own(tmp_path: Path) -> None:
    """The WSGI servers and the user's own, with gthread to compare with; nothing is left out."""
    mine = tmp_path / "mine.toml"
    mine.write_text('name = "gunicorn-sync"\ninterface = "wsgi"\nargv = ["x", "{port}"]\n')
    alone = replace(OPTIONS, servers=None, wsgi_app="a:b", tests="none", profiles=(mine,))

    found = resolve(alone)

    assert set(found.settings.profiles) == {
        "uwsgi", "gunicorn-gthread", "gunicorn-sync", "granian-wsgi", "waitress", "cheroot",
    }  # fmt: skip
    assert found.baseline == "gunicorn-gthread"
    assert found.left_out == ()
    assert [p.argv for p in found.profiles if p.name == "gunicorn-sync"] == [("x", "{port}")]
    assert [p.title for p in found.profiles if p.name == "uwsgi"] == ["uWSGI"]


def test_an_app_with_two_faces_is_run_by_the_seven() -> None:
    """One of them is uWSGI, which runs its WSGI face; another WSGI server can be named."""
    both = replace(OPTIONS, servers=None, app="a:b", wsgi_app="c:d", tests="none")
    found = resolve(both)
    assert len(found.profiles) == 7
    assert found.app.target(next(p for p in found.profiles if p.name == "uwsgi")) == "c:d"
    named = resolve(replace(both, servers="uvicorn,waitress"))
    assert named.settings.profiles == ("uvicorn", "waitress")


def test_the_items_app_is_wsgi_by_an_adapter_which_its_title_names() -> None:
    """It costs about as much as the app itself."""
    [found] = resolve(replace(OPTIONS, servers="uwsgi")).profiles
    assert found.title == "uWSGI + a2wsgi"


def test_without_names_the_default_servers_are_measured() -> None:
    """The seven of the question."""
    found = resolve(replace(OPTIONS, servers=None))
    assert len(found.profiles) == 7
    assert all(profile.default for profile in found.profiles)


def test_an_app_of_the_users_own(tmp_path: Path, workload: Callable[[str], str]) -> None:
    """WSGI servers are left out and named; readiness is the workload's first GET."""
    own = replace(
        OPTIONS, servers=None, app="mine:app", app_dir=tmp_path, workloads=(workload(WORKLOAD),)
    )
    found = resolve(own)
    assert found.app.directory == tmp_path
    assert found.left_out == ("uwsgi runs WSGI apps: name one with --wsgi-app",)
    assert found.readiness is not None
    assert found.readiness.question.path == "/b?c=d"
    assert found.readiness.check(404, b"")
    assert resolve(replace(own, wsgi_app="mine:application")).left_out == ()
    asked = replace(own, app_env=("SHOP_CURRENCY=EUR", "DB=x://me:hidden@h"))
    needing = resolve(asked)
    assert needing.app.env == {"SHOP_CURRENCY": "EUR", "DB": "x://me:hidden@h"}
    assert recorded(asked)["app_env"] == {"SHOP_CURRENCY": "EUR", "DB": "x://***@h"}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({}, StartFolder.PROJECT),
        ({"copy": True}, StartFolder.COPY),
        ({"isolated": True}, StartFolder.EMPTY),
    ],
)
def test_where_servers_of_a_users_app_start(
    tmp_path: Path, workload: Callable[[str], str], change: dict[str, bool], place: StartFolder
) -> None:
    """In its folder, unless it is said otherwise; the manifest has it."""
    own = replace(OPTIONS, app="mine:app", app_dir=tmp_path, workloads=(workload(WORKLOAD),))
    found = resolve(replace(own, **change))  # type: ignore[arg-type]
    assert found.app.place is place
    assert recorded(replace(own, **change))["started_in"] == place  # type: ignore[arg-type]


def test_servers_of_the_items_app_start_in_an_empty_folder() -> None:
    """They have nothing to look for, and one must not find what another has written."""
    assert resolve(OPTIONS).app.place is StartFolder.EMPTY


def test_a_folder_that_is_too_large_to_be_copied_is_refused(
    tmp_path: Path, workload: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is built or started."""
    monkeypatch.setattr("servers.apps.copying.MOST_FILES", 0)
    own = replace(OPTIONS, app="mine:app", app_dir=tmp_path, workloads=(workload(WORKLOAD),))
    with pytest.raises(ProfileError, match="would take more than 512 MiB"):
        resolve(replace(own, copy=True))


def test_variables_of_files(tmp_path: Path, workload: Callable[[str], str]) -> None:
    """Their values reach the app alone; what is given by itself goes before them."""
    file = tmp_path / ".env"
    file.write_text("DB=${HOST_OF_DB}/shop\nHOST_OF_DB=of the file\n", encoding="utf-8")
    own = replace(OPTIONS, app="mine:app", app_dir=tmp_path, workloads=(workload(WORKLOAD),))
    asked = replace(own, env_files=(file,), app_env=("HOST_OF_DB=given",))
    found = resolve(asked)
    assert found.app.file_env == {"DB": "given/shop", "HOST_OF_DB": "of the file"}
    assert found.app.env == {"HOST_OF_DB": "given"}
    [file] = recorded(asked)["env_files"]
    assert (file["name"], file["variables"]) == (".env", ["DB", "HOST_OF_DB"])
    assert "given/shop" not in str(file)


def test_a_workload_file_is_kept_by_its_whole_path(
    workload: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The generator's process may be in another folder."""
    path = Path(workload(WORKLOAD))
    monkeypatch.chdir(path.parent)
    found = resolve(replace(OPTIONS, workloads=("mine.py",)))
    assert found.settings.workloads == ("mine",)
    assert found.sources == {"mine": str(path)}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("urls.txt", "/\n/?a=1\n", r"options of their own; this looks like --urls .*urls.txt"),
        ("openapi.json", '{"openapi": "3.1.0"}', r"this looks like --openapi .*openapi.json"),
        (
            "locustfile.py",
            "from locust import HttpUser\n",
            "is a locustfile, which is not supported: name its requests with --path",
        ),
        ("load.js", "import http from 'k6/http'", "is a k6 script, which is not supported"),
        ("shop.har", '{\n  "log": {"entries": []}}', r"this looks like --har .*shop.har"),
        ("shop.http", "GET /prices/7\n", r"this looks like --http-file .*shop.http"),
        ("asked.sh", "curl http://h/x\\n", r"this looks like --curl .*asked.sh"),
    ],
)
def test_what_other_tools_read_is_told_what_to_use(
    name: str, text: str, said: str, tmp_path: Path
) -> None:
    """In one line; an openapi.json that is not there is a name that is not known."""
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        resolve(replace(OPTIONS, workloads=(str(path),)))


def test_the_gate_may_be_left_out() -> None:
    """By its name: none."""
    assert resolve(replace(OPTIONS, tests="none")).suite is None


@pytest.mark.parametrize("client", [Client.WIRE_HTTPX, Client.HTTPX])
def test_httpx_gets_longer_slices(client: Client) -> None:
    """Stock, it answers some hundred requests a second."""
    wire, stock = (resolve(replace(OPTIONS, client=each)) for each in (Client.WIRE, client))
    assert stock.settings.timing.window_s > wire.settings.timing.window_s
    assert stock.settings.timing.budget_s == wire.settings.timing.budget_s == 300.0


def test_no_more_generators_than_connections() -> None:
    """Each sends on one or more of its own."""
    with pytest.raises(UsageError, match="--generator-cores 3 cannot share --connections 2"):
        resolve(replace(OPTIONS, generator_cores=3, connections=2))


REFUSED: list[tuple[dict[str, object], str]] = [
    ({"servers": "uvicron"}, "server 'uvicron' is unknown; did you mean 'uvicorn'?"),
    ({"servers": ","}, "no server named"),
    ({"baseline": "daphne"}, "--baseline 'daphne' is not among the servers of this run: granian"),
    ({"tests": "no_such_tests"}, "--tests 'no_such_tests' does not exist"),
    ({"workloads": ("get_items",)}, "workload 'get_items' is unknown: did you mean 'get_item'?"),
    ({"workloads": ("no_such.py",)}, "is unknown: name one of get_item"),
    ({"workloads": ("mixed", "mixed")}, "workload 'mixed' is named twice"),
    ({"wsgi_app": "a:b"}, "'granian' runs ASGI apps: name one with --app, or choose WSGI servers"),
    ({"app_dir": Path("a")}, "--app-dir 'a' needs --app"),
    ({"requirements": Path("a")}, "--requirements 'a' needs --app"),
    ({"app_env": ("A=b",)}, "--app-env 'A=b' needs --app"),
    ({"env_files": (Path(".env"),)}, "--env-file '.env' needs --app"),
    ({"copy": True}, "--copy needs --app"),
    ({"isolated": True}, "--isolated needs --app"),
    ({"app": "a:b", "copy": True, "isolated": True}, "--copy and --isolated exclude each other"),
    ({"app": "a:b", "env_files": (Path("no_such"),)}, "--env-file 'no_such' cannot be read: No"),
    ({"app": "a:b", "app_dir": Path("no_such")}, "--app-dir 'no_such' is not a folder"),
    ({"app": "a:b", "requirements": Path("no_such")}, "--requirements 'no_such' is not a file"),
    ({"app": "no colon"}, "app 'no colon' is not of the form module:attribute"),
    ({"app": "a:b", "servers": "uwsgi"}, "server 'uwsgi' runs WSGI apps: name one with --wsgi-app"),
    ({"app": "a:b", "ready": "health"}, "--ready 'health' is not a path: write it like /health"),
    ({"profiles": (Path("no_such.toml"),)}, "no_such.toml"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "line"), REFUSED, ids=[line for _, line in REFUSED])
def test_a_refusal_is_one_clear_line(change: dict[str, object], line: str) -> None:
    """What was asked, what was found, what to do."""
    with pytest.raises((UsageError, ProfileError)) as refused:
        resolve(replace(OPTIONS, **change))  # type: ignore[arg-type]
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def exchanges(base_url):\n    return 1 / 0", "fails: ZeroDivisionError: division"),
        ("def exchanges(base_url):\n    raise SystemExit(1)", "fails: SystemExit: 1"),
        ("def exchanges():\n    return []", "fails: TypeError: exchanges() takes 0"),
        ("def exchanges(base_url):\n    return []", "no exchanges of positive weight"),
        ("def exchanges(base_url):\n    return ['GET /']", "yields a str, not bench.workload"),
        ("def exchanges(base_url):\n    while True: yield 1", "yields a int, not bench.workload"),
        ("", "has no function exchanges(base_url)"),
        ("1 +", "cannot be imported: SyntaxError"),
    ],
)
def test_a_workload_that_does_not_work_is_refused_before_anything_starts(
    workload: Callable[[str], str], text: str, reason: str
) -> None:
    """Also one that would never end."""
    path = workload(text)
    with pytest.raises(UsageError) as refused:
        resolve(replace(OPTIONS, workloads=(path,)))
    assert str(refused.value).startswith(f"workload '{path}' ")
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_one_file_by_two_names_is_one_workload(
    workload: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named twice is refused however it is spelled."""
    path = Path(workload(WORKLOAD))
    monkeypatch.chdir(path.parent)
    with pytest.raises(UsageError, match="is named twice"):
        resolve(replace(OPTIONS, workloads=("mine.py", "./mine.py")))


AUTH = ("auth=true", "auth_secret=s", "auth_users={}")


@pytest.mark.parametrize(
    ("change", "writers"),
    [
        ({}, "the gate would write"),
        ({"workloads": ("get_item", "mixed")}, "the gate and --workload mixed would write"),
        ({"tests": "none", "workloads": ("create_item",)}, "--workload create_item would write"),
    ],
)
def test_writing_with_auth_needs_a_token(change: dict[str, Any], writers: str) -> None:
    """Else each write would be a 401: one clear line, before anything is started."""
    with pytest.raises(UsageError) as refused:
        resolve(replace(OPTIONS, app_settings=AUTH, **change))
    assert str(refused.value) == (
        f"--app-setting auth=true allows no writes without a token, and {writers}: set "
        "WEIGHBRIDGE_TOKEN to a token from POST /token, or only read, with --tests none "
        "--workload get_item"
    )


@pytest.mark.parametrize(
    ("change", "token"),
    [
        ({"tests": "none"}, None),
        ({"app_settings": ("auth=no",)}, None),
        ({"app": "a:b", "wsgi_app": "a:b", "app_settings": ("ITEMS_AUTH=true",)}, None),
        ({"workloads": ("mixed",)}, "a.b.c"),
    ],
    ids=["reads-only", "off", "own-app", "with-a-token"],
)
def test_auth_can_be_measured(
    change: dict[str, Any], token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing writes, or with a token, which no setting shows."""
    if token is not None:
        monkeypatch.setenv("WEIGHBRIDGE_TOKEN", token)
    found = resolve(replace(OPTIONS, **({"app_settings": AUTH} | change)))
    assert len(found.profiles) == 4
    assert "a.b.c" not in str(found)


@pytest.mark.parametrize("token", ["", "two words", "line\n", "ü"])
def test_what_is_no_token_is_refused(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not repeated."""
    monkeypatch.setenv("WEIGHBRIDGE_TOKEN", token)
    with pytest.raises(UsageError, match="WEIGHBRIDGE_TOKEN is not a bearer token: ") as refused:
        resolve(OPTIONS)
    assert not token.strip() or token not in str(refused.value)


SQLITE = "storage=sqlite:///items.sqlite3"
FAR = 'name = "far"\ninterface = "asgi"\nurl = "http://127.0.0.1:1"\n'


def test_each_server_is_measured_without_and_with_the_settings() -> None:
    """Side by side, also a version and a server against itself; the baseline stays bare."""
    asked = replace(OPTIONS, servers="uvicorn==0.35.0,uvicorn", app_settings=("cache=lru",))
    found = resolve(asked)
    assert found.settings.profiles == (
        "uvicorn==0.35.0",
        "uvicorn==0.35.0+cache=lru",
        "uvicorn",
        "uvicorn+cache=lru",
    )
    assert found.baseline == "uvicorn"
    twice = resolve(replace(asked, servers="uvicorn,uvicorn")).settings.profiles
    assert twice[2:] == ("uvicorn#2", "uvicorn#2+cache=lru")


def test_several_workers_with_a_gate_need_a_shared_store() -> None:
    """Or no gate: one worker is otherwise asked for what another has stored."""
    several = replace(OPTIONS, servers="uvicorn", workers=2)
    with pytest.raises(UsageError, match=r"add --app-setting storage=sqlite:///items\.sqlite3"):
        resolve(several)
    with pytest.raises(UsageError, match="need a shared store"):
        resolve(replace(several, app_settings=("storage=memory",)))
    assert resolve(replace(several, tests="none")).settings.profiles == ("uvicorn",)


def test_with_a_shared_store_the_bare_server_is_left_out() -> None:
    """It cannot pass the gate; what is left of it is the baseline."""
    found = resolve(replace(OPTIONS, workers=2, app_settings=(SQLITE,)))
    assert found.settings.profiles == (f"granian+{SQLITE}", f"uvicorn+{SQLITE}")
    assert found.baseline == f"uvicorn+{SQLITE}"
    assert found.left_out[0] == "granian without settings: its 2 workers share no store"


def test_a_server_of_somebody_else_cannot_be_set(tmp_path: Path) -> None:
    """Refused where it was named; else measured without, and that is said."""
    path = tmp_path / "far.toml"
    path.write_text(FAR, encoding="utf-8")
    asked = replace(OPTIONS, profiles=(path,), servers="far", app_settings=("cache=lru",))
    with pytest.raises(UsageError, match="'far' is run externally"):
        resolve(asked)
    found = resolve(replace(asked, servers=None))
    assert "far" in found.settings.profiles
    assert found.left_out == ("far with settings: it is run externally",)


def test_the_baseline_runs_twice_under_two_names() -> None:
    """Beside what was asked for, and under a name that is not taken."""
    found = resolve(replace(OPTIONS, servers="uvicorn,uvicorn,granian"))
    assert found.settings.profiles == ("uvicorn", "uvicorn#2", "granian")
    assert found.twin is not None
    assert found.twin.name == "uvicorn#3"
    assert found.twin.argv == found.profiles[0].argv
    assert [each.name for each in found.profiles_and_twin][-1] == "uvicorn#3"


def test_the_baseline_need_not_run_twice() -> None:
    """Whoever does without A/A has the time for the others."""
    found = resolve(replace(OPTIONS, against_itself=False))
    assert found.twin is None
    assert found.profiles_and_twin == found.profiles


def test_a_budget_too_short_for_a_rotation_is_refused_with_the_smallest_that_would_do() -> None:
    """And that one is taken."""
    with pytest.raises(UsageError, match=r"too short for one rotation .* give (\d+)s") as refused:
        resolve(replace(OPTIONS, budget_s=2.0, stage_s=2.0))
    (needed,) = re.findall(r"give (\d+)s", str(refused.value))
    enough = resolve(replace(OPTIONS, budget_s=float(needed), stage_s=float(needed)))
    assert enough.settings.timing.stage_s == float(needed)


def test_a_precision_leaves_the_first_rounds_the_time_that_they_need() -> None:
    """A part of the budget as a rule, all of it if need be; what is refused is what was given."""
    wanted = replace(OPTIONS, precision=0.02, rounds=100, budget_s=1800.0, stage_s=300.0)
    found = resolve(wanted).settings.timing
    assert 300 < found.stage_s <= found.budget_s == 1800
    with pytest.raises(UsageError, match="--budget 60s is too short"):
        resolve(replace(wanted, budget_s=60.0, stage_s=20.0))


@pytest.mark.parametrize(("own", "path"), [(True, "/b?c=d"), (False, None)])
def test_when_a_server_that_runs_already_is_ready(
    *, own: bool, path: str | None, tmp_path: Path, workload: Callable[[str], str]
) -> None:
    """It need not have the items app's /health where the user says what else to ask for."""
    (tmp_path / "far.toml").write_text(FAR, encoding="utf-8")
    far = replace(OPTIONS, servers="far", profiles=(tmp_path / "far.toml",), tests="none")
    asked = replace(far, workloads=(workload(WORKLOAD) if own else "create_item",))
    readiness = resolve(asked).readiness
    assert (readiness.question.path if readiness else None) == path


def test_servers_over_several_protocols() -> None:
    """Server by server, each over each that it speaks; the first of uvicorn's is the baseline."""
    options = replace(
        OPTIONS, servers="granian,uvicorn,daphne", protocols=("https/1.1", "h2c", "https/1.1")
    )
    found = resolve(options)
    assert found.settings.profiles == (
        "granian@https/1.1", "granian@h2c", "uvicorn@https/1.1", "daphne@https/1.1",
    )  # fmt: skip
    assert found.left_out == ("uvicorn does not speak h2c", "daphne does not speak h2c")
    assert found.baseline == "uvicorn@https/1.1"
    assert (found.settings.protocols, found.settings.streams) == (("https/1.1", "h2c"), 8)


def test_protocols_and_settings_go_together() -> None:
    """Each server over each protocol without and with; what is the same server is known."""
    options = replace(
        OPTIONS, servers="granian", protocols=("http/1.1", "h2"), app_settings=("cache=lru",)
    )
    found = {profile.name: profile for profile in resolve(options).profiles}
    assert list(found) == ["granian", "granian+cache=lru", "granian@h2", "granian@h2+cache=lru"]
    assert [profile.speaker for profile in found.values()] == [
        "granian", "granian+cache=lru", "granian", "granian+cache=lru",
    ]  # fmt: skip
    last = found["granian@h2+cache=lru"]
    assert (last.settings and last.settings.bare, last.plain_name) == ("granian@h2", "granian")
    assert len({profile.slug for profile in found.values()}) == 4


def test_baseline_may_be_named_without_its_protocol() -> None:
    """It is then the first that was asked for; one of several can be named in full."""
    options = replace(OPTIONS, servers="granian,hypercorn", protocols=("http/1.1", "h2"))
    assert resolve(replace(options, baseline="hypercorn")).baseline == "hypercorn"
    assert resolve(replace(options, baseline="hypercorn@h2")).baseline == "hypercorn@h2"


def test_servers_that_are_measured_over_a_protocol_when_none_is_named() -> None:
    """Those of the seven that speak it, and one with the parser that uvicorn needs for it."""
    found = resolve(replace(OPTIONS, servers=None, protocols=("h2",)))
    assert found.settings.profiles == (
        "daphne@h2", "granian@h2", "gunicorn-asgi@h2", "hypercorn@h2", "uvicorn-zttp@h2",
    )  # fmt: skip
    assert found.baseline == "uvicorn-zttp@h2"
    assert "uvicorn does not speak h2" in found.left_out


def test_without_a_protocol_nothing_is_new() -> None:
    """Neither names nor what the manifest has."""
    settings = recorded(OPTIONS)
    assert settings.keys().isdisjoint({"protocols", "streams", "insecure", "new_connections"})
    assert [profile.speaker for profile in resolve(OPTIONS).profiles] == [None, None]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"servers": "uvicorn,daphne", "protocols": ("h2c",)},
            "none of uvicorn, daphne speaks h2c; servers that speak it: granian, ",
        ),
        ({"servers": "uwsgi", "protocols": ("h2",)}, "uwsgi does not speak h2; servers that speak"),
        ({"streams": 4}, "--streams 4 is for protocols that have streams: add --protocol h2c, h2"),
        (
            {"streams": 4, "protocols": ("https/1.1",)},
            "--streams 4 is for protocols that have streams",
        ),
        (
            {"servers": "hypercorn", "protocols": ("h2",), "workloads": ("items_events",)},
            "workload 'items_events' has streams of events, which are read over HTTP/1.1: leave",
        ),
        ({"resume_tls": True}, "--resume-tls is for new connections: add --new-connections"),
        (
            {"new_connections": True, "resume_tls": True},
            "--resume-tls is for connections with TLS: add --protocol https/1.1",
        ),
        (
            {"servers": "granian", "new_connections": True, "protocols": ("http/1.1", "h2c")},
            "--new-connections measures connections over http/1.1 and https/1.1, and 'granian@h2c'",
        ),
        (
            {"new_connections": True, "client": Client.HTTPX},
            "--new-connections is for the built-in client: leave out --client httpx",
        ),
        ({"insecure": True}, "--insecure is for a server at an https:// URL, and none is among"),
        ({"ca": Path("nowhere.pem")}, "--ca 'nowhere.pem' is not a file"),
        (
            {"servers": "granian", "protocols": ("h2c",), "client": Client.HTTPX},
            "server 'granian@h2c' is reached by h2c, and --client httpx supports only plain HTTP",
        ),
    ],
)
def test_what_protocols_cannot_be_is_one_clear_line(changes: dict[str, Any], expected: str) -> None:
    """A protocol nobody speaks, streams without one that has them, trust without a certificate."""
    with pytest.raises((UsageError, ProfileError)) as refused:
        resolve(replace(OPTIONS, **changes))
    assert expected in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("protocol", "changes", "connection"),
    [
        (None, {}, "TLS, certificate not verified"),
        ("h2", {}, "TLS, certificate not verified"),
        ("h2", {"insecure": True}, "TLS, certificate not verified"),
        ("https/1.1", {"ca": SUITE}, "TLS"),
    ],
)
def test_certificate_of_somebody_elses_server(
    tmp_path: Path, protocol: str | None, changes: dict[str, Any], connection: str
) -> None:
    """Verified as is said on the command line, over whichever protocol."""
    file = tmp_path / "far.toml"
    file.write_text('name = "far"\ninterface = "asgi"\nurl = "https://localhost:1"\n')
    protocols = None if protocol is None else (protocol,)
    options = replace(OPTIONS, profiles=(file,), servers="far", protocols=protocols, **changes)
    (profile,) = resolve(options).profiles
    assert profile.connection == connection
    assert profile.tls is not None
    assert profile.tls.ca == changes.get("ca")
