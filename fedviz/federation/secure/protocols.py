"""Which protocol hides single updates in a run: masks that cancel, or ciphertexts that add up."""

from collections.abc import Callable

from flwr.clientapp import ClientApp
from flwr.serverapp import Grid

from fedviz.core import seeds
from fedviz.core.config import RunConfig
from fedviz.federation.secure import ckks
from fedviz.federation.secure.cipher_client import CipherSettings, encrypting
from fedviz.federation.secure.cipher_server import CipherGrid
from fedviz.federation.secure.client import OnSight, SecureSettings, protect
from fedviz.federation.secure.keys import seeded
from fedviz.federation.secure.server import SecureGrid
from fedviz.federation.secure.sums import Step, SumGrid


def hidden(grid: Grid, app: ClientApp, config: RunConfig, on_sight: OnSight, on_step: Callable[[Step], None]) -> SumGrid:
    """A grid over the one of an app's clients, from which the server learns sums alone; the app answers the protocol from now on. `RunError` where its library is missing."""
    federation = config.federation
    even = federation.weighting == "even"
    if federation.secure_protocol == "ckks":
        keys = ckks.Keys()
        encrypting(app, keys, CipherSettings(federation.participants, even), on_sight)
        return CipherGrid(grid, keys.parameters(), federation.threshold, on_step)
    protect(app, SecureSettings(federation.threshold, even), lambda number, client: seeded(seeds.derive(config.seed, "secure", number, client)), on_sight)
    return SecureGrid(grid, federation.threshold, on_step)
