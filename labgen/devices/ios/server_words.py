"""The sentences of IOS's DHCP server debug, as one expression.

The last group that matched names the sentence (so each alternative closes with the group it is named for);
`known` are sentences that say nothing about a message.
"""

from __future__ import annotations

import re

_IP = r"\d+\.\d+\.\d+\.\d+"
_ID = r"[0-9a-fA-F.]+?"

_SENTENCES = (
    r"(?P<start>Reload workspace|New packet workspace)",
    rf"found subnet_info_addr (?P<link>{_IP})",
    rf"Giaddr from server-id-override suboption (?P<override>{_IP})",
    r"Bad VPN information type: (?P<bad_vpn>\d+)",
    r"client's VPN is (?P<vss>[^.\s]*)\.?",
    r"htype \d+ chaddr (?P<mac>[0-9a-fA-F.]+)",
    r"circuit id (?P<circuit>(?:[0-9a-fA-F]{2})+)",
    rf"(?:setting )?giaddr (?:=|to|is) (?P<giaddr>{_IP})",
    r"interface = (?P<interface>\S+)",
    r"lease time remaining \(secs\) = (?P<lease>\d+)",
    rf"using server-id-override (?P<own_id>{_IP})",
    rf"(?P<got>DHCP[A-Z]+) (?:message )?received from (?:client"
    rf" )?(?P<client>{_ID})(?:\s*\((?P<address>{_IP})\))?"
    rf"(?: through relay (?P<through>{_IP})| on interface (?P<on>\S+?))?\.?\s*$(?P<received>)",
    r"DHCP[A-Z]+ received on interface (?P<on_interface>\S+?)\.?$",
    rf"(?:Sending (?=DHCP[A-Z]+ to)|(?=DHCP[A-Z]+ sent to))(?P<reply>DHCP[A-Z]+) (?:sent )?to client (?P<to_client>{_ID})(?:"
    rf" \((?P<offered>{_IP})\))?\.?\s*$(?P<sending>)",
    rf"unicasting BOOTREPLY for client (?P<reply_mac>{_ID}) to relay (?P<to_relay>{_IP})",
    rf"(?:broad|uni)casting BOOTREPLY to client (?P<direct_mac>[0-9a-fA-F.]+?)"
    rf"(?: \((?P<direct_address>{_IP})\))?\.?$(?P<direct>)",
    rf"client is confused about its IP address \(requested (?P<asked>{_IP}), assigned (?P<holds>{_IP})\)"
    r"(?P<confused>)",
    rf"Not sending DHCPNAK to client {_ID}(?: due to ?(?P<why>.*))?$(?P<no_nak>)",
    rf"assigned IP address (?P<address_given>{_IP}) to client (?P<holder>{_ID})\.?$(?P<assigned>)",
    r"Reprocessing saved workspace \(ID=(?P<resumed>\w+)\)",
    r"Saving workspace \(ID=(?P<saved>\w+)\)",
    rf"returned (?P<returned>{_IP}) to address pool",
    r"(?P<no_lease>No binding found|due to: CANT FORWARD|cannot find a relay|Did not find binding"
    r"|no previous binding|could not find binding)",
    rf"BOOTREQUEST from (?P<asker>{_ID}) forwarded to (?P<forwarded>{_IP})",
    r"forwarding BOOTREPLY to client (?P<forwarding>[0-9a-fA-F.]+?)\.?$",
    rf"there is no address pool for (?P<no_pool>{_IP})",
    r"(?P<untrusted>relay information option exists, but giaddr is zero|inconsistent relay information)",
    r"(?P<exhausted>(?:address pool|subnet|pool) \S+ (?:in address pool \S+ )?(?:is )?(?:empty|exhausted)|due to: ?POOL EXHAUSTED"
    r"|no (?:free )?address(?:es)? (?:available|left).*"
    r"|unable to allocate.*|could not allocate.*|cannot allocate.*)",
    rf"(?:address conflict:?.*|client \S+ declined|Received DHCPDECLINE.*)(?<![\d.])(?P<conflicting>{_IP}).*",
    r"(?P<dropping>(?:dropp|discard|ignor|reject)(?:ed|ing)? .*|.*(?:dropped|discarded|ignored|rejected)\b.*)",
    r"(?P<known>tableid for|table id|No option 12|Option 12|Option 82|using received relay"
    r"|Sending notification"
    r"|class id|remote id|FSM state change|Workspace state|Found previous|Setting only requested"
    r"|egress Interf|Client is connected via|Appending|Using hostname|address \d|due to: "
    r"|no subnet configured"
    r"|Client (?:request|either)|classname not set|Selecting relay|Attempt ping|Allocated binding"
    r"|Adding binding|dhcpd_binding|VPN '|update (?:Inner|Outer)|Freeing saved|checking for expired"
    r"|Finding a relay|Looking up binding|Seeing if there|child pool|parent pool"
    r"|pool |subnet \[|adding relay information|removing relay|validating relay|relay information"
    r"|expired lease|the lease for address \S+ has expired|wrote automatic bindings|writing address"
    r"|Deleting binding|deleting|lease time|Saved|unable to|relay agent|not (?:a|able)|client-id|DHCPINFORM"
    r"|excluding|released|Sending DHCP|ASSIGNMENT|writing bindings|trying|ping|found|allocate"
    r"|hostname|Option"
    r"|DHCPD: )",
)

BODY = re.compile("(?:" + "|".join(f"(?:{sentence})" for sentence in _SENTENCES) + ")")
