"""`python -m tests.control_plane.kubelet --kubeconfig FILE [--node NAME] [--port NUMBER]`."""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import logging
import ssl
import tempfile
from pathlib import Path

from aiohttp import web

from tests.control_plane.api import Api
from tests.control_plane.keys import write_keys
from tests.control_plane.kubelet.routes import application
from tests.control_plane.kubelet.stand_in import CONCURRENCY, StandIn


def main() -> None:
    """Run until a signal ends the process."""
    parser = argparse.ArgumentParser(prog="python -m tests.control_plane.kubelet")
    parser.add_argument("--kubeconfig", type=Path, required=True, help="written by ControlPlane")
    parser.add_argument("--node", default="stand-in")
    parser.add_argument("--port", type=int, default=0, help="of logs and exec; 0 is a free one")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # One line per request of a reader is noise in a log that is shown when a start fails.
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    asyncio.run(serve(arguments.kubeconfig, arguments.node, arguments.port))


async def serve(kubeconfig: Path, node: str, port: int) -> None:
    """Listen on loopback, say where in the Node, follow the pods."""
    document = json.loads(kubeconfig.read_text())
    cluster = document["clusters"][0]["cluster"]
    with tempfile.TemporaryDirectory() as folder:
        # The API server does not verify this certificate.
        keys = write_keys(Path(folder))
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(keys.certificate, keys.key)
        ca = Path(folder) / "cluster.crt"
        ca.write_bytes(base64.b64decode(cluster["certificate-authority-data"]))
        token = document["users"][0]["user"]["token"]
        api = Api(cluster["server"], ca, token, connections=CONCURRENCY + 1)
    async with api:
        stand_in = StandIn(api, node)
        runner = web.AppRunner(application(stand_in))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls, reuse_port=True)
        await site.start()
        await stand_in.run(port=runner.addresses[0][1])


if __name__ == "__main__":
    main()
