"""The comparison's runs under Apple's pfl: a script for pfl's own environment, which reads `{"document", "cases"}` and writes the weights as JSON.

`python oracles_pfl.py < question > answer`. It imports nothing of fedviz. pfl keeps the clients' updates in single precision.
"""

import json
import sys
from typing import Any


def run(document: dict[str, Any], name: str, options: dict[str, Any], even: bool) -> list[list[float]]:
    """The global weights after each round, in one list each: the weights row by row, then the bias."""
    import numpy as np
    import torch
    from pfl.aggregate.simulate import SimulatedBackend
    from pfl.aggregate.weighting import WeightByDatapoints, WeightByUser
    from pfl.algorithm.base import NNAlgorithmParams
    from pfl.algorithm.federated_averaging import FederatedAveraging
    from pfl.algorithm.fedprox import FedProx, FedProxParams
    from pfl.algorithm.scaffold import SCAFFOLD, SCAFFOLDParams
    from pfl.callback.base import TrainingProcessCallback
    from pfl.data.dataset import Dataset
    from pfl.data.federated_dataset import FederatedDataset
    from pfl.data.sampling import get_user_sampler
    from pfl.data.user_state import InMemoryUserStateStorage
    from pfl.hyperparam import NNEvalHyperParams, NNTrainHyperParams
    from pfl.metrics import Metrics
    from pfl.model.pytorch import PyTorchModel

    inputs, labels = torch.tensor(document["inputs"], dtype=torch.float64), torch.tensor(document["labels"])
    clients, rounds = document["clients"], document["rounds"]

    class Softmax(torch.nn.Linear):
        def loss(self, inputs: Any, targets: Any, eval: bool = False) -> Any:  # noqa: A002 - pfl's name
            return torch.nn.functional.cross_entropy(self(inputs), targets)

        def metrics(self, inputs: Any, targets: Any, eval: bool = True) -> dict[str, Any]:  # noqa: A002 - pfl's name
            return {}

    network = Softmax(len(document["inputs"][0]), len(document["initial"]["bias"]), dtype=torch.float64)
    with torch.no_grad():
        for key, weight in network.named_parameters():
            weight.copy_(torch.tensor(document["initial"][key], dtype=torch.float64))
    after: list[list[float]] = []

    class Keep(TrainingProcessCallback):
        def after_central_iteration(self, aggregate_metrics: Any, model: Any, *, central_iteration: int) -> Any:
            after.append(np.concatenate([weight.detach().numpy().ravel() for weight in (network.weight, network.bias)]).tolist())
            return False, Metrics()

    def user(client: Any) -> Any:
        rows = clients[int(client)]
        return Dataset((inputs[rows], labels[rows]), user_id=str(client))

    weights, rate, tau = list(network.parameters()), options.get("server_rate", 1.0), options.get("tau", 0.0)
    if name == "fedadam":
        central: Any = torch.optim.Adam(weights, lr=rate, betas=(options["beta_1"], options["beta_2"]), eps=tau)
    elif name == "fedadagrad":
        central = torch.optim.Adagrad(weights, lr=rate, eps=tau, initial_accumulator_value=tau**2)
    else:
        central = torch.optim.SGD(weights, lr=rate, momentum=options.get("momentum", 0.0))
    federated = FederatedDataset(user, get_user_sampler("minimize_reuse", list(range(len(clients)))))
    backend = SimulatedBackend(training_data=federated, val_data=federated, postprocessors=[WeightByUser() if even else WeightByDatapoints()])
    one_step = name == "fedsgd"
    local = NNTrainHyperParams(
        local_num_epochs=1 if one_step else document["local_epochs"],
        local_learning_rate=document["learning_rate"],
        local_batch_size=None if one_step else document["batch_size"],
    )
    common = {"central_num_iterations": rounds, "evaluation_frequency": rounds + 1, "train_cohort_size": len(clients), "val_cohort_size": 0}
    if name == "fedprox":
        algorithm, params = FedProx(), FedProxParams(**common, mu=options["mu"])
    elif name == "scaffold":
        storage = InMemoryUserStateStorage()
        algorithm, params = SCAFFOLD(), SCAFFOLDParams(**common, population=len(clients), use_gradient_as_control_variate=False, user_state_storage=storage)
    else:
        algorithm, params = FederatedAveraging(), NNAlgorithmParams(**common)
    algorithm.run(
        algorithm_params=params, backend=backend, model=PyTorchModel(network, local_optimizer_create=torch.optim.SGD, central_optimizer=central),
        model_train_params=local, model_eval_params=NNEvalHyperParams(local_batch_size=None), callbacks=[Keep()],
    )  # fmt: skip
    return after


if __name__ == "__main__":
    question = json.load(sys.stdin)
    answer = {case["name"]: run(question["document"], case["name"], case["options"], case["even"]) for case in question["cases"]}
    print(json.dumps(answer))
