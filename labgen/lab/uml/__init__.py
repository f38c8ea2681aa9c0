"""A kernel of one's own: user-mode Linux, an ordinary process, for who has no root or no `vrf` devices."""
