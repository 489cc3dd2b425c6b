"""Which addresses may be reached from here? Public ones, and those of the networks that the owner has named.

Pure: names are resolved elsewhere. What `ipaddress` calls global follows IANA's special-purpose registries.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Prefixes that carry an IPv4 address in their last 32 bits: NAT64 (RFC 6052) and the old "compatible" form (RFC 4291).
_CARRIES_IPV4 = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
# Ways to another address (local NAT64 by RFC 8215, 6to4, Teredo), site-local, discard, and protocol assignments, which
# `ipaddress` knows in parts only.
_NEVER = tuple(
    map(
        ipaddress.ip_network,
        ("64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10", "100::/64", "192.88.99.0/24", "192.0.0.0/24"),
    )
)
# Public by their number, and still the clouds' own: Azure's host agent. The others (169.254.169.254, fd00:ec2::254,
# 100.100.100.200, 192.0.0.192) are in ranges that are refused as a whole.
_METADATA = frozenset({IPv4Address("168.63.129.16")})
_LOOKS_LIKE_A_NUMBER = re.compile(r"(?:^|\.)(?:[0-9]+|0[xX][0-9a-fA-F]*)\.?$")


def literal(host: str) -> Address | None:
    """Return the address that a host is written as; None for a name.

    Raises:
        ValueError: it ends in a number and is no address in its usual form: `2130706433`, `0177.0.0.1`, `127.1`, `0x7f.1`.
    """
    try:
        found = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        if _LOOKS_LIKE_A_NUMBER.search(host):
            message = f"{host} is not an address in its usual form."
            raise ValueError(message) from None
        return None
    if isinstance(found, IPv6Address) and found.scope_id:
        message = f"{host} names an interface."
        raise ValueError(message)
    return found


def may_reach(address: Address, allowed: Iterable[Network] = ()) -> bool:
    """Return whether an address is public, or inside one of the networks that are allowed."""
    real = _unwrapped(address)
    if is_inside(real, allowed):
        return True
    if real in _METADATA or any(real.version == net.version and real in net for net in _NEVER):
        return False
    return real.is_global and not (real.is_multicast or real.is_reserved or real.is_unspecified)


def is_inside(address: Address, allowed: Iterable[Network]) -> bool:
    """Return whether an address is in one of these networks."""
    real = _unwrapped(address)
    return any(real.version == net.version and real in net for net in allowed)


def _unwrapped(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if int(address) > 1 and any(address in net for net in _CARRIES_IPV4):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
