"""Files from the network: resumed where a download was cut, checked, and never seen half."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator
from typing import Any

from keraburn.utils.archives import unpack
from keraburn.utils.console import print_message
from keraburn.utils.progbar import Progbar

_ATTEMPTS = 5
_CHUNK = 1 << 16


def keras_home() -> str:
    """The folder of caches and settings: `$KERAS_HOME`, or `.keras` in the user's own."""
    return os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")


def hash_file(path: str, algorithm: str = "sha256") -> str:
    """The hash of a file's bytes.

    Args:
        path: the file.
        algorithm: `"sha256"` or `"md5"`.
    """
    import hashlib

    found = hashlib.new(algorithm, usedforsecurity=False)
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def validate_file(path: str, file_hash: str, algorithm: str = "auto") -> bool:
    """Whether a file has this hash; with `"auto"` its length tells sha256 from md5."""
    if algorithm not in ("auto", "sha256", "md5"):
        raise ValueError(
            f"Argument `hash_algorithm` must be 'auto', 'sha256' or 'md5'. Received: hash_algorithm={algorithm}"
        )
    if algorithm == "auto":
        algorithm = "sha256" if len(str(file_hash)) == 64 else "md5"
    return hash_file(path, algorithm) == str(file_hash).lower()


class _Download:
    """One file on its way, in `<target>.part`, with what identifies it on the server in `<target>.part.tag`."""

    def __init__(self, origin: str, target: str) -> None:
        self.origin = origin
        self.part = f"{target}.part"
        self.tag_file = f"{target}.part.tag"
        self.progress: Progbar | None = None

    def _tag(self) -> str | None:
        with contextlib.suppress(OSError), open(self.tag_file, encoding="utf-8") as file:
            return file.read() or None
        return None

    def _request(self) -> tuple[Any, int]:
        """The next request, and from which byte on: the first, unless the server can tell that the file is the same."""
        from urllib.request import Request

        tag = self._tag()
        start = os.path.getsize(self.part) if tag and os.path.exists(self.part) else 0
        headers = {"User-Agent": "keraburn"}
        if start and tag:
            headers.update({"Range": f"bytes={start}-", "If-Range": tag})
        return Request(self.origin, headers=headers), start

    def _keep_tag(self, response: Any) -> None:
        tag = response.headers.get("ETag")
        # A weak tag does not promise equal bytes.
        tag = response.headers.get("Last-Modified") if tag is None or tag.startswith("W/") else tag
        with open(self.tag_file, "w", encoding="utf-8") as file:
            file.write(tag or "")

    def attempt(self) -> bool:
        """Fetch what is missing; False if the connection ended before the file did."""
        from http.client import HTTPException
        from urllib.error import HTTPError
        from urllib.request import urlopen

        request, start = self._request()
        try:
            response = urlopen(request, timeout=60)
        except HTTPError as error:
            if error.code == 416:
                # Nothing is left to fetch, or the file is another one: begin again.
                self.forget()
                return False
            raise
        with response:
            resumed = getattr(response, "status", None) == 206
            start = start if resumed else 0
            if not resumed:
                self._keep_tag(response)
            length = response.headers.get("Content-Length")
            total = None if length is None else start + int(length)
            try:
                done = self._copy(response, start, total)
            except (HTTPException, ConnectionError, TimeoutError):
                return False
        return total is None or done >= total

    def _copy(self, response: Any, start: int, total: int | None) -> int:
        if self.progress is None:
            self.progress = Progbar(total)
        done = start
        with open(self.part, "ab" if start else "wb") as file:
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                done += len(chunk)
                self.progress.update(done, finalize=done == total)
        return done

    def forget(self) -> None:
        """Remove what has come so far."""
        for path in (self.part, self.tag_file):
            with contextlib.suppress(FileNotFoundError):
                os.remove(path)


def _fetch(origin: str, target: str) -> _Download:
    """The whole file in `<target>.part`.

    Raises:
        OSError: if the server does not give it, or the connection is cut again and again.
    """
    from urllib.error import HTTPError, URLError

    download = _Download(origin, target)
    message = "URL fetch failure on {}: {} -- {}"
    try:
        for _ in range(_ATTEMPTS):
            if download.attempt():
                return download
    except HTTPError as error:
        raise OSError(message.format(origin, error.code, error.msg)) from error
    except URLError as error:
        raise OSError(message.format(origin, error.errno, error.reason)) from error
    raise OSError(message.format(origin, None, f"the connection was cut {_ATTEMPTS} times; what came is kept"))


