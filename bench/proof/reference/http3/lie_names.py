"""Ways of lying over HTTP/3, by name: who only counts them need not load the library."""

from enum import StrEnum


class Http3Lie(StrEnum):
    """What can be wrong with an answer over HTTP/3, or with what comes beside it.

    The last is no lie, and must not be taken for one.
    """

    WRONG_BODY = "wrong-body"
    WRONG_STATUS = "wrong-status"
    CONTENT_LENGTH_TOO_LARGE = "content-length-too-large"
    DATA_AFTER_CONTENT_LENGTH = "data-after-content-length"
    RESET_STREAM = "reset-stream"
    RESET_STREAM_IN_BODY = "reset-stream-in-body"
    GOAWAY_IN_MID_RUN = "goaway-in-mid-run"
    CLOSE_IN_BODY = "close-in-body"
    NO_ANSWER = "no-answer"
    STREAM_LEFT_OPEN = "stream-left-open"
    DATA_BEFORE_HEADERS = "data-before-headers"
    TRAILERS_BEFORE_THE_END = "trailers-before-the-end"
    HEADER_BOMB = "header-bomb"
    CONTROL_FLOOD = "control-flood"
    INTERIM_AND_IN_PIECES = "interim-and-in-pieces"
