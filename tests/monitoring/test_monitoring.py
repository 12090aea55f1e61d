"""The monitoring stack: its files agree, and a real Prometheus draws every panel from a server."""

import asyncio
import json
import math
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml

from app.metrics import BUCKETS_S
from bench.facts.load import Client, Load, Mode
from bench.facts.slice import Observation, Outcome
from bench.load.order import Order, Target
from bench.load.process import LoadProcess, load_process
from servers import catalogue
from servers.apps.app import App, items_app
from servers.asking.readiness_request import Question
from servers.environments.cache import build
from servers.launch import launch
from servers.ports import free_port
from servers.processes.keeper_client import keep
from servers.readiness import AnswerReadiness
from servers.server import Server
from tests.monitoring import slow_workload
from tests.plain_http import NO_TLS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "monitoring"
DASHBOARD: Final = json.loads((FOLDER / "grafana/dashboards/items.json").read_text("utf-8"))
COMPOSE: Final = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
DEADLINE_S = 60.0  # For a machine that is busy with other tests.
SCRAPE_S = 0.2
Ask = Callable[[str], Any]


def test_prometheus_accepts_its_configuration() -> None:
    """Promtool finds no fault with prometheus.yml."""
    command = [program("promtool"), "check", "config", str(FOLDER / "prometheus.yml")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr


def test_what_compose_mounts_exists() -> None:
    """Every bound path is in the repository, every named volume and configuration is declared."""
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("."):
                assert (FOLDER / source).exists(), source
            else:
                assert source in COMPOSE["volumes"]
        for config in service.get("configs", []):
            assert config["source"] in COMPOSE["configs"]
        for needed in service.get("depends_on", {}):
            assert needed in COMPOSE["services"]


def test_compose_is_careful() -> None:
    """Images are pinned, ports are of this machine alone, each service has a health check."""
    services = COMPOSE["services"]
    assert set(services) == {"api", "prometheus", "grafana"}
    for name, service in services.items():
        assert "healthcheck" in service
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        if name != "api":
            assert re.fullmatch(r"[\w/]+:v?\d+\.\d+\.\d+", service["image"])
    assert ":?" in services["grafana"]["environment"]["GF_SECURITY_ADMIN_PASSWORD"]
    build_of_api = services["api"]["build"]
    assert (build_of_api["dockerfile"], build_of_api["target"]) == ("Dockerfile.bench", "api")
    assert (FOLDER / build_of_api["context"]).resolve() == ROOT


def test_what_compose_has_scraped_is_labelled() -> None:
    """The targets that compose writes are JSON, where prometheus.yml looks for them."""
    (target,) = COMPOSE["services"]["prometheus"]["configs"]
    assert target["target"] == "/etc/prometheus/targets/api.json"
    content = COMPOSE["configs"]["targets"]["content"].replace("${SERVER:-uvicorn}", "granian")
    assert json.loads(content) == [{"targets": ["api:8000"], "labels": {"server": "granian"}}]


def test_grafana_finds_datasource_and_dashboard() -> None:
    """What is provisioned has the names that the dashboard and compose use."""
    provisioning = FOLDER / "grafana/provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yaml").read_text("utf-8"))[
        "datasources"
    ]
    (provider,) = yaml.safe_load((provisioning / "dashboards/items.yaml").read_text("utf-8"))[
        "providers"
    ]
    used = {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]}
    assert used == {source["uid"]}
    assert source["url"] == "http://prometheus:9090"
    mounted = [volume.split(":")[1] for volume in COMPOSE["services"]["grafana"]["volumes"]]
    assert provider["options"]["path"] in mounted


@pytest.mark.timed
async def test_prometheus_sees_what_the_harness_sees(tmp_path: Path) -> None:
    """Under load each panel has data; counts are equal; p95 agrees to within its bucket."""
    prometheus_program = program("prometheus")
    async with AsyncExitStack() as held:
        items = await held.enter_async_context(running(items_app(), tmp_path / "items.log"))
        slow_app = replace(items_app(), asgi="tests.monitoring.slow_app:app", wsgi=None)
        slow = await held.enter_async_context(running(slow_app, tmp_path / "slow.log"))
        url = await held.enter_async_context(
            prometheus(prometheus_program, tmp_path, {"items": items, "slow": slow})
        )
        client = await held.enter_async_context(httpx.AsyncClient(base_url=url))

        async def ask(promql: str) -> list[float]:
            answer = await client.get("/api/v1/query", params={"query": promql})
            assert answer.status_code == 200, (promql, answer.text)
            return [float(one["value"][1]) for one in answer.json()["data"]["result"]]

        await until(ask, "sum(up)", lambda found: found == [2.0])
        seen = await loaded(held, items=items, slow=slow)
        total = 'sum(http_requests_total{server="slow", route="/slow/{time_ms}"})'
        await until(ask, total, lambda found: found == [float(seen.cpu_requests)])
        for promql in expressions():
            found = await ask(filled(promql))
            assert found, promql
            # A route that was left alone has no average: 0/0.
            assert not all(math.isnan(value) for value in found), promql
        (p95_s,) = await ask(filled(panel_of("p95 by server"), server="slow", route="/slow/.*"))
        (mean_s,) = await ask(
            filled(panel_of("Average duration by server"), server="slow", route="/slow/.*")
        )
    assert set(seen.outcomes) == {Outcome.OK}
    agree(seen, p95_s, mean_s)


