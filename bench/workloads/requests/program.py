"""Requests as a workload file: a Python program, to edit, that sends the same.

A secret is not in it: the program takes it from the environment.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pprint import pformat
from textwrap import indent
from typing import Any, Final

import httpx

from bench.workloads.recorded.answer import Digest, RecordedAnswer
from bench.workloads.recorded.marks import has_marks
from bench.workloads.recorded.template import Template
from bench.workloads.requests.plain_request import PlainRequest
from bench.workloads.requests.request_set import RequestSet
from bench.workloads.secrets import is_secret, secret_spans

MOST_REQUESTS: Final = 500
"""That a program of one statement each is written for."""
_MOST_TEXT: Final = 2000  # characters of an answer that is demanded as it is
_MOST_NAMES: Final = 12
_WIDTH: Final = 70
_JSON: Final = ("content-type", "application/json")
_NOWHERE: Final = httpx.URL("http://127.0.0.1:1")
_FROM_ENVIRONMENT: Final = '''
def secret(name):
    """A secret, which is in no file: set a variable of this name."""
    if name not in os.environ:
        raise LookupError(f"set {name} in the environment first")
    return os.environ[name]
'''
_CHECKS: Final = {
    "is_text": '''
def is_text(expected):
    """The body is this, byte for byte."""

    def check(response):
        return None if response.content == expected.encode() else f"{response.text:.80}"

    return check
''',
    "has_length": '''
def has_length(expected):
    """The body has so many bytes."""

    def check(response):
        found = len(response.content)
        return None if found == expected else f"{found} bytes"

    return check
''',
    "has": '''
def has(*names):
    """The body is JSON with these names, whatever their values."""

    def check(response):
        found = response.json()
        missing = [name for name in names if name not in found]
        return f"no {', '.join(missing)}" if missing else None

    return check
''',
    "anything": '''
def anything(response):
    """Any body is right: return in words what is wrong with it, or None."""
    return None
''',
}
"""Functions that a program may need to check answers, by their names."""


@dataclass(frozen=True, slots=True)
class _Code:
    """Stands in values for the code that makes it."""

    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass(slots=True)
class _Program:
    """Names that are used. secrets: names of variables, by what they are of and their values.

    known: values of the request at hand that are secret whatever they are of.
    """

    secrets: dict[tuple[str, str], str] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    checks: set[str] = field(default_factory=set)

    def secret(self, name: str, value: str) -> _Code:
        """The variable for a secret."""
        plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").upper() or "SECRET"
        key = plain, value
        if key not in self.secrets:
            others = sum(each == plain for each, _ in self.secrets)
            self.secrets[key] = f"WORKLOAD_{plain}" + (f"_{others + 1}" if others else "")
        return _Code(self.secrets[key])

    def text(self, text: str, *, parameters: bool) -> str:
        """Code for a text, with variables for secrets in it. parameters: see `secret_spans`."""
        parts: list[str] = []
        at = 0
        for name, start, end in secret_spans(text, parameters=parameters, known=self.known):
            parts += [_braced(text[at:start]), f"{{{self.secret(name, text[start:end])}}}"]
            at = end
        if not parts:
            return _literal(text)
        return f"f{_literal(''.join([*parts, _braced(text[at:])]))}"

    def value(self, text: str) -> "str | _Code":
        """The same, or code for it where it has a known secret in it."""
        if any(each in text for each in self.known):
            return _Code(self.text(text, parameters=False))
        return text

    def check(self, name: str) -> str:
        """The name of a function that is needed."""
        self.checks.add(name)
        return name


def program(sets: Sequence[RequestSet], written_by: str) -> str:
    """The file's text. sets: with their answers, if there are any. written_by: in words."""
    found = _Program()
    statements = [
        _exchange(found, request, each.answers[number] if each.answers else None)
        for each in sets
        for number, request in enumerate(each.requests)
    ]
    body = "\n\n".join(indent("\n".join(lines), "    ") for lines in statements)
    parts = [
        '"""What is sent, and what a right answer to it is: edit both."""\n',
        f"\n# Written by {_one_line(written_by)}\n\n",
        "import os\n\n" if found.secrets else "",
        "import httpx\nfrom bench.workload import Checked, Exchange\n",
        _secrets(found),
        f"\n\ndef exchanges(base_url):\n{body}\n",
        *(f"\n{text}" for name, text in _CHECKS.items() if name in found.checks),
    ]
    return "".join(parts)


def _secrets(found: _Program) -> str:
    """Where variables get their values."""
    if not found.secrets:
        return ""
    given = "".join(f'{name} = secret("{name}")\n' for name in found.secrets.values())
    return f"\n{_FROM_ENVIRONMENT}\n\n{given}"


