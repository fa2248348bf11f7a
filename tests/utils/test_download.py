import hashlib
import http.server
import io
import os
import pathlib
import stat
import tarfile
import threading
import zipfile

import pytest

import keraburn as keras
from keraburn.utils import archives, download

BODY = bytes(range(256)) * 4000
SHA, MD5 = hashlib.sha256(BODY).hexdigest(), hashlib.md5(BODY).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves files with ranges; cuts connections after as many bytes as the server says."""

    def do_GET(self):
        server = self.server
        server.ranges.append(self.headers.get("Range"))
        if self.path not in server.files:
            self.send_error(404)
            return
        body, start = server.files[self.path], 0
        wanted = self.headers.get("Range")
        same = self.headers.get("If-Range") == server.tag
        if wanted and same and server.knows_ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206)
        else:
            self.send_response(200)
        if server.tag:
            self.send_header("ETag", server.tag)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        cut = server.cuts.pop(0) if server.cuts else None
        self.wfile.write(body[start : len(body) if cut is None else start + cut])

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.files, found.cuts, found.ranges, found.tag, found.knows_ranges = {"/data.bin": BODY}, [], [], '"1"', True
    found.url = f"http://127.0.0.1:{found.server_port}"
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def quiet(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    keras.utils.disable_interactive_logging()
    yield
    keras.utils.enable_interactive_logging()


def content(path):
    return pathlib.Path(path).read_bytes()


def left(folder):
    return sorted(os.listdir(folder))


def test_a_file_is_fetched_once(server, tmp_path):
    path = keras.utils.get_file(origin=f"{server.url}/data.bin", file_hash=SHA)
    assert path == str(tmp_path / "home" / "datasets" / "data.bin")
    assert content(path) == BODY
    keras.utils.get_file(origin=f"{server.url}/data.bin", file_hash=MD5)
    assert len(server.ranges) == 1
    keras.utils.get_file(origin=f"{server.url}/data.bin", force_download=True)
    assert len(server.ranges) == 2
    assert left(os.path.dirname(path)) == ["data.bin"]


def test_a_cut_connection_goes_on_where_it_ended(server, tmp_path):
    server.cuts = [100_000, 200_000, 300_000]
    path = keras.utils.get_file("x", f"{server.url}/data.bin", cache_dir=tmp_path, cache_subdir="", md5_hash=MD5)
    assert content(path) == BODY
    assert server.ranges == [None, "bytes=100000-", "bytes=300000-", "bytes=600000-"]


def test_the_next_call_goes_on_too(server, tmp_path):
    server.cuts = [1000] * 5
    arguments = {"origin": f"{server.url}/data.bin", "cache_dir": tmp_path, "cache_subdir": "", "file_hash": SHA}
    with pytest.raises(OSError, match=r"URL fetch failure.*cut 5 times"):
        keras.utils.get_file(**arguments)
    assert "data.bin" not in left(tmp_path)
    assert content(keras.utils.get_file(**arguments)) == BODY
    assert server.ranges[-1] == "bytes=5000-"
    assert left(tmp_path) == ["data.bin"]


@pytest.mark.parametrize("how", ["changed", "no ranges", "no tag"])
def test_what_cannot_be_resumed_begins_again(server, tmp_path, how):
    server.cuts = [1000] * 5
    server.tag = None if how == "no tag" else '"1"'
    server.knows_ranges = how != "no ranges"
    arguments = {"origin": f"{server.url}/data.bin", "cache_dir": tmp_path, "cache_subdir": ""}
    with pytest.raises(OSError, match="URL fetch failure"):
        keras.utils.get_file(**arguments)
    if how == "changed":
        server.tag, server.files["/data.bin"] = '"2"', BODY[::-1]
    path = keras.utils.get_file(**arguments)
    assert content(path) == server.files["/data.bin"]


def test_wrong_hashes(server, tmp_path):
    arguments = {"origin": f"{server.url}/data.bin", "cache_dir": tmp_path, "cache_subdir": ""}
    with pytest.raises(ValueError, match="Incomplete or corrupted file"):
        keras.utils.get_file(**arguments, file_hash="0" * 64)
    assert left(tmp_path) == []
    (tmp_path / "data.bin").write_bytes(b"old")
    assert content(keras.utils.get_file(**arguments, file_hash=SHA)) == BODY
    with pytest.raises(ValueError, match="Received: hash_algorithm=crc"):
        keras.utils.get_file(**arguments, file_hash=SHA, hash_algorithm="crc")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({}, ValueError, 'specify the "origin"'),
        ({"origin": "http://127.0.0.1:1/x"}, OSError, "URL fetch failure on http://127.0.0.1:1/x"),
        ({"origin": "http://127.0.0.1:1/"}, ValueError, "Can't parse the file name"),
        ({"fname": "../x", "origin": "http://127.0.0.1:1/x"}, ValueError, "Received: fname=../x"),
    ],
)
def test_errors_say_what_came(arguments, error, words):
    with pytest.raises(error, match=words):
        keras.utils.get_file(**arguments)


def test_missing_files(server):
    with pytest.raises(OSError, match=r"URL fetch failure on .*/none: 404"):
        keras.utils.get_file(origin=f"{server.url}/none")


def tar_of(members):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                info.size, info.mode = len(content), 0o4777
                archive.addfile(info, io.BytesIO(content))
            else:
                info.type, info.linkname = content
                archive.addfile(info)
    return file.getvalue()


def zip_of(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("fname", "archive", "folder"),
    [(None, "a.tar.gz_archive", "a.tar.gz"), ("b.tgz", "b.tgz", "b_extracted"), ("c", "c_archive", "c")],
)
def test_archives_are_unpacked(server, tmp_path, fname, archive, folder):
    server.files["/a.tar.gz"] = tar_of({"one/x.txt": b"x", "y.txt": b"y"})
    path = keras.utils.get_file(fname, f"{server.url}/a.tar.gz", extract=True, cache_dir=tmp_path, cache_subdir="")
    assert path == str(tmp_path / folder)
    assert left(tmp_path) == sorted([archive, folder])
    assert (tmp_path / folder / "one" / "x.txt").read_bytes() == b"x"
    assert not stat.S_IMODE(os.stat(tmp_path / folder / "y.txt").st_mode) & 0o7022
    keras.utils.get_file(fname, f"{server.url}/a.tar.gz", untar=True, cache_dir=tmp_path, cache_subdir="")
    assert len(server.ranges) == 1


def test_nothing_is_written_outside(tmp_path):
    members = {
        "good.txt": b"good",
        "../bad.txt": b"bad",
        f"{tmp_path}/absolute.txt": b"bad",
        "up": (tarfile.SYMTYPE, "../.."),
        "up/through.txt": b"in a folder of its own",
        "root": (tarfile.SYMTYPE, "/"),
        "hard": (tarfile.LNKTYPE, "../secret.txt"),
        "pipe": (tarfile.FIFOTYPE, ""),
        "fine": (tarfile.SYMTYPE, "good.txt"),
    }
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "a.tar").write_bytes(tar_of(members))
    with pytest.warns(UserWarning, match="Skipping invalid path") as warned:
        assert archives.unpack(str(tmp_path / "a.tar"), str(tmp_path / "out"))
    assert len(warned) == 6
    assert left(tmp_path) == ["a.tar", "out", "secret.txt"]
    assert left(tmp_path / "out") == ["fine", "good.txt", "up"]
    (tmp_path / "a.zip").write_bytes(zip_of({"good.txt": "g", "../bad.txt": "b", "/abs.txt": "a"}))
    with pytest.warns(UserWarning, match="Skipping invalid path"):
        assert archives.unpack(str(tmp_path / "a.zip"), str(tmp_path / "zipped"))
    assert left(tmp_path / "zipped") == ["good.txt"]
    assert left(tmp_path) == ["a.tar", "a.zip", "out", "secret.txt", "zipped"]


def test_what_is_no_archive(server, tmp_path):
    with pytest.warns(UserWarning, match="Could not extract archive"):
        keras.utils.get_file(origin=f"{server.url}/data.bin", extract=True, cache_dir=tmp_path)
    (tmp_path / "a.zip").write_bytes(zip_of({"a": "a"}))
    assert not archives.unpack(str(tmp_path / "a.zip"), str(tmp_path / "out"), "tar")
    assert not archives.unpack(str(tmp_path / "a.zip"), str(tmp_path / "out"), None)
    with pytest.raises(NotImplementedError, match="Received: archive_format=rar"):
        archives.unpack(str(tmp_path / "a.zip"), str(tmp_path / "out"), "rar")


def test_broken_archives_leave_nothing(tmp_path):
    whole = tar_of({"x.bin": os.urandom(100_000)})
    (tmp_path / "a.tar").write_bytes(whole[:50_000])
    with pytest.raises((EOFError, tarfile.TarError, OSError)):
        archives.unpack(str(tmp_path / "a.tar"), str(tmp_path / "out"))
    assert left(tmp_path) == ["a.tar"]


def test_hashes(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(BODY)
    assert (download.hash_file(str(path)), download.hash_file(str(path), "md5")) == (SHA, MD5)
