"""The settings themselves: name, type, bounds, default, and why that default.

Law: the text under a field is its documentation; `docs/settings.md` and `--help` are made from it.
A name carries its unit. Where a number has a source, it is the design's section or client-go.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from app.settings import rules
from app.settings.spelling import Spelled

Names = Annotated[tuple[str, ...], BeforeValidator(rules.split)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(rules.networks)]


class Section(BaseModel):
    """Settings of one concern; the first line of a subclass's docstring is its heading."""

    model_config = SettingsConfigDict(frozen=True, use_attribute_docstrings=True, extra="forbid")


class Listening(Section):
    """Where Watchglass listens, and who may ask."""

    host: Annotated[str, AfterValidator(rules.loopback)] = "127.0.0.1"
    """Address to listen on. Only loopback is accepted: until there is a sign-in, an open port would
    show pod names and messages to whoever finds it."""

    port: int = Field(default=8420, ge=0, le=65535)
    """Port to listen on; 0 takes a free one and the first line of output says which."""

    base_path: Annotated[str, AfterValidator(rules.base_path)] = ""
    """Path prefix under which everything is served, such as `/watchglass` behind a reverse proxy.
    Empty by default: the server is at the root."""

    allowed_hosts: Annotated[Names, AfterValidator(rules.host_names)] = ()
    """Names accepted in the Host header besides `localhost`, `127.0.0.1` and `[::1]`; ports are not
    compared. Empty by default, because any other name is how DNS rebinding looks."""

    trusted_proxies: Networks = ()
    """Networks (CIDR) whose `X-Forwarded-*` headers are believed. Nobody by default: whoever may
    set them chooses the address and scheme that we see."""

    no_key: bool = False
    """Do without the local key. Accepted from the start so that scripts keep working: there is no
    local key before sign-in exists, so until then this changes nothing."""


class ClusterAccess(Section):
    """Which cluster, and what of it."""

    kubeconfig: Annotated[Path, AfterValidator(Path.expanduser)] | None = None
    """Kubeconfig file. Not set, the order is: inside a pod its service account, then the
    `KUBECONFIG` variable, then `~/.kube/config`; a log line says which it was."""

    context: str | None = Field(default=None, min_length=1)
    """Context of the kubeconfig. Not set, its current context."""

    namespaces: Annotated[
        Names, AfterValidator(rules.namespaces), Spelled("-n", "--namespace")
    ] = ()
    """Namespaces to watch; repeatable, or separated by commas. Not set, the context's namespace
    (`default` if it names none), as kubectl does."""

    all_namespaces: Annotated[bool, Spelled("-A", "--all-namespaces")] = False
    """Watch all namespaces with one list per kind; needs a ClusterRole, so it is never assumed.
    Cannot be combined with `namespaces`."""

    cluster_name: str | None = Field(default=None, min_length=1, max_length=80)
    """What the pages call the cluster. Not set, the name of the context."""


class Watching(Section):
    """How the API server is watched."""

    list_page_size: int = Field(default=200, ge=100, le=10_000)
    """Objects per page of a list. Nothing else happens while a page is read: client-go's 500 pods
    take 60 ms, 200 less than 30. Smaller pages mean more requests."""

    watch_seconds_min: int = Field(default=300, ge=1, le=3600)
    """Shortest life of one watch request. Each takes a random time up to the longest, as client-go
    does, so that watches do not end together."""

    watch_seconds_max: int = Field(default=600, ge=1, le=7200)
    """Longest life of one watch request."""

    connect_seconds: float = Field(default=10, gt=0, le=300)
    """How long to wait for a connection to the API server: longer than any healthy one takes,
    shorter than anyone's patience."""

    silence_seconds: float = Field(default=70, gt=0, le=3600)
    """After this long without a byte on a watch the API server is asked for a proof of life. It
    sends a bookmark about every minute, so most kinds are never asked for; of events it sends none
    at all. Below the 75 s after which a source is called late."""

    relist_seconds: float = Field(default=1800, gt=0, le=86_400)
    """A full list this often in any case: the last defence against a watch that silently lies, at
    a cost of a few requests an hour."""

    watch_list: bool = False
    """Ask for the first state as a stream (`sendInitialEvents`) instead of a paged list. Off,
    because it saves memory in the API server only, and some servers refuse it."""

    @model_validator(mode="after")
    def _range_is_a_range(self) -> Watching:
        if self.watch_seconds_min > self.watch_seconds_max:
            raise ValueError("watch_seconds_min must not be larger than watch_seconds_max")
        return self


