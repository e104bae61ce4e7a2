"""The ledger in sentences: what never left a client, and who could see what, as follows from the messages and the settings of the run."""

from dataclasses import dataclass

from fedviz.core.config import RunConfig
from fedviz.core.i18n import _
from fedviz.core.registry import PRIVACY, STRATEGIES
from fedviz.runs.run_view import RunView

Sentences = tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """What the sentences rest on. `records`: (direction, message, record) of everything that passed."""

    view: RunView
    config: RunConfig
    records: frozenset[tuple[str, str, str]]

    @property
    def encrypted(self) -> bool:
        """Whether updates travel as ciphertexts that the server adds."""
        return self.view.secure and self.config.federation.secure_protocol == "ckks"

    @property
    def noised_at_home(self) -> bool:
        """Whether what clients send has noise already, by which differential privacy bounds what it tells."""
        spent = self.view.privacy[-1][1] if self.view.privacy else None
        return spent is not None and spent.epsilon is not None and spent.mechanism != "central"

    def sent(self, record: str) -> bool:
        """Whether clients sent such a record with any message."""
        return any(direction == "sent" and name == record for direction, _message, name in self.records)


def stayed(facts: Facts) -> Sentences:
    """What was in no message."""
    view, entry = facts.view, STRATEGIES.get(facts.config.federation.strategy.name)
    found = [
        _("The texts, and what was found of the knowledge graph in each of them."),
        _("The class of any single text. What the counts in the messages tell about all of them together is listed below."),
        _("Losses and gradients of single training steps: a message holds the mean loss and where the steps led, which is the gradient itself only where a client takes one step."),
        _("The state of the optimiser: it begins afresh in every round."),
    ]
    if (frozen := view.total_parameters - view.trainable_parameters) > 0:
        found.append(_("The {count} frozen weights of the language model: every client has them from the start, and they are no secret.").format(count=f"{frozen:,}"))
    if facts.config.federation.adapters.name == "ffa-lora":
        found.append(_("The factor A of every adapter: it stays as the run's seed draws it, and every client draws it by itself."))
    if entry.personal:
        found.append(_("Every client's personal model: only the counts of its test leave."))
    elif entry.remembered:
        found.append(
            _("What {strategy} lets a client remember between rounds. Whoever keeps all messages of that client can compute it, so that this protects nothing.").format(
                strategy=_(entry.title)
            )
        )
    return tuple(found)


def seen(facts: Facts) -> tuple[tuple[str, Sentences], ...]:
    """Who could see what, from the server to the viewer of the page."""
    return (
        (_("The server"), _server(facts)),
        (_("The other clients"), _others(facts)),
        (_("Whoever gets the global models"), _outside(facts)),
        (_("The viewer of this page"), _viewer(facts)),
    )


def _server(facts: Facts) -> Sentences:
    view, found = facts.view, []
    if facts.encrypted:
        found.append(_("Of each client's update ciphertexts, which it cannot read, and the mean of all, once a client has decrypted the sum. In league with any one client it could read every update, since all clients share the secret key."))
    elif view.secure:
        found.append(_("Of each client's update a vector of masked integers, which looks like noise, and the mean of all."))
    elif facts.noised_at_home:
        found.append(_("Each client's model behind the noise that the client added itself, under the client's name: epsilon below bounds what it gives away about the texts."))
    else:
        found.append(_("Each client's model after its training, under the client's name. What it gives away about the texts is bounded by nothing here."))
    if facts.sent("counts"):
        found.append(_("Before the first round, under each client's name, how often words occur in its texts, as far as they are not rarer there than the threshold: the tokenizer is made of the sums. Neither masks nor noise hide these counts."))
    if facts.sent("labels"):
        found.append(_("Before the first round, under each client's name, how many of its training texts are of each class: the weights of the classes are made of the sums. Neither masks nor noise hide these counts."))
    if facts.config.privacy.name == "local":
        found.append(_("No client's number of training texts, steps or loss: clients keep them to themselves, and each counts one."))
    elif view.secure:
        found.append(_("The sum of the clients' numbers of texts and their mean loss, but nobody's own."))
    elif facts.config.privacy.name == "example":
        found.append(_("Each client's number of training texts and steps; its training loss stays with it."))
    else:
        found.append(_("Each client's number of training texts and steps, and its mean training loss."))
    if not view.secure and facts.sent("extra"):
        found.append(_("What the strategy has the clients send beside their models, under their names."))
    if facts.config.privacy.name == "central":
        found.append(_("The updates before the noise: it is the server that adds it, and it is trusted."))
    found.append(_("Each client's table of right and wrong answers on its test texts, in the open: how many test texts of each class it holds follows from it."))
    for record, words in (("validation", _("The same table for the training texts that the client holds out.")), ("own", _("The same table for the model that the client has just trained.")), ("personal", _("The same table for the client's personal model."))):
        if facts.sent(record):
            found.append(words)
    if any(client.failures for client in view.clients):
        found.append(_("Why a client failed, in a sentence of the client's program."))
    return tuple(found)