@contextlib.contextmanager
def _alone(target: str) -> Iterator[None]:
    """No other process fetches the same file meanwhile, where the system knows locks."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with open(f"{target}.lock", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                os.remove(file.name)


def _folder(cache_dir: Any, cache_subdir: str) -> str:
    base = os.path.expanduser(os.fspath(keras_home() if cache_dir is None else cache_dir))
    with contextlib.suppress(OSError):
        os.makedirs(base, exist_ok=True)
    if not os.access(base, os.W_OK):
        import tempfile

        base = os.path.join(tempfile.gettempdir(), ".keras")
    folder = os.path.join(base, cache_subdir)
    os.makedirs(folder, exist_ok=True)
    return folder


def _name(fname: Any, origin: str) -> str:
    if fname:
        name = os.fspath(fname)
        if os.path.basename(name) != name or name in (".", ".."):
            raise ValueError(
                "Paths are no longer accepted as the `fname` argument. To specify the file's parent directory, use the "
                f"`cache_dir` argument. Received: fname={fname}"
            )
        return name
    from urllib.parse import unquote, urlsplit

    name = os.path.basename(unquote(urlsplit(origin).path))
    if not name or name in (".", ".."):
        raise ValueError(
            f"Can't parse the file name from the origin provided: '{origin}'. Please specify the `fname` argument. "
            f"Received: origin={origin}"
        )
    return name


def get_file(
    fname: Any = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: Any = "auto",
    cache_dir: Any = None,
    force_download: bool = False,
) -> str:
    """The path of a file that is fetched from a URL unless it is in the cache.

    A download that was cut goes on where it ended. The file appears under its name when it is whole and checked.

    Args:
        fname: its name in the cache; that of the URL if None. For an archive without a dot, the folder's.
        origin: the URL.
        untar: the same as `extract`, for tar archives only.
        md5_hash: the same as `file_hash` with md5.
        file_hash: what the bytes must hash to.
        cache_subdir: the folder below the cache, or an absolute one.
        hash_algorithm: `"sha256"`, `"md5"`, or `"auto"` for the one that the hash's length tells.
        extract: whether to unpack the file and give the folder.
        archive_format: `"tar"`, `"zip"`, `"auto"`, a list of formats or None.
        cache_dir: the cache; `$KERAS_HOME` or `~/.keras` if None.
        force_download: whether to fetch it although it is there.

    Raises:
        ValueError: if there is no URL or name, or the file has another hash.
        OSError: if it cannot be fetched.

    Example:

    >>> import pathlib, tempfile, keraburn as keras
    >>> folder = tempfile.mkdtemp()
    >>> source = pathlib.Path(folder, "a.txt")
    >>> _ = source.write_text("hello")
    >>> path = keras.utils.get_file("b.txt", source.as_uri(), cache_dir=folder)
    Downloading data from file:...
    >>> pathlib.Path(path).read_text()
    'hello'
    """
    if not origin:
        raise ValueError('Please specify the "origin" argument (URL of the file to download). Received: origin=None')
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    folder, name = _folder(cache_dir, cache_subdir), _name(fname, origin)
    target = unpacked = os.path.join(folder, name)
    if extract or untar:
        if fname and "." in name:
            unpacked = os.path.join(folder, f"{name[: name.find('.')]}_extracted")
        else:
            target = os.path.join(folder, f"{name}_archive")
    with _alone(target):
        fetched = force_download or not _is_valid(target, file_hash, hash_algorithm)
        if fetched:
            _install(origin, target, file_hash, hash_algorithm)
        if not (extract or untar):
            return target
        wanted = fetched or not os.path.isdir(unpacked)
        if wanted and not unpack(target, unpacked, "tar" if untar else archive_format):
            warnings.warn("Could not extract archive.", stacklevel=2)
    return unpacked


def _is_valid(target: str, file_hash: str | None, algorithm: str) -> bool:
    if not os.path.exists(target):
        return False
    if file_hash is None or validate_file(target, file_hash, algorithm):
        return True
    print_message(
        f"A local file was found, but it seems to be incomplete or outdated because the {algorithm} file hash does not "
        f"match the original value of {file_hash} so we will re-download the data."
    )
    return False


def _install(origin: str, target: str, file_hash: str | None, algorithm: str) -> None:
    print_message(f"Downloading data from {origin}")
    download = _fetch(origin, target)
    if file_hash is not None and not validate_file(download.part, file_hash, algorithm):
        download.forget()
        raise ValueError(
            f"Incomplete or corrupted file detected. The {algorithm} file hash does not match the provided value of "
            f"{file_hash}. Received: origin={origin}"
        )
    os.replace(download.part, target)
    download.forget()
