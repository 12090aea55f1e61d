"""`run`: compare servers and write a report."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import click

from bench.cli.app_search import with_found_app
from bench.cli.run_options import options_from
from bench.cli.run_parameters import RUN_PARAMETERS
from bench.cli.values import is_given
from bench.errors import UsageError
from bench.formatting import listing
from bench.report.formats import Format
from bench.run.request.options import Options

_NOT_OF_THE_RUN: Final = ("resume", "quiet", "json_events")
"""Options that do not affect what is measured; --resume does not restore them."""


@click.command(params=[*RUN_PARAMETERS])
@click.pass_context
def run(ctx: click.Context, /, **given: Any) -> None:
    """Compare servers under the same load and write a report."""
    folder: Path | None = given["resume"]
    if folder is not None:
        raise SystemExit(_resumed(ctx, folder, given))
    formats = given.pop("formats")
    raise SystemExit(compare_servers(options_from(with_found_app(given)), formats))


def _resumed(ctx: click.Context, folder: Path, given: dict[str, Any]) -> int:
    """Go on with a run as it was started. Raises UsageError for options that would change it."""
    from bench.cli import resume  # noqa: PLC0415 - see compare_servers

    stray = _given_besides(ctx, (*_NOT_OF_THE_RUN, "formats"))
    if not stray:
        kept = [*_NOT_OF_THE_RUN, *(["formats"] if is_given(ctx, "formats") else [])]
        arguments = resume.recorded_arguments(folder)
        recorded = run.make_context("run", arguments, parent=ctx.parent).params
        given = recorded | {name: given[name] for name in kept}
    elif resume.has_secret(folder):
        given = with_found_app(given)
    else:
        raise UsageError(
            f"--resume continues the run as it was started: leave out {listing(stray)}"
        )
    if given["seed"] is None:
        given["seed"] = resume.recorded_seed(folder)
    formats = given.pop("formats")
    return resume.resume_run(folder, options_from(given), formats)


def _given_besides(ctx: click.Context, names: Collection[str]) -> list[str]:
    """The options that were given other than these, as they are written."""
    parameters = [each for each in ctx.command.params if each.name not in names]
    return [each.opts[0] for each in parameters if is_given(ctx, each.name or "")]


def compare_servers(options: Options, formats: Collection[Format]) -> int:
    """Measure, write the reports, show them. Raises UsageError, ServerError and HarnessError."""
    from bench.cli.console import stderr  # noqa: PLC0415 - what measures takes a second to import
    from bench.cli.measuring import compared, course, measured, resolved  # noqa: PLC0415
    from bench.progress.listener import progress_listener  # noqa: PLC0415
    from bench.run.comparison import run as measure  # noqa: PLC0415
    from bench.run.folder import run_folder  # noqa: PLC0415
    from bench.system import clock  # noqa: PLC0415

    wanted = resolved(options)
    started_at = clock.wall_iso()
    folder = run_folder(options.out, started_at)
    return measured(
        progress_listener(options.progress_style, stderr(), course(wanted)),
        lambda progress: measure(wanted, folder, options.command, started_at, progress),
        folder,
        lambda facts: compared(facts, folder, formats),
    )
