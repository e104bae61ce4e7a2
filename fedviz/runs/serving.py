"""A trained model over HTTP on this machine alone: a text in, its class and what moved the decision out, as JSON that OpenAPI describes.

No text is written down anywhere. Whoever may not ask, or asks too much, gets one sentence as `{"error": "..."}`.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fedviz import __version__
from fedviz.core.errors import FedvizError, InputError, RunError
from fedviz.core.text import clean
from fedviz.explain.influence import explain
from fedviz.models.predictor import Predictor

HOSTS = ("127.0.0.1", "localhost")
"""Names by which a request may call this machine: a page of somebody else that is led here by its own name is refused."""
_MINUTE_S = 60.0
_FAILED = "The prediction failed because of an error in fedviz itself."


@dataclass(frozen=True)
class Limits:
    """What one may ask: characters of a text, and predictions a minute."""

    characters: int = 5_000
    per_minute: int = 120

    @property
    def body_bytes(self) -> int:
        """Bytes of a request's body: enough for such a text with every character escaped."""
        return 12 * self.characters + 1_024


class ServedVersion(BaseModel):
    """Which model answers."""

    run: Annotated[str, Field(description="Id of the run that trained the model.")]
    round: Annotated[int, Field(description="The round after which it was kept.")]
    client: Annotated[int | None, Field(description="The client whose model it is, counted from 0; null for the global one.")]
    kind: Annotated[Literal["global", "sent", "personal"], Field(description="The global model, what a client sent, or a client's personalised one.")]


class Asked(BaseModel):
    """The body of a request for a prediction."""

    model_config = ConfigDict(extra="forbid")
    text: Annotated[str, Field(description="The text to classify.")]


class Part(BaseModel):
    """What one triple of the knowledge graph adds to the logits."""

    head: Annotated[str, Field(description="Id of the triple's head.")]
    relation: Annotated[str, Field(description="Relation of the triple; is_a* stands for several steps of is_a.")]
    tail: Annotated[str, Field(description="Id of the triple's tail.")]
    head_name: Annotated[str, Field(description="Name of the head.")]
    tail_name: Annotated[str, Field(description="Name of the tail.")]
    mention: Annotated[str | None, Field(description="The words of the text that name the head.")]
    values: Annotated[list[float], Field(description="What the triple adds to each class's logit, in the order of `classes`.")]


class Prediction(BaseModel):
    """The answer. For each class `text_logits` plus the `values` of all contributions are `logits`, up to rounding."""

    predicted: Annotated[str, Field(description="The class with the largest logit.")]
    probability: Annotated[float, Field(description="Its probability, in [0, 1].")]
    classes: Annotated[list[str], Field(description="All classes; every list of numbers is in this order.")]
    probabilities: Annotated[list[float], Field(description="The softmax of `logits`.")]
    logits: Annotated[list[float], Field(description="Text and graph together.")]
    text_logits: Annotated[list[float], Field(description="What the text alone says.")]
    contributions: Annotated[list[Part], Field(description="What each triple adds, largest effect on the predicted class first.")]
    model: Annotated[ServedVersion, Field(description="Which model answered.")]


class Health(BaseModel):
    """Whether the model can be asked."""

    status: Annotated[Literal["ok"], Field(description="Always ok; where the model cannot be loaded, /health answers with an error.")]
    model: Annotated[ServedVersion, Field(description="Which model answers now.")]
    classes: Annotated[list[str], Field(description="Its classes.")]


class Problem(BaseModel):
    """Why there is no answer."""

    error: Annotated[str, Field(description="One sentence.")]


Source = Callable[[], tuple[ServedVersion, Predictor]]
"""The model that answers now."""


