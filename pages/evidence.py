"""Evidence: what each way in gains, measured against controls, where the graph does not help, and what is left where texts or the graph are wrong."""

from fedviz.ui import evidence, stress_results

evidence.show()
stress_results.show()
