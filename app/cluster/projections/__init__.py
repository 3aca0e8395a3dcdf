"""One file per watched kind: the partial type that is read, and the record that is made of it."""
