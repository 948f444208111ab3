"""Announces the box by multicast DNS (RFC 6762) until cancelled.

Shell around services.py and the package zeroconf, which answers questions on all given networks
and defends the names. A second box of the same name gets another one by itself.
Tests: tests/firmware/announce/test_announce.py.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Sequence

from zeroconf import InterfaceChoice, IPVersion, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from firmware.announce.services import Service, host_label

logger = logging.getLogger(__name__)


class Mdns:
    """The announcement."""

    def __init__(self, offered: Sequence[Service], host: str, addresses: Sequence[str]) -> None:
        """`addresses`: of the box; announced, and on their networks only."""
        self._offered, self._host, self._addresses = offered, host, addresses
        self.ready = asyncio.Event()
        """Set once the names are taken and announced."""

    async def run(self) -> None:
        """Announce until cancelled, then say goodbye. `OSError` where there is no network."""
        networks = list(self._addresses) or InterfaceChoice.All
        zeroconf = AsyncZeroconf(interfaces=networks, ip_version=IPVersion.V4Only)
        try:
            async with asyncio.TaskGroup() as group:  # each asks first whether its name is free
                for service in self._offered:
                    group.create_task(self._announce(zeroconf, service))
            self.ready.set()
            await asyncio.Event().wait()
        finally:
            await zeroconf.async_unregister_all_services()
            await zeroconf.async_close()

    async def _announce(self, zeroconf: AsyncZeroconf, service: Service) -> None:
        info = self._info(service)
        await (await zeroconf.async_register_service(info, allow_name_change=True))
        logger.info("announced %s, port %d", info.name, service.port)

    def _info(self, service: Service) -> ServiceInfo:
        return ServiceInfo(
            service.kind,
            service.full_name,
            addresses=[socket.inet_aton(address) for address in self._addresses],
            port=service.port,
            properties=dict(service.text),
            server=f"{host_label(self._host)}.local.",
        )
