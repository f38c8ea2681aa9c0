"""UDP ports of DHCP."""

from __future__ import annotations

SERVER_PORT = 67
"""Of servers, and of relays towards both sides (RFC 2131 section 4.1, RFC 1542 section 4.1)."""
CLIENT_PORT = 68
BOOT_SERVER_PORT = 4011
"""Of the boot server (PXE specification 2.1)."""
DHCP_PORTS = frozenset({SERVER_PORT, CLIENT_PORT, BOOT_SERVER_PORT})
