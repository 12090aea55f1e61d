"""Stand-ins for what no record may have."""

from bench.workloads.recorded.marks import Marks


def test_a_jar_full_of_cookies() -> None:
    """Each is replaced and comes back, however many there are."""
    secrets = tuple(f"cookie-{number:04}" for number in range(200))
    here = Marks("http://127.0.0.1:1", "127.0.0.1:1", secrets)
    text = f"{' '.join(secrets)} http://127.0.0.1:1/x"
    recorded = here.put(text)
    assert "cookie" not in recorded
    assert "127" not in recorded
    assert here.taken(recorded) == text
