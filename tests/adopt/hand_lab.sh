#!/bin/bash
# A small network made by hand, of programs as their packages have them and nothing of labgen's: a client, a router that relays with
# dhcrelay, a Kea server. Each node has namespaces of its own and an SSH server on a management network.
#
#   hand_lab.sh FOLDER FAULT COMMAND...
#
# With HAND_NETNS=1 nodes are network namespaces alone, as `ip netns` makes them, on one system of files and processes.
# Runs COMMAND in the namespaces around the network, and ends it all. FOLDER gets the key `key` and the file `known_hosts`.
# FAULT: none | relay-stopped | wrong-helper | pool-exhausted | rogue-server
set -eu
folder=$1 fault=$2
shift 2
if [ "${HAND_LAB:-}" != inside ]; then
    HAND_LAB=inside exec unshare --mount --net --pid --fork --kill-child --mount-proc --propagation private "$0" "$folder" "$fault" "$@"
fi

mkdir -p "$folder"
mount -t tmpfs none /run
mkdir /run/etc /run/hold
cp -a /etc/. /run/etc/
mount --bind /run/etc /etc
printf 'root:x:0:0:root:/root:/bin/sh\ntcpdump:x:100:100::/run:/usr/sbin/nologin\n' >/etc/passwd
echo tcpdump:x:100: >>/etc/group
ip link set lo up
ip link add mgmt type bridge
ip address add 192.0.2.254/24 dev mgmt
ip link set mgmt up

dropbearkey -t ed25519 -f /run/hold/host_key >/dev/null 2>&1
rm -f "$folder/key"
ssh-keygen -q -t ed25519 -N '' -f "$folder/key" </dev/null
: >"$folder/known_hosts"
public=$(dropbearkey -y -f /run/hold/host_key | grep ^ssh-)

declare -A pid
number=0
if [ -n "${HAND_NETNS:-}" ]; then
    for each in /var/log /var/lib/dhcp /var/lib/kea; do mkdir -p $each; mount -t tmpfs none $each; done
    mkdir -p /run/kea /var/log/kea
fi
node() { # name: namespaces, own folders, an SSH server
    local name=$1
    number=$((number + 1))
    if [ -n "${HAND_NETNS:-}" ]; then
        ip netns add "$name"
        pid[$name]=$name
        ip netns exec "$name" ip link set lo up
        return
    fi
    unshare --mount --net --uts --pid --fork --mount-proc sh -c '
        hostname '"$name"'
        for each in /var/log /var/lib/dhcp /var/lib/kea /tmp /root; do mkdir -p $each; mount -t tmpfs none $each; done
        mkdir -p /run/'"$name"' && mount --bind /run/'"$name"' /run && mkdir -p /run/kea /var/log/kea
        exec sleep infinity' &
    local holder=$!
    local child=""
    until [ -n "$child" ]; do
        sleep 0.02
        child=$(cat "/proc/$holder/task/$holder/children" 2>/dev/null || true)
    done
    pid[$name]=${child%% *}
    ip link add "m$number" type veth peer name eth0 netns "${pid[$name]}"
    ip link set "m$number" master mgmt up
    until on "$name" test -d /var/log/kea; do sleep 0.05; done
    on "$name" ip link set lo up
    on "$name" ip address add "192.0.2.$number/24" dev eth0
    on "$name" ip link set eth0 up
    on "$name" sh -c "mkdir -p /root/.ssh && chmod 700 /root /root/.ssh && cat >/root/.ssh/authorized_keys" <"$folder/key.pub"
    cp /run/hold/host_key "/run/$name/host_key" 2>/dev/null || on "$name" sh -c 'cat >/run/host_key' </run/hold/host_key
    on "$name" dropbear -r /run/host_key -s -p 22
    echo "192.0.2.$number $public" | cut -d' ' -f1-3 >>"$folder/known_hosts"
}
on() { if [ -n "${HAND_NETNS:-}" ]; then ip netns exec "$1" "${@:2}"; else inside "$@"; fi; }
inside() { nsenter --target "${pid[$1]}" --mount --net --uts --pid -- "${@:2}"; }
wire() { # node interface node interface
    ip link add "w$2" type veth peer name "x$2"
    ip link set "w$2" netns "${pid[$1]}" name "$2"
    ip link set "x$2" netns "${pid[$3]}" name "$4"
    on "$1" ip link set "$2" up
    on "$3" ip link set "$4" up
}

