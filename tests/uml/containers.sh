#!/bin/sh -eu
# Inside a kernel of its own: a Docker engine on the disk, the image of open nodes in it, then a command.
#   containers.sh IMAGE-ARCHIVE COMMAND...
archive=$1
shift
mkdir -p /var/lib/docker /etc/docker
mount /dev/ubda /var/lib/docker
update-alternatives --set iptables /usr/sbin/iptables-legacy >/dev/null
update-alternatives --set ip6tables /usr/sbin/ip6tables-legacy >/dev/null
dockerd -H unix:///var/run/docker.sock >/run/dockerd.log 2>&1 &
for _ in $(seq 600); do
    ! docker version >/dev/null 2>&1 || break
    sleep 0.5
done
docker version >/dev/null || { tail -20 /run/dockerd.log >&2; exit 1; }
docker load -i "$archive" >&2
exec "$@"
