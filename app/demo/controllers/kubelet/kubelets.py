"""All kubelets: which pod is on which node, and the log of every container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.kinds import NODES, PODS, Json
from app.demo.controllers.kubelet.worker import PodWorker
from app.demo.controllers.reading import Key, key_of, uid_of

if TYPE_CHECKING:
    from app.demo.controllers.informer import Informer
    from app.demo.controllers.kubelet.container import Run
    from app.demo.controllers.kubelet.node import Node
    from app.demo.film.film import Film

NOTICE_SECONDS = 0.04
BEAT_SECONDS = 10.0
POST_SECONDS = 300.0


class Kubelets:
    """One worker for each pod that has a node of ours."""

    def __init__(self, film: Film, informer: Informer) -> None:
        self._film = film
        self._informer = informer
        self._nodes: dict[str, Node] = {}
        self._workers: dict[Key, PodWorker] = {}
        informer.listen(PODS, self._on_pod)

    def add(self, node: Node) -> None:
        """A machine joins the cluster."""
        self._nodes[node.name] = node
        node.register()
        if self._film.begun:
            self._start_beating(node)

    def start_beating(self) -> None:
        """From now on each node says now and then that it lives."""
        for node in self._nodes.values():
            self._start_beating(node)

    def _start_beating(self, node: Node) -> None:
        node.beat()
        self._post(node.name)
        self._film.every(BEAT_SECONDS, f"lease of {node.name}", node.beat)
        self._film.every(POST_SECONDS, f"status of {node.name}", lambda: self._post(node.name))

    def _post(self, name: str) -> None:
        node = self._informer.get(NODES, ("", name))
        if node is not None:
            self._nodes[name].post(node)

    def node(self, name: str) -> Node:
        """One by its name."""
        return self._nodes[name]

    def worker(self, key: Key) -> PodWorker | None:
        """Who looks after a pod; None while it has no node, and after its end."""
        return self._workers.get(key)

    def workers_on(self, name: str) -> list[PodWorker]:
        """Of all pods of a node."""
        return [one for one in self._workers.values() if one.node.name == name]

    def lose(self, name: str) -> None:
        """A node is cut off: its pods go on, and nobody hears of it."""
        self._nodes[name].lost = True

    def find(self, name: str) -> None:
        """It is back, and says what has happened meanwhile."""
        node = self._nodes[name]
        node.lost = False
        node.beat()
        self._post(name)
        for worker in self.workers_on(name):
            worker.resume()

    def _on_pod(self, before: Json | None, after: Json | None) -> None:
        if after is None:
            if before is not None:
                self._drop(before)
            return
        worker = self._workers.get(key_of(after))
        if worker is not None and worker.uid != uid_of(after):
            self._drop(worker.pod)
            worker = None
        if worker is not None:
            if worker.node.lost:
                worker.pod = after
            else:
                worker.update(after)
            return
        node = self._nodes.get(after["spec"].get("nodeName") or "")
        if node is not None:
            self._take(node, after)

    def _take(self, node: Node, pod: Json) -> None:
        key = key_of(pod)
        subject = f"kubelet {'/'.join(key)}"
        with self._film.scene(subject):
            worker = self._workers[key] = PodWorker(node, pod)
        self._film.at(NOTICE_SECONDS, subject, worker.begin)

    def _drop(self, pod: Json) -> None:
        worker = self._workers.get(key_of(pod))
        if worker is not None and worker.uid == uid_of(pod):
            worker.close()
            del self._workers[key_of(pod)]

    def run_of(self, key: Key, container: str, *, previous: bool) -> Run | None:
        """The present or last run of a container, or the one before that."""
        worker = self._workers.get(key)
        found = None if worker is None else worker.container(container)
        if found is None:
            return None
        return found.previous if previous else found.run
