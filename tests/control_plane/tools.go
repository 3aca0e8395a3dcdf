//go:build tools

// Package tools keeps the modules of the test control plane in go.mod: nothing here is compiled,
// `go mod tidy` only follows these imports.
package tools

import (
	_ "go.etcd.io/etcd/server/v3/etcdmain"
	_ "k8s.io/kubernetes/cmd/kube-apiserver/app"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	_ "k8s.io/kubernetes/cmd/kubectl"
)
