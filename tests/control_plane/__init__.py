"""A real Kubernetes control plane for the tests: etcd, API server, controllers, no containers.

Its law: what a test sees through this API server is what any client of Kubernetes sees. Only the
kubelet is ours, a stand-in that reports what a pod's annotations tell it to (`kubelet/`).

`make control-plane` builds the binaries once. `python -m tests.control_plane up` runs a cluster by
hand and prints its kubeconfig. Tests ask for fixtures (`fixtures.py`): `control_plane` is the
worker's cluster with its faults, `namespace` a place of the test's own, `admin` a client that may
do everything, `viewer`, `operator` and `other` are users without rights, `bare_control_plane` is a
second cluster, without watch cache and streaming lists. Whatever blocks is awaited beside the loop:

    await asyncio.to_thread(control_plane.restart_apiserver, signal.SIGKILL)
"""
