#!/bin/bash
# A client, a relay and a server in namespaces of their own; $1 is the folder for logs, $2 the server, $3 the client.
# Run by test_analyze_daemons.py under: unshare -m -n -p -f --mount-proc --propagation private
set -eu
out=$1 server=$2 client=$3
mount -t tmpfs none /run
mkdir -p /run/netns /run/lock /run/kea
for dir in /var/lib/dhcp /var/lib/kea /var/lib/misc /var/lib/dhcpcd; do
    mkdir -p "$dir" 2>/dev/null || continue
    mount -t tmpfs none "$dir"
done
touch /run/resolv.conf && mount --bind /run/resolv.conf /etc/resolv.conf
for node in c r s; do ip netns add $node; ip -n $node link set lo up; done
ip link add c0 netns c type veth peer name r0 netns r
ip link add r1 netns r type veth peer name s0 netns s
ip -n c link set c0 address 02:00:00:00:00:c1
ip -n c link set c0 up; ip -n r link set r0 up; ip -n r link set r1 up; ip -n s link set s0 up
ip -n r addr add 172.16.8.1/24 dev r0; ip -n r addr add 10.8.0.2/30 dev r1
ip -n s addr add 10.8.0.1/30 dev s0; ip -n s route add default via 10.8.0.2
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
cat > /run/hook <<'HOOK'
#!/bin/sh
case "${reason:-$1}" in BOUND|RENEW|REBIND|bound|renew)
    ip addr replace "${new_ip_address:-$ip}/24" dev "$interface"; ip route replace default via 172.16.8.1 ;;
esac
HOOK
chmod +x /run/hook

logged() { for _ in $(seq 200); do grep -qs "$2" "$out/$1" && return 0; sleep 0.05; done; echo "no '$2' in $1" >&2; exit 1; }

case $server in
kea)
    cat > /run/kea.json <<JSON
{"Dhcp4": {"interfaces-config": {"interfaces": ["s0"], "dhcp-socket-type": "udp"}, "valid-lifetime": 60,
 "lease-database": {"type": "memfile", "name": "/var/lib/kea/kea-leases4.csv"},
 "subnet4": [{"id": 1, "subnet": "172.16.8.0/24", "pools": [{"pool": "172.16.8.100 - 172.16.8.150"}],
   "option-data": [{"name": "routers", "data": "172.16.8.1"}]}],
 "loggers": [{"name": "kea-dhcp4", "severity": "DEBUG", "debuglevel": 99, "output_options": [{"output": "$out/server.log"}]}]}}
JSON
    KEA_PIDFILE_DIR=/run KEA_LOCKFILE_DIR=/run ip netns exec s kea-dhcp4 -c /run/kea.json >/dev/null 2>&1 &
    logged server.log DHCP4_STARTED ;;
dhcpd)
    cat > /run/dhcpd.conf <<'CONF'
authoritative; ping-check false; default-lease-time 60; max-lease-time 60;
subnet 10.8.0.0 netmask 255.255.255.252 { }
subnet 172.16.8.0 netmask 255.255.255.0 { range 172.16.8.100 172.16.8.150; option routers 172.16.8.1; }
CONF
    touch /var/lib/dhcp/dhcpd.leases
    ip netns exec s dhcpd -4 -d -cf /run/dhcpd.conf -lf /var/lib/dhcp/dhcpd.leases -pf /run/dhcpd.pid s0 >"$out/server.log" 2>&1 &
    logged server.log "Server starting" ;;
dnsmasq)
    ip netns exec s dnsmasq -k -p 0 -u root --log-dhcp --no-ping --log-facility="$out/server.log" \
        --dhcp-leasefile=/var/lib/misc/dnsmasq.leases --conf-file=/dev/null \
        --dhcp-range=172.16.8.100,172.16.8.150,255.255.255.0,2m --dhcp-option=3,172.16.8.1 >/dev/null 2>&1 &
    logged server.log "IP range" ;;
esac
ip netns exec r dhcrelay -4 -d -a -id r0 -iu r1 10.8.0.1 >"$out/relay.log" 2>&1 &
logged relay.log "Sending on   Socket"
ip netns exec c tcpdump -i c0 -w "$out/client.pcap" -U --immediate-mode udp 2>"$out/tcpdump.err" &
tcpdump=$!
logged tcpdump.err "listening on"

case $client in
dhclient)
    ip netns exec c dhclient -4 -1 -v -sf /run/hook -lf "$out/client.leases" -pf /run/dhclient.pid c0 >"$out/client.log" 2>&1
    ip netns exec c dhclient -4 -v -r -sf /run/hook -lf "$out/client.leases" -pf /run/dhclient.pid c0 >>"$out/client.log" 2>&1 ;;
udhcpc)
    ip netns exec c udhcpc -f -R -i c0 -s /run/hook >"$out/client.log" 2>&1 &
    logged client.log "lease of"
    kill -USR1 $!; sleep 0.3; kill -USR2 $!; logged client.log "entering released" ;;
dhcpcd)
    ip netns exec c dhcpcd -4 -d -B -A -c /bin/true c0 >"$out/client.log" 2>&1 &
    logged client.log "leased "
    ip netns exec c dhcpcd -4 -k c0 >/dev/null 2>&1 || true
    logged client.log "sending RELEASE" ;;
esac
sleep 0.3
kill -INT $tcpdump; wait $tcpdump || true
cp /var/lib/kea/kea-leases4.csv "$out/server.leases" 2>/dev/null || cp /var/lib/dhcp/dhcpd.leases "$out/server.leases" 2>/dev/null \
    || cp /var/lib/misc/dnsmasq.leases "$out/server.leases" 2>/dev/null || true
