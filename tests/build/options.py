"""What a run is asked for."""

from bench.run.request.options import Options

OPTIONS = Options(
    servers="granian,uvicorn",
    tests=None,
    workloads=("get_item",),
    rounds=3,
    against_itself=True,
    stage_s=300.0,
    budget_s=300.0,
    seed=1,
    command=(),
)
