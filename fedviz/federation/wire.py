"""Names of records and of their entries. Keys that Flower's own strategies read keep Flower's names."""

ARRAYS, CONFIG, METRICS = "arrays", "config", "metrics"
WEIGHT = "num-examples"
ROUND = "server-round"
PARTITION = "partition-id"
LOSS, LOSS_SUM, CONFUSION = "loss", "loss-sum", "confusion"
EPOCHS, BATCH, RATE, OPTIMIZER, MU = "local-epochs", "batch-size", "learning-rate", "optimizer", "proximal-mu"
