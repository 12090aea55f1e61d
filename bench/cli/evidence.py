"""`evidence`: how often each way of comparing is right."""

from pathlib import Path
from typing import Any

import click

from bench.cli.asked import DEFAULT_ROUNDS, asked
from bench.cli.run import of_run
from bench.cli.values import DURATION, PATH, is_given, refuse


@click.command(params=of_run("connections", "selftest", "seed", "out"))
@click.option("--server", default="uvicorn", show_default=True, metavar="NAME")
@click.option(
    "--runs",
    type=click.IntRange(1, 100),
    default=6,
    show_default=True,
    metavar="N",
    help="Runs of five copies of the server and three that are slowed by a known share.",
)
@click.option(
    "--rounds", type=click.IntRange(3, 100), default=DEFAULT_ROUNDS, show_default=True, metavar="N"
)
@click.option("--budget", type=DURATION, default="5m", show_default=True, help="Of each run.")
@click.option("--of", type=PATH, metavar="DIR", help="Judge the runs there; measure nothing.")
@click.option(
    "--gate",
    type=click.IntRange(1, 100),
    metavar="N",
    help="In place of all that: run the regression gate N times on an unchanged head, and N times "
    "on one that is slower by 10 %.",
)
@click.option(
    "--known-answers",
    is_flag=True,
    help="In place of all that: run apps of which the truth is known (they stand still, await, "
    "work after their answers, close connections) through the whole program, and judge its "
    "figures. Forty minutes.",
)
@click.option("--only", metavar="A,B", help="Of --known-answers: these cases, as a,e50.")
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
    """Try each way of comparing where it is known what differs: on this machine, and simulated.

    Prints for each how often a server is told from itself, the smallest difference that it could
    have shown, and how often planted differences of 3, 5 and 10 % were found. Half an hour.
    """
    from bench.commands.evidence import gather, judge, try_gate  # noqa: PLC0415
    from bench.commands.known_answers import answer  # noqa: PLC0415

    if of is not None:
        others = [name for name in ctx.params if name not in {"of", "known_answers"}]
        refuse(ctx, others, "says how to measure, and --of measures nothing: leave it out")
        raise SystemExit(answer(of) if known_answers else judge(of))
    if known_answers:
        raise SystemExit(_know(ctx, only, given))
    refuse(ctx, ("only",), "goes with --known-answers: add that")
    if gate is not None:
        refuse(ctx, ("runs",), "has no part in --gate: leave it out")
    wanted = asked({**given, "servers": server})
    raise SystemExit(gather(wanted, runs) if gate is None else try_gate(wanted, gate))


def _know(ctx: click.Context, only: str | None, given: dict[str, Any]) -> int:
    """Run the cases that were asked for; a budget that was given is each run's."""
    from bench.commands.known_answers import KnownAnswersOptions, know  # noqa: PLC0415
    from bench.proof.known_answers.cases import chosen  # noqa: PLC0415

    refuse(ctx, ("server", "runs", "gate", "selftest"), "has no part in --known-answers")
    budget_s = given["budget"] if is_given(ctx, "budget") else None
    return know(KnownAnswersOptions(chosen(only), budget_s), asked({**given, "servers": None}))
