"""A new phone is plugged in: it asks, the owner says whose it is, it fetches its file, it rings.

Core, pages and what gives the files out are the real processes; there are no lines.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.cookiejar
import os
import re
import ssl
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from firmware.up import STREAM, free_port
from tools.baresip import Account, Baresip

pytestmark = pytest.mark.scenario
MAC = "0c383ea1b2c3"
AGENT = "Fanvil X3U 2.4.3 0c383ea1b2c3"


@dataclass(frozen=True, slots=True)
class FromFile(Account):
    """An account as its file has it, and no word typed."""

    line: str = ""

    def __str__(self) -> str:
        return f"{self.line.rstrip()};answermode=auto\n"


class Fetcher:
    """What a phone does: HTTPS, trusting the box's certificate alone."""

    def __init__(self, port: int, trust: Path) -> None:
        self._url = f"https://127.0.0.1:{port}/provision/"
        context = ssl.create_default_context(cafile=str(trust))
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))

    def get(self, name: str) -> tuple[int, str]:
        request = urllib.request.Request(self._url + name, headers={"User-Agent": AGENT})
        try:
            with self._opener.open(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


class Owner:
    """The owner's browser, as far as forms go."""

    def __init__(self, port: int) -> None:
        self._box = f"http://127.0.0.1:{port}"
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)

    def get(self, path: str) -> str:
        with self._opener.open(self._box + path, timeout=10) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **form: str) -> str:
        page = self.get("/setup" if path == "/setup" else "/people/phones")
        form["csrf"] = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
        data = urllib.parse.urlencode(form).encode()
        with self._opener.open(self._box + path, data, timeout=10) as answer:
            return str(answer.read().decode())

    def sign_in(self, code: str) -> None:
        word = "correct horse battery"
        self.post("/setup", code=code, name="thandi", password=word, again=word)


@contextlib.contextmanager
def served(run: Path, module: str, *arguments: str) -> Iterator[None]:
    """A process of the box beside its core."""
    with (run / f"{module}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, "--api", str(run / "core.sock"), *arguments],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def linphone(folder: Path, address: str, trust: Path) -> Iterator[None]:
    """Linphone as it is installed, told nothing but the address in its code."""
    for name in (".local/share/linphone", ".config/linphone"):
        (folder / name).mkdir(parents=True)
    (folder / "rc").write_text(
        f"[misc]\nconfig-uri={address}\n"
        "[sip]\nsip_port=-1\nsip_tcp_port=-1\nsip_tls_port=-1\n"
        f"root_ca={trust}\nverify_server_certs=1\n"
    )
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(
            ["linphonec", "-c", str(folder / "rc"), "-d", "6", "-l", str(folder / "log")],
            stdin=subprocess.PIPE, stdout=out, stderr=out, env={**os.environ, "HOME": str(folder)},
        )  # fmt: skip
    try:
        yield
    finally:
        process.kill()
        process.communicate()


async def until_it_answers(get: Any) -> None:
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(get)
                return
            await asyncio.sleep(0.1)


async def test_from_unpacked_to_signed_in_and_cut_off(boxes: Any, tmp_path: Path) -> None:
    run, web_port, files_port = tmp_path / "run", free_port(0, STREAM), free_port(0, STREAM)
    with (
        boxes.core(run, "--sip-tls", "0") as box,
        served(run, "web.provision", "--bind", f"127.0.0.1:{files_port}",
               "--certificate", str(run / "tls" / "box.pem")),
        served(run, "web", "--records", str(run / "records.db"), "--state", str(run / "web"),
               "--bind", f"127.0.0.1:{web_port}", "--provision-port", str(files_port)),
    ):  # fmt: skip
        phone, owner = Fetcher(files_port, run / "tls" / "box.crt"), Owner(web_port)
        await until_it_answers(lambda: owner.get("/setup"))
        await until_it_answers(lambda: phone.get("y000000000000.cfg"))

        status, text = await asyncio.to_thread(phone.get, f"{MAC}.cfg")
        assert (status, "password" in text) == (404, False)
        code = (run / "first-run-code").read_text()
        await asyncio.to_thread(owner.sign_in, code)
        page = await asyncio.to_thread(owner.get, "/people/phones")
        assert "A Fanvil X3U at 127.0.0.1 asks to be set up" in page
        approval = {"mac": MAC, "extension": "201"}
        page = await asyncio.to_thread(lambda: owner.post("/people/phones/approve", **approval))
        assert "Waits to be fetched" in page

        answers = await asyncio.gather(
            *(asyncio.to_thread(phone.get, f"{MAC}.txt") for _ in range(5))
        )
        assert sorted(status for status, _ in answers) == [200, 403, 403, 403, 403]
        [line] = [text for status, text in answers if status == 200]
        assert "Fetched Today" in await asyncio.to_thread(owner.get, "/people/phones")

        person = next(e for e in box.api.config().office.extensions if e.number == "201")
        assert person.secret not in line
        own = Baresip(FromFile("201", "", box.sip, line=line), tmp_path / "own")
        usual = Baresip(Account("201", person.secret, box.sip), tmp_path / "usual")
        for telephone in (own, usual):
            telephone.folder.mkdir()
            await telephone.start()

        async def signed_in(count: int) -> list[str]:
            found: list[str] = await box.until(
                f"{count} phones signed in",
                lambda live: (
                    sum(p.extension == "201" and p.is_registered for p in live.phones) == count
                    and [p.address for p in live.phones if p.extension == "201"]
                ),
            )
            return found

        try:
            both = await signed_in(2)
            await asyncio.to_thread(lambda: owner.post("/people/phones/remove", mac=MAC))
            [left] = await signed_in(1)
            assert left in both
            assert left.endswith(f":{usual.sip_port}")
        finally:
            await own.stop()
            await usual.stop()

        # An app: the code leads to its settings, over TLS that it verifies, and works once.
        page = await asyncio.to_thread(lambda: owner.post("/people/phones/app", extension="202"))
        address = re.findall(r"https://[^\s<\"]+/app/[\w-]+", page)[0]
        with linphone(tmp_path / "linphone", address, run / "tls" / "box.crt"):
            await box.until(
                "Linphone signed in",
                lambda live: [
                    p
                    for p in live.phones
                    if p.extension == "202" and p.user_agent.startswith("Linphone")
                ],
                40,
            )
        name = address.partition("/provision/")[2]
        assert (await asyncio.to_thread(phone.get, name))[0] == 403

        told = [event.text for event in box.api.last_events(200) if "phone_set" in event.kind]
        assert any("got its file, at 127.0.0.1" in text for text in told)
        assert any("asked for the file of 201-a1b2c3 and did not get it" in text for text in told)
