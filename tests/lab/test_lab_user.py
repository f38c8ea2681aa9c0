"""An ordinary user's lab. When root runs the tests, a user is lent one: an account, subordinate ids and a readable Python
exist in a private mount namespace only, and the host's files stay as they are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lab_folders import FLAGSHIP, make_folder

import labgen

pytest_plugins = ["lab_fixtures"]
pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("can_run_labs")]

UID = 64321

BECOME_USER = """\
set -e
account=labgenuser; uid=$1; home=$2; python=$3; shift 3
mount -t tmpfs tmpfs /mnt
cp /etc/passwd /mnt/passwd; echo "$account:x:$uid:$uid::$home:/bin/sh" >> /mnt/passwd
cp /etc/group /mnt/group; echo "$account:x:$uid:" >> /mnt/group
echo "$account:300000:65536" > /mnt/subids
[ -e /etc/subuid ] && [ -e /etc/subgid ]
mount --bind /mnt/passwd /etc/passwd; mount --bind /mnt/group /etc/group
mount --bind /mnt/subids /etc/subuid; mount --bind /mnt/subids /etc/subgid
case $python in /root/*)
    mkdir /mnt/python; mount --bind "$python" /mnt/python
    mount -t tmpfs -o mode=755 tmpfs /root; mkdir -p "$python"; mount --bind /mnt/python "$python";;
esac
cd /
exec setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps=-all env HOME="$home" USER=$account "$@"
"""

PROGRAM = """\
import io, os, sys, time
from pathlib import Path
import netmiko, paramiko
from labgen.lab.embedded.provider import EmbeddedProvider
assert os.getuid() != 0
lab = EmbeddedProvider().up(Path(sys.argv[1]), lambda stage: None, detach=False)
assert Path(f"/proc/{lab.status().pid}").stat().st_uid == os.getuid()
for node in lab.plan.nodes:
    access = lab.ssh_access(node.name)
    key = paramiko.Ed25519Key.from_private_key(io.StringIO(access.private_key))
    with netmiko.ConnectHandler(device_type="linux", host=access.host, username=access.user, pkey=key,
                                sock=lab.ssh_socket(node.name), allow_agent=False) as connection:
        assert connection.send_command("hostname").strip() == node.name
lab.control("cl_a", "dhclient", "start")
for _ in range(100):
    if b"172.16.0." in lab.execute("cl_a", ["ip", "-4", "address", "show", "eth1"]).stdout:
        break
    time.sleep(0.1)
else:
    raise AssertionError("no lease")
assert len(lab.save_captures(Path(sys.argv[1]) / "captures")) == 16
lab.down()
print("served")
"""


def _why_not() -> str:
    if os.geteuid() != 0:
        return "the whole suite already runs as an ordinary user"
    for program in ("newuidmap", "setpriv"):
        if shutil.which(program) is None:
            return f"{program} is not installed (packages uidmap, util-linux)"
    return ""


@pytest.fixture
def public_folder(tmp_path: Path) -> Path:
    """A lab folder the ordinary user owns and can reach."""
    folder = make_folder(FLAGSHIP, tmp_path)
    for parent in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        parent.chmod(0o755)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, UID, UID)
    return folder


@pytest.mark.skipif(bool(_why_not()), reason=_why_not() or "never")
def test_flagship_runs_as_an_ordinary_user(public_folder: Path) -> None:
    package = Path(labgen.__file__).parent.parent
    unreadable = [path for path in (package, Path(sys.prefix)) if path.stat().st_mode & 0o005 != 0o005]
    if unreadable or package.is_relative_to("/root"):
        pytest.skip(f"an ordinary user cannot read {package}")
    become = ["unshare", "--mount", "--propagation", "private", "sh", "-c", BECOME_USER, "sh"]
    command = [*become, str(UID), str(public_folder), sys.base_prefix, sys.executable, "-c", PROGRAM]
    done = subprocess.run(
        [*command, str(public_folder)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "served", done.stderr
