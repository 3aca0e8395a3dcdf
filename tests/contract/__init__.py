"""The contract: what the simulated API server and the real kube-apiserver have in common.

Its law: every test here runs against both, over HTTP, and the real one is the reference. Where the
two differ the simulator is wrong, or the difference is listed in `docs/simulator.md` under "What
differs" and the test states both values (`Server.simulated`).

A test's number is the line of the contract it belongs to:

     1  one global resource version          9  refusals are Status objects
     2  watch replays, then follows         10  patches
     3  history is bounded                  11  Secrets
     4  bookmarks and streaming lists       12  discovery and tables
     5  the form of a watch                 13  who may do what
     6  selectors                           14  logs
     7  deletion                            15  controllers
     8  metadata and the status subresource

`server` is the fixture to ask for; `admin` and `visitor` are clients, `namespace` is the test's
own.
"""
