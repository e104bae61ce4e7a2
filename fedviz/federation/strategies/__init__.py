"""How the server turns the clients' updates into the next global model: one file a strategy."""

ENTRIES = {
    "fedavg": "fedavg:FEDAVG",
    "fedsgd": "fedsgd:FEDSGD",
    "fedprox": "fedprox:FEDPROX",
    "fedavgm": "fedavgm:FEDAVGM",
    "fedadagrad": "fedadagrad:FEDADAGRAD",
    "fedadam": "fedadam:FEDADAM",
    "fedyogi": "fedyogi:FEDYOGI",
    "fedopt-sgd": "fedopt_sgd:FEDOPT_SGD",
    "scaffold": "scaffold:SCAFFOLD",
    "fednova": "fednova:FEDNOVA",
    "feddyn": "feddyn:FEDDYN",
    "q-ffl": "q_ffl:Q_FFL",
    "fine-tuning": "fine_tuning:FINE_TUNING",
    "ditto": "ditto:DITTO",
    "pfedme": "pfedme:PFEDME",
    "hierarchical": "hierarchical:HIERARCHICAL",
    "moon": "moon:MOON",
    "local-parts": "local_parts:LOCAL_PARTS",
    "fedbuff": "fedbuff:FEDBUFF",
    "ifca": "ifca:IFCA",
}