def _others(facts: Facts) -> Sentences:
    found = [_("The global model of each round in which they are asked, and the settings of the training. No message goes from client to client.")]
    if facts.sent("labels"):
        found.append(_("How many training texts of each class all clients have together."))
    if facts.encrypted:
        found.append(_("Every client holds the secret key that all share: whoever gets hold of another client's ciphertexts can read its update. No message of the protocol brings them to a client; the one that decrypts gets the sum alone."))
    elif facts.view.secure:
        found.append(_("The other clients' public keys, and shares of their secrets sealed for the receiver; fewer than {threshold} of them together open nothing.").format(
            threshold=facts.config.federation.threshold))
    elif facts.config.federation.participants == 2 and facts.config.privacy.name == "none":
        found.append(_("With two clients in a round, each can take its own model out of the mean, and has the other's."))
    return tuple(found)


def _outside(facts: Facts) -> Sentences:
    spent = facts.view.privacy[-1][1] if facts.view.privacy else None
    if spent is not None and spent.epsilon is not None and facts.noised_at_home:
        return (
            _("Every weight of the global models. {promise} Here that is epsilon = {epsilon} at delta = {delta}, over {rounds} rounds.").format(
                promise=_(PRIVACY.get(spent.mechanism).promise), epsilon=f"{spent.epsilon:.3g}", delta=f"{spent.delta:g}", rounds=facts.view.rounds_done
            ),
            _("That bound is not for the test results, which are told without noise."),
        )
    if spent is not None and spent.epsilon is not None:
        return (
            _("Every weight of the global models. By differential privacy they tell about any one client at most epsilon = {epsilon} at delta = {delta}, over {rounds} rounds.").format(
                epsilon=f"{spent.epsilon:.3g}", delta=f"{spent.delta:g}", rounds=facts.view.rounds_done
            ),
            _("That bound is for the models alone, not for the test results, which are told without noise."),
        )
    return (_("Every weight of the global models. Nothing bounds what they tell about a client or a text: no privacy is kept in this run."),)


def _viewer(facts: Facts) -> Sentences:
    view, found = facts.view, []
    found.append(_("All of this, since the whole federation runs in one process here, and more than the server of a real one: every loss of every training step as it happens."))
    if facts.encrypted:
        found.append(_("Some values of one client's update in the clear, beside bytes of its ciphertexts, so that the two can be compared."))
    elif view.secure:
        found.append(_("Some values of one client's update in the clear, beside their masked form, so that the two can be compared."))
    else:
        found.append(_("How each client's update lies to the others', and in the folder of the run the clients' models where they are small."))
    if facts.config.federation.compare:
        found.append(_("For “Why federate?” one model is trained on the pooled texts of all clients. No federation could do that: it happens here, beside the messages."))
    return tuple(found)
