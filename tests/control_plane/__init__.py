"""A real Kubernetes control plane on loopback: etcd, kube-apiserver, kube-controller-manager.

A stand-in plays the kubelet. `build` needs only the standard library, so that it runs before
anything is installed; `python -m tests.control_plane up` starts a cluster to play with.
"""
