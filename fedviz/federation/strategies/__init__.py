"""How the server turns the clients' updates into the next global model: one file a strategy."""

ENTRIES = {
    "fedavg": "fedavg:FEDAVG",
    "fedprox": "fedprox:FEDPROX",
    "fedadagrad": "fedadagrad:FEDADAGRAD",
    "fedadam": "fedadam:FEDADAM",
    "fedyogi": "fedyogi:FEDYOGI",
    "fedopt-sgd": "fedopt_sgd:FEDOPT_SGD",
}
