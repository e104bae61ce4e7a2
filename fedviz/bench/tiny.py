"""A federation that is almost nothing but overhead: softmax regression of 8 clients with 64 examples each, in NumPy.

`python -m fedviz.bench.tiny FRAMEWORK ROUNDS` runs it under Flower's Ray simulation or under pfl, and prints one line of JSON with the
seconds and the final accuracy. It imports no torch for Ray, whose workers would pay for that.
"""

import json
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedviz.federation import wire

CLIENTS, EXAMPLES, FEATURES, CLASSES, BATCH, RATE = 8, 64, 32, 4, 16, 0.5


def data(client: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """A client's examples [64, 32] and labels: a linear rule that all share, seen through the client's own inputs."""
    rule = np.random.default_rng(0).standard_normal((FEATURES, CLASSES))
    inputs = np.random.default_rng(client + 1).standard_normal((EXAMPLES, FEATURES))
    return inputs.astype(np.float32), (inputs @ rule).argmax(axis=1)


def train(weights: NDArray[np.float32], client: int) -> tuple[NDArray[np.float32], float]:
    """One epoch of SGD; gives the new weights [32, 4] and the mean loss."""
    inputs, labels = data(client)
    losses = []
    for start in range(0, EXAMPLES, BATCH):
        x, y = inputs[start : start + BATCH], labels[start : start + BATCH]
        chances = _softmax(x @ weights)
        losses.append(float(-np.log(chances[np.arange(len(y)), y]).mean()))
        chances[np.arange(len(y)), y] -= 1
        weights = weights - np.float32(RATE / len(y)) * (x.T @ chances)
    return weights, float(np.mean(losses))


def confusion(weights: NDArray[np.float32], client: int) -> NDArray[np.int64]:
    """Counts [classes, classes] of a client's examples, rows are the true class."""
    inputs, labels = data(client)
    counts = np.zeros((CLASSES, CLASSES), np.int64)
    np.add.at(counts, (labels, (inputs @ weights).argmax(axis=1)), 1)
    return counts


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def client_app() -> Any:
    """The clients as a Flower app with Flower's own records; the same object runs in process and on Ray."""
    from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
    from flwr.clientapp import ClientApp

    app = ClientApp()

    @app.train()
    def train_client(message: Message, context: Context) -> Message:
        weights, loss = train(message.content[wire.ARRAYS]["w"].numpy(), int(context.node_config[wire.PARTITION]))
        metrics = MetricRecord({wire.WEIGHT: EXAMPLES, wire.LOSS: loss})
        return Message(RecordDict({wire.ARRAYS: ArrayRecord({"w": Array(weights)}), wire.METRICS: metrics}), reply_to=message)

    @app.evaluate()
    def evaluate_client(message: Message, context: Context) -> Message:
        counts = confusion(message.content[wire.ARRAYS]["w"].numpy(), int(context.node_config[wire.PARTITION]))
        metrics = MetricRecord({wire.WEIGHT: EXAMPLES, wire.LOSS_SUM: 0.0, wire.CONFUSION: [int(count) for count in counts.ravel()]})
        return Message(RecordDict({wire.METRICS: metrics}), reply_to=message)

    return app


def accuracy(weights: NDArray[np.float32]) -> float:
    """Over the examples of all clients."""
    return float(np.mean([np.trace(confusion(weights, client)) for client in range(CLIENTS)]) / EXAMPLES)


def under_ray(rounds: int) -> dict[str, float]:
    """Flower's simulation engine: seconds from its start to its end, and of the rounds alone."""
    from flwr.app import Array, ArrayRecord
    from flwr.serverapp import ServerApp
    from flwr.serverapp.strategy import FedAvg
    from flwr.simulation import run_simulation

    server, found = ServerApp(), {}

    @server.main()
    def main(grid: Any, context: Any) -> None:
        start = time.perf_counter()
        initial = ArrayRecord({"w": Array(np.zeros((FEATURES, CLASSES), np.float32))})
        result = FedAvg(min_train_nodes=CLIENTS, min_evaluate_nodes=CLIENTS, min_available_nodes=CLIENTS).start(grid, initial, num_rounds=rounds)
        found.update(rounds_s=time.perf_counter() - start, accuracy=accuracy(result.arrays["w"].numpy()))

    start = time.perf_counter()
    run_simulation(server, client_app(), num_supernodes=CLIENTS, backend_config={"client_resources": {"num_cpus": 1, "num_gpus": 0.0}})
    return {"seconds": time.perf_counter() - start, **found}


def under_pfl(rounds: int) -> dict[str, float]:
    """Apple's pfl with a linear layer of torch: seconds of the algorithm's run, which has no start-up of its own."""
    import torch
    from pfl.aggregate.simulate import SimulatedBackend
    from pfl.algorithm.base import NNAlgorithmParams
    from pfl.algorithm.federated_averaging import FederatedAveraging
    from pfl.data.dataset import Dataset
    from pfl.data.federated_dataset import FederatedDataset
    from pfl.data.sampling import get_user_sampler
    from pfl.hyperparam import NNEvalHyperParams, NNTrainHyperParams
    from pfl.metrics import Weighted
    from pfl.model.pytorch import PyTorchModel

    class Linear(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(FEATURES, CLASSES, bias=False)
            torch.nn.init.zeros_(self.layer.weight)

        def loss(self, inputs: Any, targets: Any, eval: bool = False) -> Any:  # noqa: A002 - pfl's name
            return torch.nn.functional.cross_entropy(self.layer(inputs), targets)

        @torch.no_grad()
        def metrics(self, inputs: Any, targets: Any, eval: bool = True) -> dict[str, Any]:  # noqa: A002 - pfl's name
            right = (self.layer(inputs).argmax(dim=1) == targets).sum().item()
            return {"accuracy": Weighted(right, len(targets))}

    def user(client: Any) -> Any:
        inputs, labels = data(int(client))
        return Dataset((torch.from_numpy(inputs), torch.from_numpy(labels)), user_id=str(client))

    network = Linear()
    federated = FederatedDataset(user, get_user_sampler("minimize_reuse", list(range(CLIENTS))))
    backend = SimulatedBackend(training_data=federated, val_data=federated)
    model = PyTorchModel(network, local_optimizer_create=torch.optim.SGD, central_optimizer=torch.optim.SGD(network.parameters(), lr=1.0))
    params = NNAlgorithmParams(central_num_iterations=rounds, evaluation_frequency=1, train_cohort_size=CLIENTS, val_cohort_size=CLIENTS)
    local = NNTrainHyperParams(local_num_epochs=1, local_learning_rate=RATE, local_batch_size=BATCH)
    start = time.perf_counter()
    FederatedAveraging().run(
        algorithm_params=params, backend=backend, model=model, model_train_params=local, model_eval_params=NNEvalHyperParams(local_batch_size=EXAMPLES)
    )
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "rounds_s": seconds, "accuracy": accuracy(network.layer.weight.detach().numpy().T)}


if __name__ == "__main__":
    print(json.dumps({"ray": under_ray, "pfl": under_pfl}[sys.argv[1]](int(sys.argv[2]))))
