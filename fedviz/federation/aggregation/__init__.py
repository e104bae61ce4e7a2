"""How the server combines the clients' models of a round into one: one file a rule."""

ENTRIES = {
    "mean": "mean:MEAN",
    "median": "median:MEDIAN",
    "trimmed-mean": "trimmed_mean:TRIMMED_MEAN",
    "krum": "krum:KRUM",
    "multi-krum": "multi_krum:MULTI_KRUM",
    "bulyan": "bulyan:BULYAN",
    "geometric-median": "geometric_median:GEOMETRIC_MEDIAN",
    "norm-clipping": "norm_clipping:NORM_CLIPPING",
    "fltrust": "fltrust:FLTRUST",
    "graph-filter": "graph_filter:GRAPH_FILTER",
}
