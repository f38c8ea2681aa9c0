"""Text of tcpdump."""
