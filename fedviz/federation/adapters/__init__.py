"""How low-rank adapters of several clients become one: one file an entry. Which factors travel, and what the server makes of them."""

ENTRIES = {
    "fedit": "fedit:FEDIT",
    "ffa-lora": "ffa_lora:FFA_LORA",
    "rolora": "rolora:ROLORA",
    "flora": "flora:FLORA",
    "fedex-lora": "fedex_lora:FEDEX_LORA",
    "hetlora": "hetlora:HETLORA",
}
