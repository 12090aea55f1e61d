import httpx
from bench.workload import Checked, Exchange


def exchanges(base_url):
    book = httpx.Request("GET", base_url.join("/api/books/2"))
    yield Exchange(book, Checked(is_dracula), weight=3)
    yield Exchange(httpx.Request("GET", base_url), Checked(lists_the_books))


def is_dracula(response):
    return None if response.json()["title"] == "Dracula" else "another book"


def lists_the_books(response):
    return None if response.text.count("<li>") == 3 else "a book is missing"