def application(source: Source, limits: Limits = Limits()) -> ASGIApp:  # noqa: B008 - frozen
    """The application: POST /predict, GET /health, GET /openapi.json."""
    api = FastAPI(
        title="fedviz", version=__version__, docs_url=None, redoc_url=None,
        description=f"A model that several parties trained together, with what each triple of its knowledge graph adds to a decision. At most {limits.characters:,} characters a text and {limits.per_minute} predictions a minute.",
    )  # fmt: skip
    refusals: dict[int | str, dict[str, Any]] = {code: {"model": Problem, "description": words} for code, words in {
        400: "The request is not for this address.", 413: "The body is too large.", 422: "There is no text, or one that is empty or too long.", 429: "Too many requests; see the header Retry-After.",
        500: "The prediction failed.", 503: "The model cannot be loaded."}.items()}  # fmt: skip

    @api.post("/predict", responses=refusals, summary="Classify a text")
    def predict(asked: Asked) -> Prediction:
        """The class of a text, and what the text and each triple add to it."""
        text = clean(asked.text, limits.characters)
        return _prediction(text, *_loaded(source))

    @api.get("/health", responses={503: refusals[503]}, summary="Which model answers")
    def health() -> Health:
        """Whether a model can be asked, and which one."""
        served, model = _loaded(source)
        return Health(status="ok", model=served, classes=list(model.classes))

    @api.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        return _refusal(422, "The body must be a JSON object with `text` as a string and nothing else, but it is not.")

    @api.exception_handler(FedvizError)
    def refused(request: Request, error: FedvizError) -> JSONResponse:
        return _refusal(422 if isinstance(error, InputError) else 503, str(error))

    @api.exception_handler(HTTPException)
    def unknown(request: Request, error: HTTPException) -> JSONResponse:
        return _refusal(error.status_code, "There is POST /predict, GET /health and GET /openapi.json, and nothing else.")

    @api.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> JSONResponse:
        return _refusal(500, _FAILED)

    return Guard(api, limits)


class Guard:
    """Lets through what is for this machine, small and not too often; what fails inside becomes a sentence without a trace."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._asked: deque[float] = deque()
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = False

        async def noted(message: Message) -> None:
            nonlocal told
            told = True
            await send(message)

        try:
            answer, body = await self._checked(scope, receive)
            if answer is not None:
                await answer(scope, receive, noted)
                return
            given = False

            async def again() -> Message:
                nonlocal given
                if given:
                    return await receive()
                given = True
                return {"type": "http.request", "body": body, "more_body": False}

            await self._app(scope, again, noted)
        except Exception:  # nothing of the text may reach a log by way of a traceback
            if not told:
                await _refusal(500, _FAILED)(scope, receive, send)

    async def _checked(self, scope: Scope, receive: Receive) -> tuple[JSONResponse | None, bytes]:
        """A refusal, or the whole body."""
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if headers.get(b"host", "").rpartition(":")[0] not in HOSTS and headers.get(b"host", "") not in HOSTS:
            return _refusal(400, f"A request must be for {' or '.join(HOSTS)}, but this one is for another name."), b""
        most, body = self._limits.body_bytes, bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > most:
                return _refusal(413, f"A request must have at most {most:,} bytes, but this one has more."), b""
            if not message.get("more_body"):
                break
        if scope["path"] == "/predict" and (wait := self._wait_s()):
            return _refusal(429, f"At most {self._limits.per_minute} predictions a minute are made; try again in {wait} s.", {"Retry-After": str(wait)}), b""
        return None, bytes(body)

    def _wait_s(self) -> int:
        """Seconds until one may ask again; 0 where one may, which is then counted."""
        now = time.monotonic()
        with self._lock:
            while self._asked and self._asked[0] <= now - _MINUTE_S:
                self._asked.popleft()
            if len(self._asked) >= self._limits.per_minute:
                return math.ceil(self._asked[0] + _MINUTE_S - now)
            self._asked.append(now)
        return 0


def _loaded(source: Source) -> tuple[ServedVersion, Predictor]:
    """The model that answers now; whatever keeps it from being loaded is no fault of the text."""
    try:
        return source()
    except InputError as error:
        raise RunError(str(error)) from None


def _prediction(text: str, served: ServedVersion, model: Predictor) -> Prediction:
    """The explanation as an answer: the same numbers as on the page Explain."""
    here = explain(model, text)
    if not all(map(math.isfinite, here.logits)):
        raise RunError("The model must answer with finite numbers, but this one does not: its training ran away.")
    parts = [
        Part(
            head=one.triple.head, relation=one.relation, tail=one.triple.tail, head_name=one.head_name, tail_name=one.tail_name,
            mention=None if one.mention is None else here.mentions[one.mention].surface, values=list(one.values),
        )
        for one in here.contributions
    ]  # fmt: skip
    return Prediction(
        predicted=here.classes[here.predicted], probability=here.probabilities[here.predicted], classes=list(here.classes), probabilities=list(here.probabilities),
        logits=list(here.logits), text_logits=list(here.text_logits), contributions=parts, model=served,
    )  # fmt: skip


def _refusal(code: int, sentence: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": sentence}, code, headers)
