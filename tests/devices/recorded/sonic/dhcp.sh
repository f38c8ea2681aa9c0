#!/bin/bash
# SONiC relays on VLANs only, with dhcp4relay: the port becomes the one member of a VLAN that takes over its address.
# Relay lines recorded with dhcp4relay; those of VLANs never run by labgen. The image has to have a relay: docker-sonic-vs ships none.
set -e
# the relay is dhcp4relay only where this flag says so, when its container starts
sonic-db-cli CONFIG_DB hset 'DEVICE_METADATA|localhost' has_sonic_dhcpv4_relay True
config feature state dhcp_relay enabled || true
systemctl restart dhcp_relay || true
config interface ip remove Ethernet4 172.16.0.2/24 || true
config vlan add 1001
config vlan member add -u 1001 Ethernet4
config interface ip add Vlan1001 172.16.0.2/24
config dhcpv4_relay add --dhcpv4-servers 10.0.0.1 --source-interface Loopback0 --link-selection enable --server-id-override enable Vlan1001
config interface ip remove Ethernet8 172.16.1.2/24 || true
config vlan add 1002
config vlan member add -u 1002 Ethernet8
config interface ip add Vlan1002 172.16.1.2/24
config dhcpv4_relay add --dhcpv4-servers 10.0.0.1 Vlan1002
