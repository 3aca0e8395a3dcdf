"""Stand-ins for the ports of rooms; each is checked by the contract suite of its port."""
