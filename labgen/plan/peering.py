"""The sessions that carry EVPN, as a spec has it."""

from __future__ import annotations

from labgen.spec.model import Spec


def _asked(spec: Spec) -> str | None:
    """The value of `overlay.peering`, where EVPN is the control plane."""
    return spec.overlay.peering if spec.overlay is not None and spec.overlay.control == "evpn" else None


def apart(spec: Spec) -> bool:
    """True if EVPN runs by iBGP between loopbacks although the underlay is eBGP."""
    return spec.underlay.protocol == "ebgp" and _asked(spec) == "ibgp"


def multihop(spec: Spec) -> bool:
    """True if EVPN runs by eBGP between loopbacks, over an underlay that is no BGP."""
    return spec.underlay.protocol != "ebgp" and _asked(spec) == "ebgp"
