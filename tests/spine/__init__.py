"""End to end: a real API server, our own server on a real socket, readers that follow the protocol.

Its law: what a reader holds is compared with a fresh list from the API server, put through the
projections, and with nothing that we say of ourselves.

`house.House` runs the application in a thread, with uvloop, as `watchglass serve` does.
`reader.reading` attaches one reader over SSE and one over WebSocket, each a `page.Page`.
`oracle.fresh_list` is the truth. `cable.Cable` is the TCP between the house and the API server,
which a test pulls out so that the house misses something. `trial.Trial` puts and takes pods, and
says what must hold of the readers after an outage.
"""
