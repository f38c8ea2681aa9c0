"""Kea's high availability hook: two servers that tell each other every lease (Kea ARM, "High Availability")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labgen.devices.linux.pairing import Pair

HOOKS = "/usr/lib/x86_64-linux-gnu/kea/hooks"
HA_PORT = 8067

Json = Mapping[str, "Json | Sequence[Json] | Sequence[str] | str | int | float | bool"]


def multi_threading(pair: Pair | None) -> dict[str, Json]:
    """The partner's requests are answered by threads of their own (Kea ARM, "Multi-Threaded Configuration")."""
    return {"multi-threading": {"enable-multi-threading": True, "thread-pool-size": 1}} if pair else {}


def hook(pair: Pair) -> Json:
    """The high availability hook, without the control agent. Times in milliseconds, as short as a lab is."""
    peers: list[Json] = [
        {
            "name": peer.node,
            "url": f"http://{peer.address}:{HA_PORT}/",
            "role": "primary" if number == 0 else "standby" if pair.hot_standby else "secondary",
            "auto-failover": True,
        }
        for number, peer in enumerate(pair.peers)
    ]
    relation: Json = {
        "this-server-name": pair.own,
        "mode": "hot-standby" if pair.hot_standby else "load-balancing",
        "heartbeat-delay": 500,
        "max-response-delay": 2000,
        "max-unacked-clients": 0,
        "multi-threading": {
            "enable-multi-threading": True,
            "http-dedicated-listener": True,
            "http-listener-threads": 1,
            "http-client-threads": 1,
        },
        "peers": peers,
    }
    return {"library": f"{HOOKS}/libdhcp_ha.so", "parameters": {"high-availability": [relation]}}
