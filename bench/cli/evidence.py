"""`evidence`: how often each way of comparing is right."""

from pathlib import Path
from typing import Any

import click

from bench.cli.run import of_run
from bench.cli.run_options import DEFAULT_ROUNDS, options_from
from bench.cli.values import DURATION, PATH, is_given, refuse


@click.command(params=of_run("connections", "selftest", "seed", "out"))
@click.option("--server", default="uvicorn", show_default=True, metavar="NAME")
@click.option(
    "--runs",
    type=click.IntRange(1, 100),
    default=6,
    show_default=True,
    metavar="N",
    help="Number of runs, each with five copies of the server and three slowed by a known amount.",
)
@click.option(
    "--rounds", type=click.IntRange(3, 100), default=DEFAULT_ROUNDS, show_default=True, metavar="N"
)
@click.option("--budget", type=DURATION, default="5m", show_default=True, help="Time per run.")
@click.option("--of", type=PATH, metavar="DIR", help="Evaluate existing runs; measure nothing.")
@click.option(
    "--gate",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Instead: run the regression gate N times on an unchanged head and N times on one that is "
    "10 % slower.",
)
@click.option(
    "--known-answers",
    is_flag=True,
    help="Instead: run apps whose behaviour is known exactly (they stall, await, work after "
    "responding, close connections) through the whole program and check its figures. Takes forty "
    "minutes.",
)
@click.option(
    "--only", metavar="A,B", help="With --known-answers: only these cases, such as a,e50."
)
@click.pass_context
def evidence(
    ctx: click.Context,
    /,
    *,
    server: str,
    runs: int,
    of: Path | None,
    gate: int | None,
    known_answers: bool,
    only: str | None,
    **given: Any,
) -> None:
    """Test each comparison method on known differences, on this machine and in simulation.

    For each method, prints how often it reported a difference between identical servers, the
    smallest difference it could have shown, and how often it found planted differences of 3, 5 and
    10 %. Takes half an hour.
    """
    from bench.commands.evidence import gather, judge, try_gate  # noqa: PLC0415
    from bench.commands.known_answers import answer  # noqa: PLC0415

    if of is not None:
        others = [name for name in ctx.params if name not in {"of", "known_answers"}]
        refuse(ctx, others, "cannot be used with --of, which measures nothing: leave it out")
        raise SystemExit(answer(of) if known_answers else judge(of))
    if known_answers:
        raise SystemExit(_run_known_answers(ctx, only, given))
    refuse(ctx, ("only",), "needs --known-answers: add it")
    if gate is not None:
        refuse(ctx, ("runs",), "cannot be used with --gate: leave it out")
    options = options_from({**given, "servers": server})
    raise SystemExit(gather(options, runs) if gate is None else try_gate(options, gate))


def _run_known_answers(ctx: click.Context, only: str | None, given: dict[str, Any]) -> int:
    """Run the chosen cases; a budget that was given is that of each run."""
    from bench.commands.known_answers import KnownAnswersOptions, know  # noqa: PLC0415
    from bench.proof.known_answers.cases import chosen  # noqa: PLC0415

    refuse(ctx, ("server", "runs", "gate", "selftest"), "cannot be used with --known-answers")
    budget_s = given["budget"] if is_given(ctx, "budget") else None
    options = options_from({**given, "servers": None})
    return know(KnownAnswersOptions(chosen(only), budget_s), options)
