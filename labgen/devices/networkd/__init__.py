"""systemd-networkd."""
