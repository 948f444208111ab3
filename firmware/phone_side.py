"""The phones as the box has them: where they sign in, with what, and the news of them.

Shell: makes hal.sip's phones as the box was built, gives them the accounts of the configuration in
force, and tells the story. Left out: calls; what the API asks of the signalling (sip_side.py).

Tests: tests/firmware/test_phone_side.py, tests/scenarios.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from firmware.call.story import Story
from firmware.config.schema import Office
from firmware.phone_tls import phone_tls
from firmware.phones.accounts import accounts, no_longer_good
from firmware.phones.facts import Ports
from firmware.settings import Settings
from firmware.sip_side import SipSide
from firmware.trouble import Troubles
from hal.leg import Leg
from hal.sip.call import SipCall
from hal.sip.phones_task import Phones
from hal.sip.registrar import Saved, SignInFailed
from hal.sip.watch import Source
from hal.switch.face import AudioSwitch


class PhoneSide:
    """Every phone of the office."""

    def __init__(
        self,
        settings: Settings,
        office: Office,
        switch: AudioSwitch,
        troubles: Troubles,
        story: Story,
        watched: Source,
        restored: Iterable[Saved],
        on_offered: Callable[[Leg], None],
        on_reachable: Callable[[str, bool], None],
    ) -> None:
        """`watched`: the lamps. `restored`: who was signed in before the last stop.
        `on_reachable`: hears that the phone of an extension came or went."""
        self._story, self._on_reachable = story, on_reachable
        self._accounts = accounts(office)
        self.sip = SipSide(story, settings.run / "traces")
        listen = [(way, settings.sip_host, settings.sip_port) for way in ("udp", "tcp")]
        tls = None
        if settings.sip_tls_port is not None:
            tls = phone_tls(settings.run / "tls", troubles, settings.sip_host)
        if tls is not None:
            listen.append(("tls", settings.sip_host, settings.sip_tls_port or 0))
        self.phones = Phones(
            switch,
            lambda user: self._accounts.get(user),
            listen=listen,
            tls=tls,
            on_offered=on_offered,
            on_registered=self._registered,
            on_sign_in_failed=self._sign_in_failed,
            restored=restored,
            watched=watched,
            on_shut_out=self.sip.shut_out,
        )
        self.sip.phones = self.phones

    def configure(self, office: Office) -> None:
        """Take on a new configuration: whose account is not good any more is signed out."""
        before, self._accounts = self._accounts, accounts(office)
        for user in no_longer_good(before, self._accounts):
            self.phones.sign_out(user)

    def ports(self) -> Ports:
        """Where phones reach the box, once it listens."""
        sip, _, *tls = self.phones.ports
        return Ports(sip, tls[0] if tls else None)

    def leg_at(self, port: int) -> SipCall | None:
        """The call whose sound is at a port of the switch."""
        return next((leg for leg in self.phones.calls if leg.port == port), None)

    def _registered(self, extension: str, is_reachable: bool) -> None:
        words = "can be reached" if is_reachable else "cannot be reached"
        self._story.tell(
            "phone.state",
            f"the phone of extension {extension} {words}",
            extension=extension,
            is_reachable=is_reachable,
        )
        self._on_reachable(extension, is_reachable)

    def _sign_in_failed(self, event: SignInFailed) -> None:
        self._story.tell(
            "phone.refused",
            f"a phone at {event.ip} could not sign in as {event.user[:40]!r}: {event.why}",
            address=event.ip,
        )
