"""SSH: the keys of one lab, made in memory, and the server every node runs.

The user's key is written in OpenSSH's own format (PROTOCOL.key); the host key in dropbear's, which is the key
type of RFC 8709 followed by the 64 octets seed and public key, each as an RFC 4251 string.
"""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from labgen.lab.embedded.blueprint import File, Keys, NodeProgram

SSH_DAEMON = "dropbear"
SSH_PORT = 22
SSH_USER = "root"
_HOST_KEY = "/etc/dropbear/lab_host_key"
_PID_FILE = "/run/dropbear.pid"
_TYPE = b"ssh-ed25519"


def _string(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def _public(key: Ed25519PrivateKey) -> str:
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"{_TYPE.decode()} {base64.b64encode(_string(_TYPE) + _string(raw)).decode()}"


def _dropbear(key: Ed25519PrivateKey) -> bytes:
    seed = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return _string(_TYPE) + _string(seed + public)


def make_keys() -> Keys:
    """A fresh user key and a fresh host key."""
    user, host = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    text = user.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    return Keys(text, _public(user), _dropbear(host), _public(host))


def ssh_files(keys: Keys) -> tuple[File, ...]:
    """The files that a node's SSH server needs."""
    return (
        File(_HOST_KEY, keys.host_private, 0o600),
        File("/root/.ssh/authorized_keys", f"{keys.public} labgen\n".encode(), 0o600),
    )


def ssh_program(address: str, *, namespaces: bool) -> NodeProgram:
    """The SSH server of a node, on its management address only: keys, no passwords, no forwarding."""
    return NodeProgram(
        name=SSH_DAEMON,
        argv=(
            "dropbear",
            "-F",
            "-E",
            "-s",
            "-g",
            "-j",
            "-k",
            "-r",
            _HOST_KEY,
            "-P",
            _PID_FILE,
            "-p",
            f"{address}:{SSH_PORT}",
        ),
        log="/var/log/dropbear.log",
        ready_kind="exists",
        ready_path=_PID_FILE,
        namespaces=namespaces,
    )
