import json

from bench.workload import Message, WebSocket


def websocket(base_url):
    return WebSocket("/rooms/blue", list(messages()), greeting="welcome to blue")


def messages():
    for number in range(100):
        text = f"message {number}"
        yield Message(json.dumps({"do": "say", "text": text}), is_echo_of(text), weight=9)
    yield Message(json.dumps({"do": "history"}), [was_said, was_said, was_said], weight=100)


def is_echo_of(text):
    right = {"said": text, "length": len(text)}
    return lambda message: None if json.loads(message) == right else "another message"


def was_said(message):
    return None if json.loads(message)["said"] else "nothing was said"