class Streaming(Section):
    """How readers are served."""

    streams_max: int = Field(default=2000, ge=1, le=100_000)
    """Open streams, SSE and WebSocket together; further readers are told to come back later. At
    10-15 KB per idle reader the default costs about 30 MB. Each is an open file: the process raises
    its limit by itself, and where it may not (`ulimit -Hn`), fewer streams are open and the log
    says how many."""

    heartbeat_seconds: float = Field(default=10, ge=1, le=60)
    """Time between heartbeats: well below the 60 s after which common proxies cut an idle
    connection."""

    tick_ms: int = Field(default=50, ge=1, le=1000)
    """Changes that come closer together than this are gathered, and only the last value of a key is
    sent. Below what an eye notices; an idle stream sends at once."""

    tombstone_seconds: float = Field(default=600, ge=1, le=86_400)
    """How long a removal is remembered, so that a reader who was away this long resumes without a
    snapshot."""

    tombstones_max: int = Field(default=10_000, ge=0, le=1_000_000)
    """Removals remembered per topic: the bound on memory when many objects go at once."""

    stalled_seconds: float = Field(default=30, ge=1, le=3600)
    """A reader that accepts not one byte for this long is dropped; it resumes when it comes
    back."""


class Judging(Section):
    """How values are judged."""

    controller_time_zone: Annotated[str, AfterValidator(rules.time_zone)] = "UTC"
    """Time zone of the machine that kube-controller-manager runs on. A CronJob that names no zone
    follows it, and no client can ask for it; the default is what nearly every cluster has. Pages
    say where it was assumed."""

    on_delay_seconds: float = Field(default=15, ge=0, le=600)
    """So long something is wrong before it counts; until then it is shown as new. Most of what goes
    wrong for less mends itself."""

    off_delay_seconds: float = Field(default=30, ge=0, le=3600)
    """So long something is well again before it is called resolved: longer than a container that
    crashes again and again lives in between."""


class Storage(Section):
    """What outlives the process."""

    data_dir: Annotated[Path, AfterValidator(Path.expanduser)] | None = None
    """Directory for what is kept: the history of health. It is made if it does not exist. Not set,
    everything is in memory and begins anew with each start."""


class Logging(Section):
    """What is logged, and how it looks. Headers, bodies and tokens never are."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severity that is logged. `info` is quiet on a healthy cluster: starts, stops, and
    changes of state."""

    log_format: Literal["auto", "pretty", "json"] = "auto"
    """`auto` is pretty on a terminal and one JSON object per line elsewhere, where programs
    read."""


class Settings(
    Logging, Storage, Judging, Streaming, Watching, ClusterAccess, Listening, BaseSettings
):
    """All settings. Constructed directly it reads nothing from outside; `load` does."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        validate_default=False,
        env_prefix="WATCHGLASS_",
    )

    SECTIONS: ClassVar[tuple[type[Section], ...]] = (
        Listening,
        ClusterAccess,
        Watching,
        Streaming,
        Judging,
        Storage,
        Logging,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is passed in: a test's or an embedder's settings do not depend on its shell."""
        return (init_settings,)

    @model_validator(mode="after")
    def _one_choice_of_namespaces(self) -> Settings:
        if self.all_namespaces and self.namespaces:
            raise ValueError("all_namespaces (-A) and namespaces (-n) exclude each other")
        return self
