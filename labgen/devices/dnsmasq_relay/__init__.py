"""FRR on Linux with dnsmasq as the relay."""