def agree(seen: Observation, p95_s: float, mean_s: float) -> None:
    """The two p95 differ by no more than the width of Prometheus's bucket, the averages by a tenth.

    Prometheus knows nothing of what was counted before it first scraped, so that its requests are
    a part of the harness's.
    """
    harness_p95_ns, harness_mean_ns = seen.service.percentile_ns(95), seen.service.mean_ns()
    assert harness_p95_ns is not None
    assert harness_mean_ns is not None
    assert harness_mean_ns / 1e9 == pytest.approx(mean_s, rel=0.1)
    low_s, high_s = next((low, high) for low, high in pairwise(BUCKETS_S) if low < p95_s <= high)
    assert abs(harness_p95_ns / 1e9 - p95_s) <= high_s - low_s


async def loaded(held: AsyncExitStack, *, items: Server, slow: Server) -> Observation:
    """Load both, one after the other; what was seen of the slow one."""
    load = await held.enter_async_context(load_process(None))
    await one_load(load, items, "get_item", connections=4, window_s=0.5)
    workload = str(Path(slow_workload.__file__))
    return await one_load(load, slow, workload, connections=40, window_s=2.5)


async def one_load(
    load: LoadProcess, server: Server, workload: str, *, connections: int, window_s: float
) -> Observation:
    """Load a server on so few connections that it could bear far more."""
    target = Target(server.url, server.url, workload, seed=1)
    await load.attach(target)
    order = Order(
        target=target,
        load=Load(Mode.CLOSED, connections),
        client=Client.WIRE,
        seed=1,
        lead_in_s=0.0,
        window_s=window_s,
        drain_s=2.0,
    )
    seen = await load.run(order)
    await load.detach(target.key)
    return seen


@asynccontextmanager
async def running(app: App, log: Path) -> AsyncIterator[Server]:
    """Run an app on uvicorn, with metrics and a cache."""
    uvicorn = catalogue.builtin()["uvicorn"]
    profile = replace(uvicorn, env={"ITEMS_METRICS": "metrics", "ITEMS_CACHE": "lru"})
    environment = await build(profile, app)
    ready = AnswerReadiness(Question("/health"))
    async with launch(
        profile, environment, app, log=log, deadline_s=DEADLINE_S, readiness=ready
    ) as server:
        yield server


@asynccontextmanager
async def prometheus(name: str, folder: Path, servers: dict[str, Server]) -> AsyncIterator[str]:
    """Run Prometheus with the repository's configuration, scraping these servers, but oftener."""
    text = (FOLDER / "prometheus.yml").read_text("utf-8")
    text = re.sub(r"(scrape_interval|scrape_timeout): \d+s", rf"\1: {SCRAPE_S * 1000:.0f}ms", text)
    config = folder / "prometheus.yml"
    config.write_text(text, "utf-8")
    (folder / "targets").mkdir()
    groups = [
        {"targets": [server.url.removeprefix("http://")], "labels": {"server": label}}
        for label, server in servers.items()
    ]
    (folder / "targets/test.json").write_text(json.dumps(groups), "utf-8")
    address = f"127.0.0.1:{free_port('127.0.0.1')}"
    argv = [
        name,
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ]
    async with keep(argv, log=folder / "prometheus.log"):
        url = f"http://{address}"
        await until_ready(f"{url}/-/ready")
        yield url


async def until_ready(url: str) -> None:
    """Wait until Prometheus has read its storage: it listens before, and answers 503."""
    found = "no answer"
    try:
        async with asyncio.timeout(DEADLINE_S), httpx.AsyncClient(verify=NO_TLS) as client:
            while True:
                try:
                    answer = await client.get(url)
                except httpx.TransportError as error:
                    found = repr(error)
                else:
                    if answer.is_success:
                        return
                    found = f"{answer.status_code} {answer.text}"
                await asyncio.sleep(SCRAPE_S / 4)
    except TimeoutError:
        pytest.fail(f"Prometheus was not ready in {DEADLINE_S:.0f} s: {found}")


async def until(ask: Ask, promql: str, wanted: Callable[[list[float]], bool]) -> None:
    """Ask Prometheus again until it answers as wanted."""
    found: list[float] | None = None
    try:
        async with asyncio.timeout(DEADLINE_S / 2):
            while found is None or not wanted(found):
                found = await ask(promql)
                await asyncio.sleep(SCRAPE_S / 4)
    except TimeoutError:
        pytest.fail(f"{promql} was last {found}")


def program(name: str) -> str:
    """Return a program of Prometheus's package; without it, skip, but fail in CI."""
    if (path := shutil.which(name)) is not None:
        return path
    missing = f"{name} is not installed: apt-get install prometheus"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


def expressions() -> list[str]:
    """Return the PromQL of every panel."""
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def panel_of(title: str) -> str:
    """Return the PromQL of one panel."""
    (panel,) = [panel for panel in DASHBOARD["panels"] if panel["title"] == title]
    expression: str = panel["targets"][0]["expr"]
    return expression


def filled(promql: str, *, server: str = ".*", route: str = ".*") -> str:
    """Put values in the place of Grafana's variables."""
    text = promql.replace("$__rate_interval", "1m")
    text = text.replace("$server", server).replace("$route", route)
    assert "$" not in text
    return text
