"""Scenarios: texts, labels, parties and a graph that belong together, and the ways to deal the texts out."""

ENTRIES = {
    "toy": "toy:TOY",
    "medicine-coding": "medicine_coding:MEDICINE_CODING",
    "medicine-vignettes": "medicine_vignettes:MEDICINE_VIGNETTES",
    "medicine-vignettes-zh": "medicine_vignettes_zh:MEDICINE_VIGNETTES_ZH",
    "manufacturing-orders": "manufacturing_orders:MANUFACTURING_ORDERS",
    "manufacturing-cost": "manufacturing_cost:MANUFACTURING_COST",
    "own": "own:OWN",
    "finance-lines": "finance_lines:FINANCE_LINES",
    "finance-merchants": "finance_merchants:FINANCE_MERCHANTS",
}
