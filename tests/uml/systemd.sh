#!/bin/sh -eu
# Inside a kernel of its own: docs/labgen-relay.service under a real systemd, between a client in a VRF and a server outside it.
#   systemd.sh LABGEN-RELAY
#
#     client (namespace) --- c0 (VRF device client) -- labgen-relay -- s0 --- server (namespace), dnsmasq 10.1.0.2
relay=$1
results=/run/exchange/results
for each in client server; do ip netns add $each; done
ip link add client type vrf table 10
ip link set client up
ip link add c0 type veth peer name eth0 netns client
ip link add s0 type veth peer name eth0 netns server
ip link set c0 master client up
ip link set s0 up
ip address add 172.16.0.1/24 dev c0
ip address add 10.1.0.1/30 dev s0
ip address add 10.0.0.4/32 dev lo
ip -n client link set lo up
ip -n client link set eth0 up
ip -n server link set lo up
ip -n server link set eth0 up
ip -n server address add 10.1.0.2/30 dev eth0
ip -n server route add default via 10.1.0.1
sysctl -qw net.ipv4.ip_forward=1
ip netns exec server dnsmasq --conf-file=/dev/null --port=0 --interface=eth0 --log-dhcp --log-facility=/run/dnsmasq.log \
    --dhcp-range=172.16.0.100,172.16.0.110,255.255.255.0,1h --dhcp-leasefile=/run/dnsmasq.leases --pid-file=/run/dnsmasq.pid

ln -s "$relay" /usr/local/bin/labgen-relay
cp docs/labgen-relay.service /etc/systemd/system/
cat >/etc/labgen-relay.yml <<CONFIG
name: sw1
log: "-"
control: /run/labgen-relay/relay.sock
vrfs:
  client: {device: client}
interfaces:
  - {name: c0, vrf: client, giaddr: 10.0.0.4, servers: [{address: 10.1.0.2}]}
CONFIG

cat >/run/probe.sh <<'PROBE'
#!/bin/sh
# What the unit is, and whether a client gets a lease: before a reload, after it, and after the relay was killed.
exec >/run/exchange/results 2>&1
lease() {
    ip -n client address flush dev eth0
    ip netns exec client udhcpc -i eth0 -n -q -t 10 -T 2 -s /bin/true >/run/udhcpc.log 2>&1 && echo "$1: lease" || echo "$1: no lease"
}
state() { echo "$1: $(systemctl is-active labgen-relay) $(systemctl show -p NRestarts --value labgen-relay)"; }
pid() { systemctl show -p MainPID --value labgen-relay; }
state start
grep -E '^(Uid|CapEff|NoNewPrivs|Seccomp):' /proc/$(pid)/status | tr -s '\t ' ' '
lease start
systemctl reload labgen-relay
state reload
lease reload
kill -9 $(pid)
for _ in $(seq 120); do
    sleep 0.5
    [ "$(systemctl show -p NRestarts --value labgen-relay)" = 1 ] && [ "$(systemctl is-active labgen-relay)" = active ] && break
done
state killed
lease killed
systemctl stop labgen-relay
state stopped
[ -e /run/labgen-relay ] && echo "left: /run/labgen-relay"
echo end
systemctl exit 0
PROBE
cat >/etc/systemd/system/probe.service <<UNIT
[Unit]
After=labgen-relay.service
Wants=labgen-relay.service
DefaultDependencies=no
FailureAction=exit-force
SuccessAction=exit-force
[Service]
Type=oneshot
ExecStart=/bin/sh /run/probe.sh
ExecStopPost=/bin/sh -c 'journalctl -n 60 --no-pager >/run/exchange/journal 2>&1; systemctl status labgen-relay >>/run/exchange/journal 2>&1'
TimeoutStartSec=300
UNIT
# A process space of its own, as a container has: systemd wants to be the first process.
unshare --fork --pid --mount-proc --mount --cgroup --propagation private \
    env container=uml /lib/systemd/systemd --system --unit=probe.service --log-level=warning --log-target=console || true
cat "$results" || cat /run/exchange/journal
grep -q '^end$' "$results" || { cat /run/exchange/journal >&2; exit 1; }
