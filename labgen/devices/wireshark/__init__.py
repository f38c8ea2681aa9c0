"""Text of Wireshark and tshark."""
