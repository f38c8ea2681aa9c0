"""DHCP snooping on ports of a bridge: option 82 from the access switch (RFC 3046), and no servers behind access ports."""
