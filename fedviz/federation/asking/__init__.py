"""Questions over graphs that stay with their owners: each party answers bindings of one pattern at a time, by keyed hashes, and little moves."""
