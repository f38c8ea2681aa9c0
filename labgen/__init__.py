"""labgen: prove how DHCP relaying behaves across VRFs, VXLAN and EVPN, on a running lab."""

__all__ = ["__version__"]

__version__ = "0.2.0"