def _exchange(found: _Program, request: PlainRequest, answer: RecordedAnswer | None) -> list[str]:
    """The statements that send one request."""
    found.known = request.secrets
    arguments = [_literal(request.method), _url(found, request.target), *_content(found, request)]
    status = answer.status if answer is not None else request.status or 200
    checked = [_check(found, answer), *([f"status={status}"] if status != 200 else [])]  # noqa: PLR2004
    ending = ["request", _call("Checked", checked)]
    if request.weight != 1:
        weight = request.weight
        ending.append(f"weight={int(weight) if weight % 1 == 0 else weight}")
    return [
        *f"request = {_call('httpx.Request', arguments)}".splitlines(),
        *f"yield {_call('Exchange', ending)}".splitlines(),
    ]


def _url(found: _Program, target: str) -> str:
    """Code for where a request goes; as bytes, where httpx would write it otherwise."""
    text = found.text(target, parameters=True)
    joined = _NOWHERE.join(target)
    if (joined.raw_path, joined.netloc) == (target.encode(), _NOWHERE.netloc):
        return f"base_url.join({text})"
    return f"base_url.copy_with(raw_path={text}.encode())"


def _content(found: _Program, request: PlainRequest) -> Iterator[str]:
    """Arguments for headers and body."""
    headers = list(request.headers)
    body = request.body
    content = None
    if body is not None:
        value = _parsed(body) if any((n.lower(), v) == _JSON for n, v in headers) else None
        if value is not None:
            headers = [each for each in headers if each[0].lower() != _JSON[0]]
            content = f"json={_pretty(_without_secrets(found, value))}"
        else:
            content = f"content={_bytes(found, body)}"
    if headers:
        pairs = [
            (name, found.secret(name, value) if is_secret(name) else found.value(value))
            for name, value in headers
        ]
        unique = len({name.lower() for name, _ in pairs}) == len(pairs)
        yield f"headers={_pretty(dict(pairs) if unique else pairs)}"
    if content is not None:
        yield content


def _parsed(body: bytes) -> Any:
    """An object or a list that JSON says the same of again; None: it is none."""
    try:
        value = json.loads(body, object_pairs_hook=_named_once)
        same = json.loads(json.dumps(value, allow_nan=False)) == value
    except (ValueError, RecursionError):
        return None
    return value if same and isinstance(value, dict | list) else None


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON. Raises ValueError where a name is there twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice")
    return found


def _without_secrets(found: _Program, value: Any) -> Any:
    """The same with variables for the texts of fields that look like secrets."""
    if isinstance(value, dict):
        return {
            name: found.secret(name, each)
            if is_secret(name) and isinstance(each, str)
            else _without_secrets(found, each)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(found, each) for each in value]
    return found.value(value) if isinstance(value, str) else value


def _bytes(found: _Program, body: bytes) -> str:
    try:
        return found.text(body.decode(), parameters=False)
    except UnicodeDecodeError:
        return repr(body)


def _check(found: _Program, answer: RecordedAnswer | None) -> str:
    """What is demanded of a body, as far as it is always the same."""
    body = None if answer is None else answer.body
    if isinstance(body, Digest):
        return f"{found.check('has_length')}({body.length})"
    if not isinstance(body, Template):
        return found.check("anything")
    text = body.constant
    if text is not None and not has_marks(text):
        if len(text) <= _MOST_TEXT:
            return f"{found.check('is_text')}({_wrapped(text)})"
        return f"{found.check('has_length')}({len(text.encode())})"
    names = _names(body)
    if not names:
        return found.check("anything")
    return f"{found.check('has')}({', '.join(map(_literal, names))})"


def _names(body: Template) -> list[str]:
    """The names that an object of JSON has, whose values vary."""
    text = "".join(part if isinstance(part, str) else "null" for part in body.parts)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    names = list(value) if isinstance(value, dict) else []
    return [each for each in names if not has_marks(each)][:_MOST_NAMES]


def _call(name: str, arguments: Sequence[str]) -> str:
    """A call on one line, or with an argument a line."""
    flat = f"{name}({', '.join(arguments)})"
    if len(flat) <= _WIDTH and "\n" not in flat:
        return flat
    lines = [f"    {line}" for each in arguments for line in f"{each},".splitlines()]
    return "\n".join([f"{name}(", *lines, ")"])


def _pretty(value: Any) -> str:
    return pformat(_as_code(value), width=_WIDTH, sort_dicts=False)


def _as_code(value: Any) -> Any:
    """The same with texts as code has them."""
    if isinstance(value, str):
        return _Code(_literal(value))
    if isinstance(value, dict):
        return {_as_code(name): _as_code(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_as_code, value))
    return value


def _literal(text: str) -> str:
    """A text in double quotes, unless it has some itself."""
    written = repr(text)
    return written if '"' in written else f'"{written[1:-1]}"'


def _wrapped(text: str) -> str:
    """A literal, in pieces where it is long."""
    if len(text) <= _WIDTH:
        return _literal(text)
    pieces = [text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH)]
    return "\n" + "".join(f"    {_literal(each)}\n" for each in pieces)


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _one_line(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)
