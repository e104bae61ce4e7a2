"""The comparison's runs under fluke: a script for fluke's own environment, which reads `{"document", "cases"}` and writes the weights as JSON.

`python oracles_fluke.py < question > answer`. It imports nothing of fedviz.
"""

import json
import sys
from typing import Any

FEDOPT = {"fedadam": "adam", "fedyogi": "yogi", "fedadagrad": "adagrad"}


def run(document: dict[str, Any], name: str, options: dict[str, Any], even: bool) -> list[list[float]]:
    """The weights after each round: the global model's, row by row, then its bias; for Ditto the clients' own behind them."""
    import torch
    from fluke import DDict, FlukeENV
    from fluke.algorithms.ditto import Ditto
    from fluke.algorithms.fedavg import FedAVG
    from fluke.algorithms.fedavgm import FedAVGM
    from fluke.algorithms.feddyn import FedDyn
    from fluke.algorithms.fednova import FedNova
    from fluke.algorithms.fedopt import FedOpt
    from fluke.algorithms.fedprox import FedProx
    from fluke.algorithms.fedsgd import FedSGD
    from fluke.algorithms.pfedme import PFedMe
    from fluke.algorithms.scaffold import SCAFFOLD
    from fluke.data import DataSplitter, DummyDataContainer, FastDataLoader
    from fluke.evaluation import ClassificationEval

    kinds = {"fedavg": FedAVG, "fedsgd": FedSGD, "fedprox": FedProx, "fedavgm": FedAVGM, "scaffold": SCAFFOLD, "fednova": FedNova, "feddyn": FedDyn,
             "ditto": Ditto, "pfedme": PFedMe, "fedopt-sgd": FedAVG} | dict.fromkeys(FEDOPT, FedOpt)  # fmt: skip
    inputs, labels = torch.tensor(document["inputs"], dtype=torch.float64), torch.tensor(document["labels"])
    classes, rate = len(document["initial"]["bias"]), document["learning_rate"]

    def model() -> Any:
        made = torch.nn.Linear(inputs.shape[1], classes, dtype=torch.float64)
        with torch.no_grad():
            for key, weight in made.named_parameters():
                weight.copy_(torch.tensor(document["initial"][key], dtype=torch.float64))
        return made

    def loader(rows: list[int]) -> Any:
        size = len(rows) if name == "fedsgd" else document["batch_size"]
        return FastDataLoader(inputs[rows], labels[rows], num_labels=classes, batch_size=size, shuffle=False, skip_singleton=False)

    optimizer: dict[str, Any] = {"name": "SGD", "lr": rate}
    client: dict[str, Any] = {"batch_size": document["batch_size"], "local_epochs": document["local_epochs"], "loss": "CrossEntropyLoss", "clipping": 0,
                              "scheduler": {"name": "StepLR", "step_size": 1, "gamma": 1}}  # fmt: skip
    server: dict[str, Any] = {"weighted": not even}
    if name == "fedprox":
        client["mu"] = options["mu"]
    elif name == "fedavgm":
        server["momentum"] = options["momentum"]
    elif name == "fedopt-sgd":
        server["lr"] = options["server_rate"]
    elif name in FEDOPT:
        server |= {"mode": FEDOPT[name], "lr": options["server_rate"], "beta1": options.get("beta_1", 0.0), "beta2": options.get("beta_2", 0.0), "tau": options["tau"]}
    elif name == "feddyn":
        client["alpha"] = server["alpha"] = options["alpha"]
    elif name == "ditto":
        client |= {"lam": options["lam"], "tau": options["passes"], "model": model()}
    elif name == "pfedme":
        client["k"], server["beta"] = options["inner_steps"], options["beta"]
        optimizer = {"name": "PFedMeOptimizer", "lr": rate, "lamda": options["lam"], "mu": 0.0}
    if name == "pfedme":
        from fluke.algorithms.pfedme import PFedMeOptimizer

        optimizer["name"] = PFedMeOptimizer
    client["optimizer"] = optimizer
    FlukeENV().set_evaluator(ClassificationEval(eval_every=10**6, n_classes=classes))
    loaders = [loader(rows) for rows in document["clients"]]
    splitter = DataSplitter(DummyDataContainer(loaders, [None] * len(loaders), None, classes), distribution="iid")
    splitter.assign = lambda *_, **__: ((loaders, [None] * len(loaders)), None)
    federation = kinds[name](len(loaders), splitter, DDict(model=model(), client=DDict(**client), server=DDict(**server)))
    after: list[list[float]] = []

    def flat(net: Any) -> list[float]:
        return torch.cat([net.weight.detach().ravel(), net.bias.detach()]).tolist()

    for _ in range(document["rounds"]):
        federation.run(1, 1.0, finalize=False)
        whole = federation.server.cld_mdl if name == "feddyn" else federation.server.model
        after.append(flat(whole) + [x for one in federation.clients if name == "ditto" for x in flat(one.personalized_model)])
    return after


if __name__ == "__main__":
    question = json.load(sys.stdin)
    said, sys.stdout = sys.stdout, sys.stderr
    answer = {case["name"]: run(question["document"], case["name"], case["options"], case["even"]) for case in question["cases"]}
    print(json.dumps(answer), file=said)
