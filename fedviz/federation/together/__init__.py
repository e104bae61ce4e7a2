"""One graph built by several parties: each extracts from its own texts, and what leaves it is what the release rule lets out.

`extract` and `local` make a party's own graph; `names` makes names comparable without showing them; `release` says what may leave;
`wire` types the messages; `party` answers them as a Flower client app; `server` asks, counts and fuses; `keep` writes the fused graph to the
store; `gain` says, at home, what a party has of it. Against parties and a server that follow the protocol and look at everything they get.
"""
