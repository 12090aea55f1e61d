"""What is said of names of commands, options and values that there are not."""

import pytest

from bench.cli.exit_codes import USAGE
from bench.cli.main import main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bench"], "No such command 'bench': did you mean 'run'?"),
        (["selftset"], "No such command 'selftset': did you mean 'selftest'?"),
        (["zzz"], "No such command 'zzz' ("),
        (["run", "--server", "uvicorn"], "No such option '--server': did you mean '--servers'?"),
        (["run", "--wsgi-app", "--servers", "x"], "'--servers' is no app: write which one"),
        (["run", "--bugdet", "1m"], "'--budget'"),
        (["run", "--protocol", "http2"], "Did you mean h2 (TLS) or h2c?"),
        (["run", "--protocol", "HTTP/2"], "Did you mean h2 (TLS) or h2c?"),
        (["run", "--protocol", "http/3"], "Did you mean h3?"),
        (["run", "--protocol", "h4c"], "Did you mean h2c?"),
    ],
)
def test_what_may_be_meant_is_suggested(
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In the one line of the error."""
    monkeypatch.setattr("sys.argv", ["weighbridge", *arguments])
    with pytest.raises(SystemExit) as ended:
        main("weighbridge")
    assert ended.value.code == USAGE
    error = capsys.readouterr().err.replace("\n", " ")
    assert said in error
