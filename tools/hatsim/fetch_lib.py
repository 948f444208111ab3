"""Fetches the micropython-lib parts of board/manifest.json into board/hat/lib.

python -m tools.hatsim.fetch_lib. The old `micropython-*` source archives have no setup.py, so pip
itself refuses them; this asks the index pip is configured for (PIP_INDEX_URL, `pip config`, else
pip's default; then the extra indexes), as JSON (PEP 691) or HTML (PEP 503), and checks the pinned
SHA-256. A part that is already there with that hash costs nothing, also without a network.

Left out: dependency resolution; the manifest names every part. Tests:
tests/tools/hatsim/test_fetch_lib.py.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import ssl
import subprocess
import sys
import tarfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urldefrag, urljoin

BOARD: Final = Path(__file__).resolve().parents[2] / "board"
MANIFEST: Final = BOARD / "manifest.json"
LIB: Final = BOARD / "hat" / "lib"
PIP_DEFAULT: Final = "https://pypi.org/simple"
ACCEPT: Final = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
TIMEOUT_S: Final = 30
LINK: Final = re.compile(r'<a[^>]* href="([^"]+)"')


class FetchError(Exception):
    """A part cannot be had; says which and why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of the manifest."""

    name: str
    version: str
    sha256: str
    files: tuple[str, ...]
    on_board: bool

    @property
    def archive(self) -> str:
        return f"{self.name}-{self.version}.tar.gz"


def parts(manifest: Path = MANIFEST) -> list[Part]:
    """What the manifest asks for."""
    return [
        Part(
            name=entry["name"],
            version=entry["version"],
            sha256=entry["sha256"],
            files=tuple(entry["files"]),
            on_board=entry["on_board"],
        )
        for entry in json.loads(manifest.read_text())["parts"]
    ]


def is_installed(part: Part, lib: Path = LIB) -> bool:
    """Whether every file is there and came from the archive with the pinned hash."""
    mark = lib / f"{part.name}.sha256"
    return (
        mark.exists()
        and mark.read_text() == part.sha256
        and all((lib / name).exists() for name in part.files)
    )


def pip_setting(name: str) -> str:
    """A setting as pip would see it, empty when there is none."""
    if value := os.environ.get(f"PIP_{name.upper().replace('-', '_')}"):
        return value
    command = [sys.executable, "-m", "pip", "config", "get", f"global.{name}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def indexes() -> list[str]:
    """The indexes pip would ask, in its order."""
    return [pip_setting("index-url") or PIP_DEFAULT, *pip_setting("extra-index-url").split()]


def find(page: bytes, page_url: str, archive: str) -> str | None:
    """URL of `archive` on an index page, JSON or HTML."""
    text = page.decode("utf-8", "replace")
    if text.lstrip().startswith("{"):
        links: list[str] = [entry["url"] for entry in json.loads(text)["files"]]
    else:
        links = LINK.findall(text)
    for link in links:
        url: str = urldefrag(urljoin(page_url, link)).url
        if url.rsplit("/", 1)[-1] == archive:
            return url
    return None


def _get(url: str) -> tuple[bytes, str]:
    context = ssl.create_default_context()
    if (authority := pip_setting("cert")) and Path(authority).exists():
        context.load_verify_locations(authority)
    request = urllib.request.Request(url, headers={"Accept": ACCEPT})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=context) as answer:
        return answer.read(), answer.geturl()


def fetch(part: Part) -> bytes:
    """The archive, hash checked, from the first index that has it."""
    tried = []
    for index in indexes():
        try:
            page, page_url = _get(f"{index.rstrip('/')}/{part.name}/")
            url = find(page, page_url, part.archive)
            if url is None:
                tried.append(f"{index}: has no {part.archive}")
                continue
            archive, _ = _get(url)
        except (urllib.error.URLError, OSError) as error:
            tried.append(f"{index}: {error}")
            continue
        if (found := hashlib.sha256(archive).hexdigest()) == part.sha256:
            return archive
        tried.append(f"{index}: SHA-256 {found}, expected {part.sha256}")
    raise FetchError(f"{part.archive}: " + "; ".join(tried))


def install(part: Part, archive: bytes, lib: Path = LIB) -> None:
    """Write the part's files, each whole or not at all; the mark comes last."""
    lib.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for name in part.files:
            member = f"{part.name}-{part.version}/{name}"
            try:
                content = tar.extractfile(member)
            except KeyError:
                raise FetchError(f"{part.archive} has no {member}") from None
            if content is None:
                raise FetchError(f"{part.archive}: {member} is not a file")
            _write(lib / name, content.read())
    _write(lib / f"{part.name}.sha256", part.sha256.encode())


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(content)
    fresh.replace(path)


def main() -> None:
    for part in parts():
        if is_installed(part):
            print(f"{part.name} {part.version}: there")
            continue
        try:
            install(part, fetch(part))
        except FetchError as error:
            raise SystemExit(f"fetch_lib: {error}") from None
        print(f"{part.name} {part.version}: installed in {LIB}")


if __name__ == "__main__":
    main()
