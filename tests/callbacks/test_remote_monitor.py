"""RemoteMonitor against a server on this machine."""

from __future__ import annotations

import http.server
import json
import threading
import urllib.parse

import numpy as np
import pytest

import keraburn as keras
from tests.training.helpers import data, linear


@pytest.fixture
def server():
    """A server and the requests it has had: path, headers, body."""
    requests = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            requests.append((self.path, dict(self.headers), body))
            self.send_response(500 if "broken" in self.path else 200)
            self.end_headers()

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}", requests
        running.shutdown()
        thread.join()


def test_a_form(server):
    root, requests = server
    x, y = data(10)
    monitor = keras.callbacks.RemoteMonitor(root, headers={"X-Run": "seven"})
    record = linear(metrics=["mae"]).fit(x, y, epochs=2, verbose=0, callbacks=[monitor])
    assert len(requests) == 2
    for epoch, (path, headers, body) in enumerate(requests):
        assert path == "/publish/epoch/end/"
        assert headers["X-Run"] == "seven"
        assert headers["Content-Type"] == "application/x-www-form-urlencoded"
        values = json.loads(urllib.parse.parse_qs(body)["data"][0])
        assert values == {"epoch": epoch, **{name: record.history[name][epoch] for name in ("loss", "mae")}}


def test_json(server):
    root, requests = server
    monitor = keras.callbacks.RemoteMonitor(root, path="/here", send_as_json=True)
    monitor.on_epoch_end(3, {"loss": np.float32(0.5), "one": np.array([2.0]), "two": np.arange(2), "text": "a"})
    ((path, headers, body),) = requests
    assert (path, headers["Content-Type"]) == ("/here", "application/json")
    assert json.loads(body) == {"epoch": 3, "loss": 0.5, "one": 2.0, "two": [0, 1], "text": "a"}


def test_what_the_server_answers_does_not_matter(server):
    root, requests = server
    keras.callbacks.RemoteMonitor(root, path="/broken").on_epoch_end(0, {})
    assert len(requests) == 1


@pytest.mark.parametrize("root", ["http://127.0.0.1:9", "nothing", "http://"])
def test_no_server(root):
    with pytest.warns(UserWarning, match=f"Could not reach RemoteMonitor root server at {root}"):
        keras.callbacks.RemoteMonitor(root).on_epoch_end(0, {"loss": 1.0})


@pytest.mark.parametrize("as_json", [False, True])
def test_the_requests_are_those_of_keras(server, monkeypatch, as_json):
    """What real Keras hands to the `requests` library is what our server gets."""
    real = pytest.importorskip("keras")
    from keras.src.callbacks import remote_monitor

    root, requests = server
    posted = []

    class Requests:
        class exceptions:
            RequestException = OSError

        @staticmethod
        def post(url, fields=None, json=None, headers=None):
            posted.append((url, fields, json, headers))

    monkeypatch.setattr(remote_monitor, "requests", Requests)
    logs = {"loss": 0.25, "size": np.float32(2.0)}
    for library in (real, keras):
        monitor = library.callbacks.RemoteMonitor(root, path="/p", field="f", send_as_json=as_json)
        monitor.on_epoch_end(1, logs)
    ((path, _, body),) = requests
    ((url, fields, sent, _),) = posted
    assert root + path == url
    if as_json:
        assert json.loads(body) == sent
    else:
        assert dict(urllib.parse.parse_qsl(body)) == fields


def test_orbax_is_declined():
    with pytest.raises(NotImplementedError, match=r"OrbaxCheckpoint is not available.*ModelCheckpoint.*directory='a'"):
        keras.callbacks.OrbaxCheckpoint("a", monitor="loss")
