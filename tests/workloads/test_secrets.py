"""No secret of a request is shown or recorded."""

import httpx
import pytest

from bench.load.net.answer import AnswerDecoder
from bench.load.scripts.script import ScriptLine
from bench.workload import Checked, Exchange
from bench.workloads.secrets import is_secret, recordable, secret_values, shown_target

SECRET = "s3cr3tvalue"  # noqa: S105 - of nothing


@pytest.mark.parametrize(
    "words",
    [
        ["--header", f"Authorization: Bearer {SECRET}"],
        [f"--header=X-Api-Key: {SECRET}"],
        ["--header", f"cookie: a={SECRET}"],
        ["--path", f"/x?a=1&access_token={SECRET}"],
        [f"--path=/x?api_key={SECRET}"],
        ["--path", f"http://u:{SECRET}@h/x"],
        ["--json", f'{{"user": "a", "password": "{SECRET}"}}'],
        ["--data", f"user=a&passwd={SECRET}"],
        ["--curl", f"curl -H 'Authorization: {SECRET}' /x"],
        ["--curl", f"curl -u ann:{SECRET} /x"],
        ["--curl", f"curl -uann:{SECRET} /x"],
        ["--curl", f"curl --user=ann:{SECRET} /x"],
        ["--curl", f"curl -b session={SECRET} /x"],
        ["--curl", f"curl -sHX-Token:{SECRET} /x"],
        ["--curl", f"curl --oauth2-bearer {SECRET} /x"],
        ["--curl", f"curl http://u:{SECRET}@h/x?token={SECRET}"],
        ["--curl", f"curl /x -d 'token={SECRET}'"],
        ["--curl", f'curl /x --json \'{{"client_secret": "{SECRET}"}}\''],
    ],
)
def test_a_command_is_recorded_without_secrets(words: list[str]) -> None:
    """A mask stands for each: --resume then asks for the options again."""
    shown = " ".join(recordable(["run", *words, "--quick"]))
    assert SECRET not in shown
    assert "***" in shown


def test_the_rest_of_a_command_is_recorded_as_it_was_given() -> None:
    """Word by word."""
    words = ["run", "--header", "Accept: */*", "--curl", "curl  '/x?a=1' -d a=1", "--path", "/a=b"]
    assert words == recordable(words)


def test_a_long_body_is_recorded_at_once() -> None:
    """A name is looked at once: from each of its characters on, this would take half an hour."""
    words = ["--data", "a" * 1_000_000]
    assert words == recordable(words)


@pytest.mark.parametrize("name", ["Authorization", "cookie", "X-Api-Key", "token", "password"])
def test_names_of_secrets(name: str) -> None:
    """As headers, parameters and fields have them."""
    assert is_secret(name)
    assert f"/x?a=1&{name}=***" == shown_target(f"/x?a=1&{name}={SECRET}")


@pytest.mark.parametrize("name", ["accept", "sort", "author", "keyword", "passenger_id"])
def test_other_names(name: str) -> None:
    """They are shown."""
    assert not is_secret(name)


def test_an_example_of_a_wrong_answer_does_not_repeat_what_was_sent() -> None:
    """An app may echo its request in an error."""
    headers = {"Authorization": f"Bearer {SECRET}"}
    request = httpx.Request("GET", f"http://h/x?token={SECRET}2", headers=headers)
    line = ScriptLine(
        Exchange(request, Checked(lambda response: f"got {response.text}")), AnswerDecoder()
    )
    said: list[str] = []
    line.wrong_status(401, f"no right: Bearer {SECRET}, {SECRET}2".encode(), said.append)
    line.check(httpx.Response(200, text=SECRET, request=request), said.append)
    assert len(said) == 2
    assert SECRET not in "".join(said)


def test_a_field_of_a_form_with_files() -> None:
    """Whatever stands between its name and its value."""
    body = (
        '--x\r\nContent-Disposition: form-data; name="album"\r\n\r\nsummer\r\n--x\r\n'
        'Content-Disposition: form-data; name="token"\r\nContent-Type: a/b\r\n\r\n'
        f"{SECRET}\r\n--x--"
    )
    assert secret_values([], "/", body.encode()) == (SECRET,)


def test_parts_of_a_secret_are_secret_too() -> None:
    """The token without its scheme; the longest first."""
    found = secret_values([("Authorization", f"Bearer {SECRET}")], "/")
    assert found[0] == f"Bearer {SECRET}"
    assert SECRET in found


def test_secrets_of_one_length_have_an_order() -> None:
    """Answers on record number them, and another process has to number them alike."""
    body = b'{"password": "s3cr3t-b", "token": "s3cr3t-a"}'
    assert secret_values((), "", body, ["s3cr3t-c"]) == ("s3cr3t-a", "s3cr3t-b", "s3cr3t-c")
