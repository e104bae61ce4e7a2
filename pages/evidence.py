"""Evidence: what each way in gains, measured against controls, and where the graph does not help."""

from fedviz.ui import evidence

evidence.show()
