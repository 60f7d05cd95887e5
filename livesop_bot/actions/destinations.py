"""Where webhooks may go: to public addresses, and to what LIVESOP_WEBHOOK_ALLOW names."""

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

_NAT64 = IPv6Network("64:ff9b::/96")
_AZURE_WIRE_SERVER = IPv4Address("168.63.129.16")
"""A public address that answers machines of that cloud with their secrets."""

Address = IPv4Address | IPv6Address


class DestinationRefused(OSError):
    """An address that webhooks must not reach."""


class Destinations:
    """`allowed`: host names, addresses and networks that may be internal."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._hosts: set[str] = set()
        self._networks = []
        for entry in allowed:
            try:
                self._networks.append(ip_network(entry, strict=False))
            except ValueError:
                self._hosts.add(entry.casefold().rstrip("."))

    def admits(self, host: str, address: str) -> bool:
        """Whether the address, which stands for that host right now, may be reached."""
        if host.casefold().rstrip(".") in self._hosts:
            return True
        real = _unwrapped(address)
        return is_public(real) or any(real in network for network in self._networks)

    def socket(self, host: str, address: tuple[Any, ...]) -> socket.socket:
        """Make the socket for an entry of getaddrinfo, as aiohttp's connector asks for it.

        This is the last step before connecting: between check and use nothing is looked up again.
        Raises DestinationRefused.
        """
        family, kind, protocol, _, target = address
        if not self.admits(host, target[0]):
            raise DestinationRefused(target[0])
        return socket.socket(family, kind, protocol)


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet, for one host."""
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address == _AZURE_WIRE_SERVER
        or (isinstance(address, IPv6Address) and address.is_site_local)
    )


def _unwrapped(address: str) -> Address:
    """The address that is reached in the end, where one IPv6 address stands for an IPv4 one."""
    real = ip_address(address.partition("%")[0])
    if isinstance(real, IPv6Address):
        inside = real.ipv4_mapped or real.sixtofour or (real.teredo or (None, None))[1]
        if real in _NAT64:
            inside = IPv4Address(int(real) & 0xFFFFFFFF)
        return inside or real
    return real
