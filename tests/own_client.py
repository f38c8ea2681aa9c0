"""A DHCP client of somebody's own, as a program for labs: it asks, takes the first offer, and keeps the lease."""

from __future__ import annotations

CLIENT = """\
import random, socket, struct, sys, time

interface = sys.argv[1]
mac = bytes.fromhex(open(f"/sys/class/net/{interface}/address").read().strip().replace(":", ""))
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
sock.bind(("0.0.0.0", 68))
sock.settimeout(3)
xid = random.getrandbits(32)


def ask(kind, extra, wanted):
    head = struct.pack("!BBBBIHH", 1, 1, 6, 0, xid, 0, 0x8000) + bytes(16) + mac.ljust(208, b"\\0")
    packet = head + b"\\x63\\x82\\x53\\x63" + bytes((53, 1, kind, 55, 2, 1, 3)) + extra + b"\\xff"
    while True:
        sock.sendto(packet.ljust(300, b"\\0"), ("255.255.255.255", 67))
        try:
            while True:
                answer = sock.recv(2000)
                if answer[4:8] == xid.to_bytes(4, "big") and bytes((53, 1, wanted)) in answer[240:]:
                    return answer
        except TimeoutError:
            pass


offer = ask(1, b"", 2)
server = offer[offer.index(bytes((54, 4)), 240) :][:6]
ack = ask(3, bytes((50, 4)) + offer[16:20] + server, 5)
print("bound to", socket.inet_ntoa(ack[16:20]))
time.sleep(1000)
"""
