"""One thread at a time may begin to import transformers, peft and accelerate: they import one another, and two that begin at once fail.

`with IMPORTS: from transformers import BertModel`. The page imports them ahead on a thread while a viewer may already ask for a model.
"""

import threading

IMPORTS = threading.RLock()
