"""nchan, the fan-out module of nginx: C, one worker, tuned for small events."""

from __future__ import annotations

import getpass
import re
import shutil
import subprocess
from pathlib import Path

MODULES = ("/usr/lib/nginx/modules", "/usr/share/nginx/modules", "/usr/local/nginx/modules")

CONFIGURATION = """\
load_module {module};
user {user};
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid {work}/nginx.pid;
error_log {work}/nginx-error.log warn;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    tcp_nodelay on;
    keepalive_requests 100000000;
    client_body_temp_path {work}/body;
    proxy_temp_path {work}/proxy;
    fastcgi_temp_path {work}/fastcgi;
    uwsgi_temp_path {work}/uwsgi;
    scgi_temp_path {work}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = /stream {{
            nchan_subscriber eventsource;
            nchan_channel_id load;
            nchan_subscriber_first_message newest;
        }}
        location = /publish {{
            nchan_publisher http;
            nchan_channel_id load;
            nchan_message_buffer_length 2000;
            nchan_message_timeout 60s;
        }}
    }}
}}
"""


def module() -> Path | None:
    """The nchan module, when nginx and it are installed."""
    if _nginx() is None:
        return None
    found = (Path(place) / "ngx_nchan_module.so" for place in MODULES)
    return next((path for path in found if path.exists()), None)


def _nginx() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def version() -> str:
    """What nginx says it is."""
    nginx = _nginx()
    if nginx is None:
        return "nginx absent"
    told = subprocess.run([nginx, "-v"], capture_output=True, text=True, check=True).stderr
    match = re.search(r"nginx/(\S+)", told)
    return f"nginx {match[1]} with nchan" if match else "nginx with nchan"


def command(port: int, work: Path) -> list[str]:
    """Writes the configuration into `work` and says how to start it in the foreground."""
    nginx, library = _nginx(), module()
    if nginx is None or library is None:
        raise FileNotFoundError("nginx with nchan is not installed")
    work = work.resolve()
    configuration = work / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(module=library, user=getpass.getuser(), work=work, port=port)
    )
    return [nginx, "-p", str(work), "-e", str(work / "nginx-error.log"), "-c", str(configuration)]
