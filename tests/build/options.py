"""What a run is asked for."""

from bench.facts.load import Arrivals, Client
from bench.run.options import Options

OPTIONS = Options(
    servers="granian,uvicorn",
    profiles=(),
    app=None,
    wsgi_app=None,
    app_dir=None,
    requirements=None,
    app_settings=(),
    tests=None,
    workloads=("get_item",),
    rate=None,
    connections=32,
    rounds=3,
    workers=1,
    generator_cores=1,
    selftest=True,
    against_itself=True,
    stage_s=300.0,
    budget_s=300.0,
    precision=None,
    resume=None,
    seed=1,
    arrivals=Arrivals.POISSON,
    client=Client.WIRE,
    baseline=None,
    out=None,
    command=(),
)
