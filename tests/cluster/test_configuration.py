"""Which cluster, as whom: real files in the four places."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization

from app.cluster.configuration import ClusterConfiguration, load
from app.errors import ConfigurationError, Unauthorized
from tests.cluster.kubeconfigs import kubeconfig, write
from tests.control_plane.keys import write_keys
from tests.fakes.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECRET = "hunter2-do-not-say"


def read(path: Path, context: str | None = None) -> ClusterConfiguration:
    return load(ManualClock(), kubeconfig=path, context=context, environment={})


def refused(path: Path, content: object, context: str | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(write(path, content), context)
    told = str(caught.value)
    assert "\n" not in told
    assert told.endswith(".")
    assert SECRET not in told
    return told


class TestOrder:
    """Explicit, in-cluster, KUBECONFIG, the default file."""

    POD: Mapping[str, str] = {
        "KUBERNETES_SERVICE_HOST": "10.0.0.1",
        "KUBERNETES_SERVICE_PORT": "443",
    }

    @pytest.fixture
    def account(self, tmp_path: Path) -> Path:
        folder = tmp_path / "account"
        write(folder / "token", "from-the-kubelet\n")
        write(folder / "namespace", "agents\n")
        write_keys(folder)
        return folder

    @pytest.fixture
    def home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "home"
        write(folder / ".kube" / "config", kubeconfig(name="home", current="home"))
        monkeypatch.setenv("HOME", str(folder))
        return folder

    @pytest.fixture
    def listed(self, tmp_path: Path) -> Path:
        return write(tmp_path / "listed", kubeconfig(name="listed", current="listed"))

    @pytest.fixture
    def explicit(self, tmp_path: Path) -> Path:
        return write(tmp_path / "explicit", kubeconfig(name="explicit", current="explicit"))

    def found(
        self,
        account: Path,
        listed: Path | None,
        *,
        pod: bool = False,
        kubeconfig: Path | None = None,
        context: str | None = None,
    ) -> ClusterConfiguration:
        environment = dict(self.POD) if pod else {}
        environment |= {"KUBECONFIG": str(listed)} if listed else {}
        return load(
            ManualClock(),
            kubeconfig=kubeconfig,
            context=context,
            environment=environment,
            account=account,
        )

    def test_each_place_hides_the_later_ones(
        self, account: Path, listed: Path, explicit: Path, home: Path
    ) -> None:
        asked = self.found(account, listed, pod=True, kubeconfig=explicit)
        assert (asked.context, asked.origin) == ("explicit", f"--kubeconfig {explicit}")
        pod = self.found(account, listed, pod=True)
        assert (pod.context, pod.origin) == ("in-cluster", "the pod's service account")
        environment = self.found(account, listed)
        assert (environment.context, environment.origin) == ("listed", f"KUBECONFIG={listed}")
        default = self.found(account, None)
        assert (default.context, default.origin) == ("home", "~/.kube/config")

    def test_a_context_that_is_asked_for_is_not_the_pods(self, account: Path, listed: Path) -> None:
        found = self.found(account, listed, pod=True, context="listed")
        assert found.server == "https://listed:6443"

    def test_a_pod_without_a_token_may_have_a_kubeconfig(
        self, account: Path, listed: Path, home: Path
    ) -> None:
        (account / "token").unlink()
        assert self.found(account, listed, pod=True).context == "listed"
        with pytest.raises(ConfigurationError, match=r"looks like a pod.*no service account token"):
            self.found(account, None, pod=True)

    async def test_the_pods_account(self, account: Path) -> None:
        pod = self.found(account, None, pod=True)
        assert (pod.server, pod.namespace) == ("https://10.0.0.1:443", "agents")
        assert pod.tls.authority == account / "ca.crt"
        assert pod.tls.verify
        assert await pod.credential.authorization() == "Bearer from-the-kubelet"

    def test_the_pods_account_without_a_namespace_and_over_ipv6(self, account: Path) -> None:
        (account / "namespace").unlink()
        environment = {"KUBERNETES_SERVICE_HOST": "fd00::1"}
        found = load(ManualClock(), environment=environment, account=account)
        assert (found.server, found.namespace) == ("https://[fd00::1]:443", "default")

    def test_a_pods_account_that_cannot_be_used_is_one_sentence(self, account: Path) -> None:
        (account / "namespace").write_text("no/such\nnamespace")
        with pytest.raises(ConfigurationError, match=r"account cannot be read: .*not the name"):
            self.found(account, None, pod=True)
        (account / "namespace").write_bytes(b"\xff")
        with pytest.raises(ConfigurationError, match="account cannot be read: it is no text"):
            self.found(account, None, pod=True)
        environment = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "tcp"}
        with pytest.raises(ConfigurationError, match="account cannot be read"):
            load(ManualClock(), environment=environment, account=account)

    def test_the_machines_own_environment_is_the_default(
        self, home: Path, listed: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
        monkeypatch.setenv("KUBECONFIG", str(listed))
        assert load(ManualClock()).context == "listed"
        monkeypatch.delenv("KUBECONFIG")
        assert load(ManualClock()).context == "home"

    def test_nothing_anywhere_is_said(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
        with pytest.raises(ConfigurationError, match=r"no kubeconfig \(~/.kube/config\)"):
            load(ManualClock(), environment={})
        with pytest.raises(ConfigurationError, match=r"no kubeconfig .--kubeconfig"):
            load(ManualClock(), kubeconfig=tmp_path / "gone", environment={})


class TestMerging:
    """`KUBECONFIG=a:b`: as kubectl, what comes first counts."""

    def read(self, *paths: Path, context: str | None = None) -> ClusterConfiguration:
        environment = {"KUBECONFIG": os.pathsep.join(map(str, paths))}
        return load(ManualClock(), context=context, environment=environment)

    def test_the_first_current_context_counts(self, tmp_path: Path) -> None:
        none = write(tmp_path / "none", kubeconfig(name="a", current=None))
        one = write(tmp_path / "one", kubeconfig(name="b", current="b"))
        two = write(tmp_path / "two", kubeconfig(name="c", current="c"))
        assert self.read(none, one, two).context == "b"
        assert self.read(none, two, one).context == "c"
        assert self.read(none, one, two, context="a").server == "https://a:6443"

    def test_parts_come_from_different_files(self, tmp_path: Path) -> None:
        contexts = kubeconfig(name="dev") | {"clusters": [], "users": None}
        clusters = {"clusters": kubeconfig(name="dev")["clusters"]}
        users = {"users": [{"name": "dev", "user": {"token": "t"}}]}
        files = [
            write(tmp_path / name, part)
            for name, part in (("contexts", contexts), ("clusters", clusters), ("users", users))
        ]
        assert self.read(*files).server == "https://dev:6443"

    def test_an_entry_is_taken_whole_from_the_first_file(self, tmp_path: Path) -> None:
        first = write(tmp_path / "1", kubeconfig(cluster={"server": "https://first"}))
        second = write(tmp_path / "2", kubeconfig(cluster={"server": "https://second"}))
        assert self.read(first, second).server == "https://first"

    def test_files_that_are_missing_are_passed_over(self, tmp_path: Path) -> None:
        there = write(tmp_path / "there", kubeconfig())
        assert self.read(tmp_path / "gone", there).context == "dev"

    def test_paths_are_relative_to_the_file_that_names_them(self, tmp_path: Path) -> None:
        keys = tmp_path / "far" / "keys"
        keys.mkdir(parents=True)
        write_keys(keys)
        far = kubeconfig(
            cluster={"certificate-authority": "keys/ca.crt"},
            user={"client-certificate": "keys/server.crt", "client-key": "keys/server.key"},
        )
        near = write(tmp_path / "near", {"current-context": "dev"})
        found = self.read(near, write(tmp_path / "far" / "config", far))
        assert found.tls.authority == keys / "ca.crt"
        assert (found.tls.certificate, found.tls.key) == (keys / "server.crt", keys / "server.key")


class TestReading:
    """What one kubeconfig says."""

    def test_defaults(self, tmp_path: Path) -> None:
        found = read(write(tmp_path / "config", kubeconfig()))
        assert (found.server, found.context, found.namespace) == (
            "https://dev:6443",
            "dev",
            "default",
        )
        assert found.tls.verify
        assert found.tls.server_name is None
        assert found.proxy is None

    def test_context_and_namespace(self, tmp_path: Path) -> None:
        both = kubeconfig(context={"namespace": "agents"})
        other = kubeconfig(name="other", context={"namespace": 7})
        for section in ("clusters", "users", "contexts"):
            both[section] += other[section]
        path = write(tmp_path / "config", both)
        assert read(path).namespace == "agents"
        assert (read(path, "other").namespace, read(path, "other").server) == (
            "7",
            "https://other:6443",
        )

    def test_names_of_the_connection(self, tmp_path: Path) -> None:
        content = kubeconfig(
            cluster={
                "server": "https://10.0.0.1:6443/clusters/7/",
                "tls-server-name": "api.internal",
                "proxy-url": "http://user:pass@proxy:3128",
            }
        )
        found = read(write(tmp_path / "config", content))
        assert found.server == "https://10.0.0.1:6443/clusters/7"
        assert found.tls.server_name == "api.internal"
        assert found.proxy == "http://user:pass@proxy:3128"

    def test_certificates_inside(self, tmp_path: Path) -> None:
        files = write_keys(tmp_path)
        ca, certificate, key = (
            base64.encodebytes(path.read_bytes()).decode()
            for path in (files.ca, files.certificate, files.key)
        )
        content = kubeconfig(
            cluster={"certificate-authority-data": ca},
            user={"client-certificate-data": certificate, "client-key-data": key},
        )
        found = read(write(tmp_path / "config", content)).tls
        assert found.authority == files.ca.read_bytes()
        assert (found.certificate, found.key) == (
            files.certificate.read_bytes(),
            files.key.read_bytes(),
        )

    def test_verification_switched_off(self, tmp_path: Path) -> None:
        content = kubeconfig(cluster={"insecure-skip-tls-verify": True})
        assert not read(write(tmp_path / "config", content)).tls.verify

    @pytest.mark.parametrize(
        ("user", "expected"),
        [
            ({}, None),
            ({"token": ""}, None),
            ({"token": " t \n"}, "Bearer t"),
            ({"token": 123}, "Bearer 123"),
            ({"username": "u", "password": "p"}, "Basic dTpw"),
            ({"username": "u"}, "Basic dTo="),
            ({"token": "t", "username": "u", "password": "p"}, "Bearer t"),
            ({"token": "t", "exec": {"command": "x", "apiVersion": "v1"}}, "Bearer t"),
        ],
        ids=["nobody", "empty", "token", "number", "password", "name", "both", "token and exec"],
    )
    async def test_who_we_are(
        self, tmp_path: Path, user: dict[str, Any], expected: str | None
    ) -> None:
        found = read(write(tmp_path / "config", kubeconfig(user=user)))
        assert await found.credential.authorization() == expected

    async def test_a_context_may_have_no_user(self, tmp_path: Path) -> None:
        content = kubeconfig()
        del content["contexts"][0]["context"]["user"]
        assert await read(write(tmp_path / "a", content)).credential.authorization() is None
        content = kubeconfig()
        content["users"][0]["user"] = None
        assert await read(write(tmp_path / "b", content)).credential.authorization() is None

    async def test_a_token_file_counts_before_a_token(self, tmp_path: Path) -> None:
        write(tmp_path / "fresh", "kept-fresh")
        content = kubeconfig(user={"token": "stale", "tokenFile": "fresh"})
        found = read(write(tmp_path / "config", content)).credential
        assert await found.authorization() == "Bearer kept-fresh"

    async def test_a_token_file_that_is_not_there_yet_is_a_state(self, tmp_path: Path) -> None:
        content = kubeconfig(user={"tokenFile": "later"})
        found = read(write(tmp_path / "config", content)).credential
        with pytest.raises(Unauthorized, match="no token"):
            await found.authorization()
        write(tmp_path / "later", "t")
        assert await found.authorization() == "Bearer t"


class TestRefusals:
    """Each is one sentence that says nothing of what else the file holds."""

    @pytest.mark.parametrize(
        ("user", "expected"),
        [
            ({"as": "admin", "token": SECRET}, "impersonation"),
            ({"as-groups": ["system:masters"], "token": SECRET}, "impersonation"),
            ({"auth-provider": {"name": "gcp", "config": {"x": SECRET}}}, "use an exec plugin"),
            ({"token": f"{SECRET} with spaces"}, "that is no token"),
            ({"token": f"{SECRET}\u00e9"}, "that is no token"),
            ({"exec": {"args": [SECRET]}}, "needs a command and an apiVersion"),
            ({"exec": {"command": "x", "apiVersion": "v1", "args": SECRET}}, "the shape of"),
            (
                {"exec": {"command": "x", "apiVersion": "v1", "interactiveMode": "Always"}},
                "a person at a terminal",
            ),
            ({"exec": {"command": "x", "apiVersion": "v1", "env": [SECRET]}}, "the shape of"),
            ({"client-certificate-data": f"{SECRET}!"}, "ase64"),
            ({"client-certificate-data": "aGk="}, "certificates cannot be read"),
            ({"client-certificate": "gone.crt"}, "certificates cannot be read"),
            ([SECRET], "the shape of a kubeconfig"),
            (SECRET, "the shape of a kubeconfig"),
        ],
        ids=[
            *("as", "as-groups", "auth-provider", "token with spaces", "token in latin"),
            *("exec without command", "exec with text", "exec at a terminal", "exec environment"),
            *("no base64", "no certificate", "no file", "user list", "user text"),
        ],
    )
    def test_a_user(self, tmp_path: Path, user: Any, expected: str) -> None:
        content = kubeconfig()
        content["users"][0]["user"] = user
        assert expected in refused(tmp_path / "config", content)

    @pytest.mark.parametrize(
        ("cluster", "expected"),
        [
            ({"server": "dev:6443"}, "the server is no http or https URL"),
            ({"server": "ftp://dev"}, "the server is no http or https URL"),
            ({"server": "https://"}, "the server is no http or https URL"),
            ({"server": "https://dev:port"}, "Port could not"),
            ({"server": "https://dev/?a=b"}, "the server is no http or https URL"),
            ({"server": f"https://user:{SECRET}@dev"}, "the server is a URL with a user"),
            ({"server": None}, "Expected key server"),
            ({"proxy-url": "socks5://127.0.0.1:1080"}, "the proxy is no http or https URL"),
            ({"insecure-skip-tls-verify": "false"}, "neither true nor false"),
            (
                {"insecure-skip-tls-verify": True, "certificate-authority": "ca.crt"},
                "not to be verified",
            ),
            ({"certificate-authority": "gone.crt"}, "certificates cannot be read"),
            ({"certificate-authority-data": "aGk="}, "certificates cannot be read"),
        ],
        ids=[
            *("no scheme", "ftp", "no host", "port", "query", "user in server", "no server"),
            *("socks", "text for a flag", "insecure with authority", "no file", "no certificate"),
        ],
    )
    def test_a_cluster(self, tmp_path: Path, cluster: dict[str, Any], expected: str) -> None:
        content = kubeconfig(cluster=cluster, user={"token": SECRET})
        assert expected in refused(tmp_path / "config", content)

    def test_a_key_that_asks_for_a_password_is_no_question_on_the_terminal(
        self, tmp_path: Path
    ) -> None:
        files = write_keys(tmp_path)
        key = serialization.load_pem_private_key(files.key.read_bytes(), None)
        files.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(SECRET.encode()),
            )
        )
        user = {"client-certificate": "server.crt", "client-key": "server.key"}
        told = refused(tmp_path / "config", kubeconfig(user=user))
        assert "certificates cannot be read" in told

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({"current-context": "gone"}, "no 'gone' in contexts"),
            ({"current-context": ""}, "it names no current context"),
            ({"clusters": []}, "no 'dev' in clusters"),
            ({"users": []}, "no 'dev' in users"),
            ({"contexts": [{"name": "dev"}]}, "Expected key context"),
            ({"contexts": [{"name": "dev", "context": {"user": "dev"}}]}, "Expected key cluster"),
            ({"contexts": [{"name": "dev", "context": SECRET}]}, "the shape of a kubeconfig"),
            ({"clusters": SECRET}, "Expected key name"),
            ({"clusters": [{}, {"cluster": SECRET}]}, "kubeconfig"),
            ({"users": [{"user": SECRET}]}, "kubeconfig"),
            (
                {"contexts": [{"name": "dev", "context": {"cluster": "dev", "namespace": "a/b"}}]},
                "'a/b' is not the name of a namespace",
            ),
        ],
        ids=[
            *("context", "no context", "no cluster", "no user", "empty context", "no reference"),
            *("context text", "text", "no names", "no name", "namespace"),
        ],
    )
    def test_references(self, tmp_path: Path, change: dict[str, Any], expected: str) -> None:
        assert expected in refused(tmp_path / "config", kubeconfig() | change)

    def test_a_context_that_was_asked_for(self, tmp_path: Path) -> None:
        assert "no 'prod' in contexts" in refused(tmp_path / "config", kubeconfig(), "prod")

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (f"users: [{{token: {SECRET}", "it is no YAML"),
            (f"a: b: {SECRET}", "it is no YAML"),
            (f"{SECRET}", "the shape of a kubeconfig"),
            (f"- {SECRET}", "the shape of a kubeconfig"),
            ("", "the shape of a kubeconfig"),
            ("[" * 1000, "it is no YAML"),
            ("!!python/object/apply:os.system ['true']", "it is no YAML"),
        ],
        ids=["flow", "mapping", "text", "list", "empty", "deep", "python"],
    )
    def test_rubbish(self, tmp_path: Path, text: str, expected: str) -> None:
        assert expected in refused(tmp_path / "config", text)

    def test_bytes_that_are_no_text(self, tmp_path: Path) -> None:
        path = tmp_path / "config"
        path.write_bytes(b"\xff\xfe\xff" + SECRET.encode())
        with pytest.raises(ConfigurationError, match=r"it is no text|it is no YAML"):
            read(path)

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="Is a directory"):
            read(tmp_path)
