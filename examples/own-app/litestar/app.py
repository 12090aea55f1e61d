from dataclasses import dataclass

from litestar import Litestar, get, post
from litestar.exceptions import NotFoundException


@dataclass
class Task:
    title: str
    done: bool = False


TASKS = {1: Task("Buy milk", done=True), 2: Task("Measure servers")}


@get("/tasks/{number:int}")
async def show(number: int) -> Task:
    if number not in TASKS:
        raise NotFoundException
    return TASKS[number]


@post("/tasks")
async def add(data: Task) -> Task:
    return data


app = Litestar([show, add])
