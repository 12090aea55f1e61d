"""What the tools print, as recorded; oha's is made after its schema.json and printer."""

import json
from typing import Any, Final

WRK: Final = """\
Running 1s test @ http://127.0.0.1:18999/items/7
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   337.15us  190.80us   4.16ms   98.69%
    Req/Sec    71.21k     2.69k   73.15k    90.91%
  Latency Distribution
     50%  326.00us
     75%  355.00us
     90%  375.00us
     99%    1.03ms
  77914 requests in 1.10s, 10.25MB read
Requests/sec:  70845.79
Transfer/sec:      9.32MB
"""

WRK_CLOSED: Final = """\
Running 1s test @ http://127.0.0.1:18777/items/7
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   585.15us    0.87ms   8.46ms   89.03%
    Req/Sec    21.94k     9.27k   39.24k    80.00%
  Latency Distribution
     50%  234.00us
     75%  549.00us
     90%    1.59ms
     99%    4.25ms
  21875 requests in 1.00s, 854.49KB read
  Socket errors: connect 0, read 216, write 0, timeout 3
Requests/sec:  21835.67
Transfer/sec:    852.96KB
"""

WRK_NOT_FOUND: Final = """\
Running 1s test @ http://127.0.0.1:18777/items/7
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   650.24us    1.31ms  16.60ms   91.15%
    Req/Sec    26.30k    13.29k   48.61k    80.00%
  Latency Distribution
     50%  182.00us
     75%  578.00us
     90%    1.78ms
     99%    5.03ms
  26240 requests in 1.01s, 1.18MB read
  Non-2xx or 3xx responses: 26240
Requests/sec:  25981.12
Transfer/sec:      1.16MB
"""

_H2LOAD: Final = """\
starting benchmark...
spawning thread #0: 32 total client(s). Timing-based test with 0s of warm-up time and 1s of main \
duration for measurements.
Warm-up started for thread #0.
progress: 9% of clients started
Warm-up phase is over for thread #0.
Main benchmark duration is started for thread #0.
Application protocol: http/1.1
Main benchmark duration is over for thread #0. Stopping all clients.
Stopped all clients for thread #0

"""

H2LOAD: Final = (
    _H2LOAD
    + """\
finished in 1.00s, 66111.00 req/s, 8.70MB/s
requests: 66111 total, 66143 started, 66111 done, 66111 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 66111 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 8.70MB (9123318) total, 3.41MB (3570426) headers (space savings 0.00%), 3.34MB (3504307) \
data
                     min         max         mean         sd        +/- sd
time for request:      216us      3.11ms       483us       150us    67.83%
time for connect:        9us       176us        98us        48us    59.38%
time to 1st byte:     1.15ms      1.22ms      1.19ms        20us    59.38%
req/s           :    1967.42     2161.00     2065.22       63.33    50.00%
"""
)

H2LOAD_NOT_FOUND: Final = (
    _H2LOAD
    + """\
finished in 1.01s, 14652.00 req/s, 672.50KB/s
requests: 14652 total, 14660 started, 14652 done, 0 succeeded, 14652 failed, 0 errored, 0 timeout
status codes: 0 2xx, 0 3xx, 14652 4xx, 0 5xx
traffic: 672.50KB (688644) total, 214.75KB (219900) headers (space savings 0.00%), 28.63KB \
(29320) data
                     min         max         mean         sd        +/- sd
time for request:       47us     10.32ms       542us      1.04ms    91.56%
"""
)

H2LOAD_REFUSED: Final = (
    _H2LOAD
    + """\
finished in 1.00s, 0.00 req/s, 0B/s
requests: 0 total, 0 started, 0 done, 0 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 0 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 0B (0) total, 0B (0) headers (space savings 0.00%), 0B (0) data
                     min         max         mean         sd        +/- sd
time for request:        0us         0us         0us         0us     0.00%
"""
)


def oha(
    *,
    statuses: dict[str, int],
    errors: dict[str, int],
    total_s: float = 1.0,
    percentiles: dict[str, float | None] | None = None,
) -> str:
    """What oha prints with --output-format json."""
    answers = sum(statuses.values())
    said: dict[str, Any] = {
        "summary": {
            "successRate": 1.0,
            "total": total_s,
            "slowest": 0.00821,
            "fastest": 0.000114,
            "average": 0.000484,
            "requestsPerSec": (answers + sum(errors.values())) / total_s,
            "totalData": answers * 53,
            "sizePerRequest": 53 if answers else None,
            "sizePerSec": answers * 53 / total_s,
        },
        "responseTimeHistogram": {"0.000114": 1, "0.00821": answers - 1},
        "latencyPercentiles": percentiles
        or {
            "p10": 0.00031, "p25": 0.0004, "p50": 0.00047, "p75": 0.00053, "p90": 0.0006,
            "p95": 0.0007, "p99": 0.00112, "p99.9": 0.0031, "p99.99": 0.0079,
        },
        "rps": {"mean": 64000.0, "stddev": 900.0, "max": 70000.0, "min": 100.0, "percentiles": {}},
        "details": {
            "DNSDialup": {"average": 0.0002, "fastest": 0.0001, "slowest": 0.0003},
            "DNSLookup": {"average": 1e-05, "fastest": 1e-06, "slowest": 2e-05},
            "firstByte": {"average": 0.0004, "fastest": 0.0001, "slowest": 0.008},
        },
        "statusCodeDistribution": statuses,
        "errorDistribution": errors,
    }  # fmt: skip
    return json.dumps(said, indent=2)
