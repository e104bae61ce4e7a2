"""An in-process Flower grid: a message reaches the client app by a function call, in the clients' order, a few clients at a time.

Flower's message metadata has no public way to say who sent a message in which run; those writes happen here and nowhere
else. Replies come from a generator, in the clients' order whoever is done first; clients begin no further ahead of the reply that is
taken than `AHEAD` for each worker, so that memory does not grow with the number of clients.
"""

import logging
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

from flwr.app import Context, Error, Message, MessageType, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid
from flwr.supercore.run import Run
from flwr.supercore.task_identity import TaskIdentity

from fedviz.core.errors import FedvizError, out_of_memory
from fedviz.federation.messages import client_of, node_of
from fedviz.models import compute
from fedviz.models.compute import Shares

log = logging.getLogger(__name__)
ONE = Shares(1, 1)
_RUN_ID = 1
_SERVER_NODE = 1
_CLIENT_ERROR = 1
MAX_REASON = 300
AHEAD = 2


class Stopped(Exception):
    """Somebody wants the run to stop here: it ends the work of a client without being a failure of the client."""


class InProcessGrid(Grid):
    """Clients are the given contexts; `app` answers for each of them with its own context.

    `before(client, message)` is called when a message reaches a client, before the app works on it, and `after(client, reply)` when it has
    answered; both on the thread that works for the client. `shares`: how many clients work at a time, with how many threads of torch each.
    """

    def __init__(
        self,
        app: ClientApp,
        contexts: Sequence[Context],
        before: Callable[[int, Message], None] = lambda client, message: None,
        after: Callable[[int, Message], None] = lambda client, reply: None,
        shares: Shares = ONE,
    ) -> None:
        self._app = app
        self._contexts = {node_of(client): context for client, context in enumerate(contexts)}
        self._before, self._after, self._shares = before, after, shares
        self._run = Run.create_empty(_RUN_ID)
        self._waiting: dict[str, Message] = {}
        self._sent = 0
        # Flower reads these when a message is made; they are the same for all runs of this process.
        TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = _RUN_ID, _SERVER_NODE, 1

    def set_run(self, run: Run) -> None:
        """Part of Flower's interface; an in-process grid has one run."""
        self._run = run

    @property
    def run(self) -> Run:
        """Flower's record of the run."""
        return self._run

    def create_message(self, content: RecordDict, message_type: str, dst_node_id: int, group_id: str, ttl: float | None = None) -> Message:
        """A message to a client."""
        return Message(content, dst_node_id=dst_node_id, message_type=message_type, group_id=group_id, ttl=ttl)

    def get_node_ids(self) -> Iterable[int]:
        """All clients, in order."""
        return list(self._contexts)

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Keep messages until their replies are pulled."""
        ids = []
        for message in messages:
            self._address(message)
            self._waiting[message.metadata.message_id] = message
            ids.append(message.metadata.message_id)
        return ids

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """Let the clients work on these messages, and give their replies."""
        return [self._reply(self._waiting.pop(message_id)) for message_id in message_ids]

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterator[Message]:
        """Replies in the clients' order. `timeout` has no meaning in one process."""
        ordered = deque(sorted(messages, key=lambda message: message.metadata.dst_node_id))
        for message in ordered:
            self._address(message)
        begun: deque[Future[Message]] = deque()
        pool = ThreadPoolExecutor(self._shares.workers, "fedviz-client", compute.take, (self._shares.threads,))
        try:
            while ordered or begun:
                while ordered and len(begun) < AHEAD * self._shares.workers:
                    begun.append(pool.submit(self._reply, ordered.popleft()))
                yield begun.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _address(self, message: Message) -> None:
        self._sent += 1
        metadata = message.metadata.__dict__
        metadata["_run_id"], metadata["_message_id"], metadata["_src_node_id"] = _RUN_ID, f"message-{self._sent}", _SERVER_NODE

    def _reply(self, message: Message) -> Message:
        client = client_of(message.metadata.dst_node_id)
        self._before(client, message)
        reply = self._answer(message)
        self._after(client, reply)
        return reply

    def _answer(self, message: Message) -> Message:
        node = message.metadata.dst_node_id
        try:
            return self._app(message, self._contexts[node])
        except Stopped:
            raise
        except Exception as error:
            if out_of_memory(error):  # the machine's failure, not the client's: the others would only meet it too
                raise
            log.info("client %d failed", client_of(node), exc_info=not isinstance(error, FedvizError))
            return Message(Error(_CLIENT_ERROR, failure_reason(error)), reply_to=message)


class GridOver(Grid):
    """A grid over another one, which does what this one does not change."""

    def __init__(self, inner: Grid) -> None:
        self._inner = inner

    def set_run(self, run: Run) -> None:
        """The inner grid's."""
        self._inner.set_run(run)

    @property
    def run(self) -> Run:
        """The inner grid's."""
        return self._inner.run

    def create_message(self, content: RecordDict, message_type: str, dst_node_id: int, group_id: str, ttl: float | None = None) -> Message:
        """The inner grid's."""
        return self._inner.create_message(content, message_type, dst_node_id, group_id, ttl)

    def get_node_ids(self) -> Iterable[int]:
        """The inner grid's."""
        return self._inner.get_node_ids()

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """The inner grid's: what a subclass makes of replies needs all messages of a round at once, so that training goes by `send_and_receive`."""
        return self._inner.push_messages(messages)

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """The inner grid's."""
        return self._inner.pull_messages(message_ids)

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        """The inner grid's."""
        return self._inner.send_and_receive(messages, timeout=timeout)


def failure_reason(error: BaseException) -> str:
    """One line that says what went wrong: the sentence of an error of ours, or the kind and first line of any other."""
    text = " ".join(str(error).split())
    if not isinstance(error, FedvizError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text[:MAX_REASON]


class UpdatesGrid(GridOver):
    """A grid over another one that makes something of the updates that clients send; other messages, and failures, pass through. A subclass says what in `update`.

    `refused(client, reply)` is told of an update that is not taken: it becomes the client's failure.
    """

    def __init__(self, inner: Grid, refused: Callable[[int, Message], None] = lambda client, reply: None) -> None:
        super().__init__(inner)
        self._refused = refused

    @abstractmethod
    def update(self, order: Message, reply: Message) -> Message:
        """What is given on in the place of a client's reply to an order to train."""

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterator[Message]:
        """The inner grid's replies, one after the other; one order for each client."""
        orders = list(messages)
        by_node = {order.metadata.dst_node_id: order for order in orders if order.metadata.message_type == MessageType.TRAIN}
        with closing(self._inner.send_and_receive(orders, timeout=timeout)) as replies:
            for reply in replies:
                order = by_node.get(reply.metadata.src_node_id)
                yield reply if order is None or reply.has_error() else self.update(order, reply)

    def refuse(self, client: int, order: Message, reason: str) -> Message:
        """A client's failure in the place of its update."""
        failed = Message(Error(_CLIENT_ERROR, reason), reply_to=order)
        self._refused(client, failed)
        return failed
