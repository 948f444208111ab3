"""Getting micropython-lib parts from a package index that the test itself plays."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from tools.hatsim import fetch_lib
from tools.hatsim.fetch_lib import FetchError, Part, find, install, is_installed, parts

HTML = (
    b'<html><body><a href="../../p/micropython-x-0.1.tar.gz#sha256=aa">micropython-x-0.1.tar.gz</a>'
    b'<a data-a="b" href="../../p/micropython-x-0.2.tar.gz#sha256=bb">micropython-x-0.2.tar.gz</a>'
)
JSON = b'{"files": [{"url": "https://h/p/micropython-x-0.2.tar.gz", "hashes": {}}]}'


def archive_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Part:
    """An index of files with one part in it, as pip's only index."""
    content = archive_of({"micropython-x-0.2/x.py": b"X = 1\n"})
    folder = tmp_path / "simple" / "micropython-x"
    folder.mkdir(parents=True)
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "micropython-x-0.2.tar.gz").write_bytes(content)
    base = tmp_path.as_uri()
    page = HTML.replace(b"../../p", f"{base}/p".encode())
    urls = {f"{base}/simple/micropython-x/": (page, f"{base}/simple/micropython-x/")}
    real = fetch_lib._get
    monkeypatch.setattr(fetch_lib, "_get", lambda url: urls.get(url) or real(url))
    monkeypatch.setattr(fetch_lib, "indexes", lambda: [f"{base}/simple"])
    return Part("micropython-x", "0.2", hashlib.sha256(content).hexdigest(), ("x.py",), True)


def test_links_in_both_kinds_of_index_page() -> None:
    page_url = "https://h/simple/micropython-x/"
    wanted = "https://h/p/micropython-x-0.2.tar.gz"
    assert find(HTML, page_url, "micropython-x-0.2.tar.gz") == wanted
    assert find(JSON, page_url, "micropython-x-0.2.tar.gz") == wanted
    assert find(HTML, page_url, "micropython-x-0.3.tar.gz") is None


def test_fetched_and_installed_with_its_mark(served: Part, tmp_path: Path) -> None:
    lib = tmp_path / "lib"
    assert not is_installed(served, lib)
    install(served, fetch_lib.fetch(served), lib)
    assert (lib / "x.py").read_text() == "X = 1\n"
    assert is_installed(served, lib)


def test_wrong_hash_is_refused(served: Part) -> None:
    other = Part(served.name, served.version, "0" * 64, served.files, True)
    with pytest.raises(FetchError, match=rf"SHA-256 {served.sha256}, expected 0000"):
        fetch_lib.fetch(other)


def test_missing_version_names_the_index(served: Part) -> None:
    other = Part(served.name, "0.9", served.sha256, served.files, True)
    with pytest.raises(FetchError, match=r"has no micropython-x-0\.9\.tar\.gz"):
        fetch_lib.fetch(other)


def test_archive_without_the_file_installs_nothing(served: Part, tmp_path: Path) -> None:
    other = Part(served.name, served.version, served.sha256, ("y.py",), True)
    with pytest.raises(FetchError, match=r"has no micropython-x-0\.2/y\.py"):
        install(other, fetch_lib.fetch(served), tmp_path / "lib")
    assert not is_installed(other, tmp_path / "lib")


def test_manifest_pins_every_part() -> None:
    found = parts()
    assert {part.name for part in found} >= {"micropython-logging", "micropython-unittest"}
    assert all(len(part.sha256) == 64 and part.files for part in found)
