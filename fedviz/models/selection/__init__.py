"""Which of its texts a client trains on in a round, as the graph sees them: one file a way."""

ENTRIES = {"all": "all:ALL", "coverage": "coverage:COVERAGE", "diversity": "diversity:DIVERSITY", "suspicion": "suspicion:SUSPICION"}
