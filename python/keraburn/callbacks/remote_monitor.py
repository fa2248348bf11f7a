"""The values of every epoch, sent to a server."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np

from keraburn.callbacks.callback import Callback


class RemoteMonitor(Callback):
    """Sends the values of every epoch, and its index, to a server by HTTP POST.

    Args:
        root: address of the server.
        path: what comes after it.
        field: name of the form's field that holds the values as JSON.
        headers: a dict of further HTTP headers.
        send_as_json: whether JSON itself is sent, rather than a form.

    Example:

    >>> import keraburn as keras
    >>> monitor = keras.callbacks.RemoteMonitor("http://localhost:9000", send_as_json=True)
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        super().__init__()
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        from http.client import HTTPException
        from urllib.error import HTTPError
        from urllib.parse import urlencode
        from urllib.request import Request, urlopen

        values = {"epoch": epoch, **{name: _plain(value) for name, value in (logs or {}).items()}}
        text = json.dumps(values)
        body, kind = (
            (text, "application/json")
            if self.send_as_json
            else (urlencode({self.field: text}), "application/x-www-form-urlencoded")
        )
        address = self.root + self.path
        try:
            request = Request(address, body.encode(), {"Content-Type": kind, **(self.headers or {})}, method="POST")
            with urlopen(request) as response:
                response.read()
        except HTTPError:
            # The server was reached; what it made of the values is its own affair.
            pass
        except (OSError, HTTPException, ValueError):
            # A ValueError is an address that is none.
            warnings.warn(f"Could not reach RemoteMonitor root server at {self.root}", stacklevel=2)


def _plain(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.item() if value.size == 1 else value.tolist()
    return value
