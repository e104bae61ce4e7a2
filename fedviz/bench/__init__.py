"""Measurements behind the stated figures: one module each with `measure(quick, say) -> Result` (see `fedviz.bench.report`)."""

BENCHES = {
    "start": "from the click on Start to the first point, and to the end of the demonstration",
    "round_overhead": "what the federation costs beside training, and against Flower's Ray simulation and pfl",
    "simulation": "every plug-in under Flower's simulation on Ray, against the same run in process",
    "training": "cached, bucketed, bf16 training against the plain loop",
    "streaming": "from an event to the pixel, and training with an open page",
    "graph": "how long a graph is drawn, and how long a click takes",
    "explain": "what the influence of triples takes, and a switch on the page",
    "linking": "how fast entities are found in texts, and how fast the ontology loads",
    "robustness": "what attackers leave of the accuracy, by attack and combination",
    "compression": "how many bytes each compression sends, and what is left of the accuracy",
    "costs": "what each algorithm needs to reach a target accuracy, in bytes, virtual time, energy and money",
    "papers": "the algorithms against their papers' laws, closed forms and figures",
    "oracles": "the algorithms against pfl and fluke on the same few rounds",
    "knowledge": "what the graph adds, against text alone and a shuffled graph",
    "features": "what pictures and numbers of entities add, against text alone and those of the wrong entities",
    "leakage": "what a server can read from one client's update, and what each defence leaves of it",
    "secure": "what secure aggregation costs, and how exact it is",
}
