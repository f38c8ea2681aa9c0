"""Running configurations of a network, looked through for DHCP relaying that cannot work; no lab, and nothing is touched."""
