"""What is asked: bytes for the server, words for people."""

import pytest

from servers.asking.readiness_request import Question

AUTHORITY = "127.0.0.1:8000"


@pytest.mark.parametrize(
    ("question", "sent"),
    [
        (
            Question("/a?b=c"),
            (
                b"GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAccept: */*\r\n"
                b"Connection: close\r\n\r\n"
            ),
        ),
        (
            Question("/", ((b"host", b"shop.test"), (b"accept", b"x/y"), (b"X-Api-Key", b"k1"))),
            (
                b"GET / HTTP/1.1\r\nhost: shop.test\r\naccept: x/y\r\nX-Api-Key: k1\r\n"
                b"Connection: close\r\n\r\n"
            ),
        ),
        (
            Question("/", ((b"Connection", b"keep-alive"), (b"Content-Length", b"2")), b"{}"),
            (
                b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAccept: */*\r\nContent-Length: 2\r\n"
                b"Connection: close\r\n\r\n{}"
            ),
        ),
    ],
)
def test_what_is_sent(question: Question, sent: bytes) -> None:
    """Host is the server's own unless given; the connection is for one question."""
    assert sent == question.wire(AUTHORITY)


def test_what_is_reported() -> None:
    """Headers that matter, and no secret."""
    question = Question(
        "/a?page=2&api_key=hidden&q=x",
        (
            (b"Host", b"shop.test"),
            (b"Accept", b"*/*"),
            (b"X-Api-Key", b"hidden"),
            (b"Authorization", b"Bearer hidden"),
            (b"Cookie", b"session=hidden"),
        ),
    )
    expected = (
        "GET /a?page=2&api_key=***&q=x with Host: shop.test, X-Api-Key: ***, "
        "Authorization: ***, Cookie: ***"
    )
    assert expected == str(question)


def test_what_a_browser_sends_is_reported_in_short() -> None:
    """Of many headers, those that an app may refuse an answer without; of a path, its beginning."""
    headers = [(f"Sec-{number}".encode(), b"x") for number in range(9)]
    question = Question("/" + 999 * "a", (*headers, (b"Cookie", b"a=b"), (b"Host", b"shop.test")))
    assert str(question) == (
        f"GET /{199 * 'a'}... with Cookie: ***, Host: shop.test, Sec-0: x, Sec-1: x, 7 more"
    )
