"""A server of the standard library alone, up in a blink, that misbehaves on demand.

fake_server.py HOST PORT WORKERS BEHAVIOUR [MARKER]
"""

# ruff: noqa: T201

import json
import os
import signal
import socket
import sys
from pathlib import Path


def main() -> None:
    """Serve, or fail to, as the behaviour has it."""
    host, port, workers, behaviour, *rest = sys.argv[1:]
    print("fake server: starting", flush=True)
    if behaviour == "chatty":
        for number in range(60_000):
            print(f"{number}: as much as an app says in a day of a thousand requests")
        print("the last word", flush=True)
    if behaviour == "dies":
        raise ImportError("no app of that name")
    if behaviour == "port-taken-once" and not Path(rest[0]).exists():
        Path(rest[0]).touch()
        raise OSError("[Errno 98] Address already in use")
    if behaviour == "opens":
        opened = socket.create_server((host, int(rest[0])))
        print("opened", opened.getsockname(), flush=True)
    if behaviour == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.fork() == 0:
            os.setsid()
            signal.pause()
    listener = socket.create_server((host, int(port)), backlog=128)
    if behaviour == "mute":
        signal.pause()
    elif workers == "1":
        answer_all(listener, behaviour)
    else:
        oversee(listener, int(workers), behaviour)


def oversee(listener: socket.socket, workers: int, behaviour: str) -> None:
    """Fork the workers; on SIGTERM end them and leave, unless the behaviour is to desert them."""
    children = []
    for _ in range(workers):
        child = os.fork()
        if child == 0:
            answer_all(listener, behaviour)
        children.append(child)

    def leave(*_: object) -> None:
        for child in children if behaviour != "deserts" else ():
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
        os._exit(0)

    signal.signal(signal.SIGTERM, leave)
    while True:
        signal.pause()


def answer_all(listener: socket.socket, behaviour: str) -> None:
    """Answer every connection once, and close it."""
    status = {"wrong": 503, "forbidding": 403}.get(behaviour, 200)
    pid = os.getppid() if behaviour == "lies" else os.getpid()
    body = json.dumps({"status": "ok", "pid": pid, "cwd": str(Path.cwd()), "env": dict(os.environ)})
    head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall((head + body).encode())


if __name__ == "__main__":
    main()
