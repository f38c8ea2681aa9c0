"""The reference DHCPv4 relay agent: forwards between VRFs with the sub-options an EVPN fabric needs."""
