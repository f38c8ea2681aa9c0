"""wicked, the network manager of SUSE: what its DHCPv4 client says."""
