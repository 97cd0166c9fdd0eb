"""Where an IP address leads: into the public network, to this machine, or somewhere a client must not send us."""

from __future__ import annotations

import ipaddress

#: Only these are handed out to hosts of the public network. Source: RFC 4291, IANA IPv6 Global Unicast Allocations.
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_LOOPBACK_V6 = ipaddress.IPv6Address("::1")
#: Public by their number, but leading elsewhere: IPv4 in IPv6 (RFC 3056, RFC 4380), the old relays of that (RFC 7526),
#: what only documents use (RFC 9637), and the host's own side of Azure's machines (Microsoft, "What is IP address
#: 168.63.129.16?").
_ELSEWHERE = (
    ipaddress.ip_network("2002::/16"),
    ipaddress.ip_network("2001::/32"),
    ipaddress.ip_network("3fff::/20"),
    ipaddress.ip_network("192.88.99.0/24"),
    ipaddress.ip_network("168.63.129.16/32"),
)


def is_public(place: str) -> bool:
    """Return whether an IP address is one of a host in the public network, and not another one in disguise."""
    try:
        found = ipaddress.ip_address(place)
    except ValueError:
        return False
    # A scope ("%eth0") belongs to addresses of the local link only.
    if "%" in place or found.is_multicast or found.is_reserved or not found.is_global:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found not in _GLOBAL_V6:
        return False
    return not any(found.version == net.version and found in net for net in _ELSEWHERE)


def is_loopback(place: str) -> bool:
    """Return whether an IP address is one of this machine's own, which no other machine is reached by."""
    try:
        found = ipaddress.ip_address(place)
    except ValueError:
        return False
    # Versions of Python differ about 127.0.0.1 in IPv6; here it is none.
    return found == _LOOPBACK_V6 or (found.version == 4 and found.is_loopback)
