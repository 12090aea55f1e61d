"""The certificate of one start."""

import ssl
import stat
from pathlib import Path

from servers.certificate import made, spoken_name
from servers.tls import Tls


def test_its_own_authority_vouches_for_it_and_no_other(tmp_path: Path) -> None:
    """Two starts have two of each; a client that knows one authority knows one server."""
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    one, other = map(made, folders)
    assert accepts(one.ca, one.certfile, one.keyfile)
    assert not accepts(other.ca, one.certfile, one.keyfile)


def test_key_is_for_the_owner_alone(tmp_path: Path) -> None:
    """Nobody else reads it; that of the authority is nowhere."""
    files = made(tmp_path)
    assert stat.S_IMODE(files.keyfile.stat().st_mode) == 0o600
    keys = [file for file in tmp_path.iterdir() if "PRIVATE KEY" in file.read_text()]
    assert keys == [files.keyfile]


def test_a_hello_names_no_address_of_ours(tmp_path: Path) -> None:
    """But a name that the certificate is for; other hosts keep theirs."""
    assert spoken_name("127.0.0.1") == "localhost"
    assert spoken_name("example.org") == "example.org"
    files = made(tmp_path)
    assert accepts(files.ca, files.certfile, files.keyfile, spoken_name("127.0.0.1"))


def test_only_the_newest_version_is_offered(tmp_path: Path) -> None:
    """A server of TLS 1.2 is no peer for a comparison."""
    files = made(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files.certfile, files.keyfile)
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    assert _agree(Tls(verified=True, ca=files.ca, newest=True).context(), server) is None
    assert _agree(Tls(verified=True, ca=files.ca).context(), server) == "TLSv1.2"


def accepts(ca: Path, certfile: Path, keyfile: Path, name: str = "127.0.0.1") -> bool:
    """Tell whether a client that knows an authority completes a handshake by name or address."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certfile, keyfile)
    return _agree(Tls(verified=True, ca=ca, newest=True).context(), server, name) == "TLSv1.3"


def _agree(client: ssl.SSLContext, server: ssl.SSLContext, name: str = "127.0.0.1") -> str | None:
    """Return the version that both take; None: there is none, or no trust."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname=name)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    try:
        for _ in range(3):
            for side in (one, other):
                try:
                    side.do_handshake()
                except ssl.SSLWantReadError:
                    continue
    except ssl.SSLError:
        return None
    return one.version()
