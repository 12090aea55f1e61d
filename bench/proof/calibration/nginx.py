"""nginx as a server of one fixed body over HTTP/2, faster than any client of one core."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bench.errors import HarnessError
from bench.proof.calibration.client import CalibrationServer, NotInstalledError
from bench.proof.reference.null_answer import BODY
from bench.proof.reference.workloads import null_workload
from servers.ports import free_port, is_listening
from servers.processes.keeper_client import keep

NAME: Final = "nginx"
_HOST: Final = "127.0.0.1"
_LIMIT_S: Final = 10.0
_LOOK_S: Final = 0.01
_CONFIGURATION: Final = """
worker_processes 1;
events { worker_connections 512; }
http {
    access_log off;
    keepalive_requests 1000000000;
    server {
        listen %(host)s:%(port)s http2;
        location / { default_type application/json; return 200 '%(body)s'; }
    }
    client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t;
    uwsgi_temp_path t; scgi_temp_path t;
}
"""


def program() -> str | None:
    """Where nginx is; None: it is not installed."""
    return shutil.which(NAME, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))


@asynccontextmanager
async def nginx_place(
    cores: frozenset[int] | None, folder: Path
) -> AsyncIterator[CalibrationServer]:
    """Run nginx over h2c, its files in `folder`.

    Raises NotInstalledError, and HarnessError where it does not start.
    """
    found, port, log = program(), free_port(_HOST), folder / "nginx.log"
    if found is None:
        raise NotInstalledError("nginx is not installed (Debian: apt install nginx-light)")
    path = folder / "nginx.conf"
    text = _CONFIGURATION % {"host": _HOST, "port": port, "body": BODY.decode("ascii")}
    path.write_text(text, encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    run = f"daemon off; pid {folder}/nginx.pid; error_log stderr; {user}"
    argv = [found, "-p", str(folder), "-c", str(path), "-e", "stderr", "-g", run]
    async with keep(argv, log=log, cpus=cores) as kept:
        try:
            async with asyncio.timeout(_LIMIT_S):
                while not is_listening(_HOST, port):
                    if not kept.running:
                        break
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            pass
        if not is_listening(_HOST, port):
            said = log.read_text(encoding="utf-8", errors="replace")[-500:]
            raise HarnessError(f"nginx did not start: {said}")
        yield CalibrationServer(NAME, f"http://{_HOST}:{port}", str(Path(null_workload.__file__)))