for name in pc sw srv; do node $name; done
wire pc eth1 sw eth1
wire sw eth2 srv eth1
on sw ip link add lan type bridge forward_delay 0
on sw ip link set eth1 master lan
on sw ip link set lan up
on sw ip address add 10.1.1.1/24 dev lan
on sw ip address add 10.9.0.1/30 dev eth2
on sw sysctl -q -w net.ipv4.ip_forward=1
on sw ip route add default via 10.9.0.2
on srv ip address add 10.9.0.2/30 dev eth1
on srv ip route add default via 10.9.0.1

pool="10.1.1.100 - 10.1.1.150"
reserved=""
if [ "$fault" = pool-exhausted ]; then
    pool="10.1.1.100 - 10.1.1.100"
fi
on srv sh -c 'cat >/run/kea.json' <<KEA
{"Dhcp4": {
  "interfaces-config": {"interfaces": ["eth1"], "dhcp-socket-type": "udp"},
  "control-socket": {"socket-type": "unix", "socket-name": "/run/kea/kea4-ctrl-socket"},
  "lease-database": {"type": "memfile", "persist": true, "name": "/var/lib/kea/kea-leases4.csv", "lfc-interval": 0},
  "valid-lifetime": 600,
  "subnet4": [{"id": 1, "subnet": "10.1.1.0/24", "pools": [{"pool": "$pool"}],
               "option-data": [{"name": "routers", "data": "10.1.1.1"}, {"name": "domain-name-servers", "data": "10.9.0.53"}]}],
  "loggers": [{"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "/var/log/kea/kea-dhcp4.log", "flush": true}]}]
}}
KEA
if [ "$fault" = pool-exhausted ]; then # somebody else has the only address
    now=$(date +%s)
    on srv sh -c "printf 'address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n10.1.1.100,02:aa:00:00:00:01,,86400,$((now + 86400)),1,0,0,,0,,0\n' >/var/lib/kea/kea-leases4.csv"
fi
on srv env KEA_PIDFILE_DIR=/run/kea KEA_LOCKFILE_DIR=/run/kea setsid kea-dhcp4 -c /run/kea.json >/dev/null 2>&1 </dev/null &
helper=10.9.0.2
[ "$fault" = wrong-helper ] && helper=10.9.0.9
if [ "$fault" != relay-stopped ]; then
    on sw setsid dhcrelay -4 -d -a -id lan -iu eth2 $helper >"$folder/dhcrelay.log" 2>&1 </dev/null &
fi
if [ "$fault" = rogue-server ]; then
    node rogue
    wire rogue eth1r sw eth3
    on rogue ip link set eth1r down
    on rogue ip link set eth1r name eth1
    on rogue ip link set eth1 up
    on sw ip link set eth3 master lan
    on rogue ip address add 10.1.1.250/24 dev eth1
    on rogue dnsmasq --no-ping --port=0 --interface=eth1 --bind-interfaces --dhcp-authoritative --dhcp-range=10.1.1.200,10.1.1.210,600 \
        --dhcp-option=3,10.1.1.250 --dhcp-leasefile=/run/leases --pid-file=/run/dnsmasq.pid --log-facility=/run/dnsmasq.log
fi
until on srv grep -q DHCP4_STARTED /var/log/kea/kea-dhcp4.log 2>/dev/null; do sleep 0.1; done
if [ -n "${HAND_LEASE:-}" ]; then # the client has asked before anybody looks
    on pc sh -c 'dhclient -4 -v -d -lf /var/lib/dhcp/dhclient.leases -pf /run/dhclient.pid eth1 >/var/log/dhclient.log 2>&1 </dev/null &'
    for _ in $(seq 60); do on pc grep -q "^bound to" /var/log/dhclient.log && break; sleep 0.2; done
fi
status=0
"$@" || status=$?
exit $status
