"""Subscriptions: who is told of the outcomes of jobs, and deliveries for trial."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response
from typing_extensions import TypedDict

from beltline.api.administration import WhyQuery
from beltline.api.answering import answer, tagged
from beltline.api.operation import Answered, Call, Handler, Operation, Query
from beltline.core.roles import Right
from beltline.core.subscription import Interest, shown_secret
from beltline.engine import subscriptions as engine
from beltline.wire.bodies import SubscriptionBody
from beltline.wire.requests import Act, RotateSecret, Subscribe
from beltline.wire.shapes import subscription_shape


class SubscriptionList(TypedDict):
    """All subscriptions of the namespace, oldest first."""

    items: list[SubscriptionBody]
    next: None
    total: int


class TestBody(TypedDict):
    """The job that delivers: its state and its result or error tell how that went."""

    job: str


async def list_subscriptions(call: Call[Query, None]) -> Response:
    """List who is told of what."""
    store = call.desk.store
    items = [subscription_shape(row, store.now()) for row in await store.subscriptions.page(call.namespace)]
    return answer({"items": items, "next": None, "total": len(items)})


async def get_subscription(call: Call[Query, None]) -> Response:
    """Show a subscription."""
    store = call.desk.store
    row = await engine.fetch(store, call.namespace, call.parts["subscription_id"])
    return tagged(call.request, subscription_shape(row, store.now()))


async def create_subscription(call: Call[Query, Subscribe]) -> Response:
    """Tell a URL of outcomes from now on."""
    given = call.body
    interest = Interest(
        events=tuple(dict.fromkeys(given.events)),
        definition=given.definition,
        queue=given.queue,
        labels=given.labels,
    )
    made = await engine.subscribe(
        call.desk.store,
        call.namespace,
        given.url,
        interest,
        actor=call.actor,
        random=call.desk.random,
        secret=given.secret,
        why=given.why,
    )
    return answer(_with_secret(call, made), 201)


async def rotate_secret(call: Call[Query, RotateSecret]) -> Response:
    """Make a new secret; the old one signs beside it for a while."""
    made = await engine.rotate(
        call.desk.store,
        call.namespace,
        call.parts["subscription_id"],
        actor=call.actor,
        random=call.desk.random,
        secret=call.body.secret,
        overlap=call.body.overlap,
    )
    return answer(_with_secret(call, made))


async def test_subscription(call: Call[Query, Act]) -> Response:
    """Deliver an event of type `test`."""
    job_id = await engine.deliver_test(
        call.desk.store, call.namespace, call.parts["subscription_id"], random=call.desk.random
    )
    shape: TestBody = {"job": job_id}
    return answer(shape, 201)


async def delete_subscription(call: Call[WhyQuery, None]) -> Response:
    """Tell no more."""
    store = call.desk.store
    row = await engine.unsubscribe(
        store, call.namespace, call.parts["subscription_id"], actor=call.actor, why=call.query.why
    )
    return answer(subscription_shape(row, store.now()))


def pausing(*, paused: bool) -> Handler:
    """Return the handler that pauses or resumes a subscription."""

    async def handle(call: Call[Query, Act]) -> Response:
        store = call.desk.store
        row = await engine.set_paused(
            store,
            call.namespace,
            call.parts["subscription_id"],
            paused=paused,
            actor=call.actor,
            why=call.body.why,
        )
        return answer(subscription_shape(row, store.now()))

    return handle


def _with_secret(call: Call[Any, Any], made: engine.MadeSubscription) -> SubscriptionBody:
    shape = subscription_shape(made.subscription, call.desk.store.now())
    return shape if made.secret is None else {**shape, "secret": shown_secret(made.secret)}


def _operation(name: str, method: str, path: str, summary: str, **rest: Any) -> Operation:
    return Operation(
        name=name,
        method=method,
        path=f"/subscriptions{path}",
        tag="subscriptions",
        summary=summary,
        right=Right.SUBSCRIBE,
        **rest,
    )


def _steered(verb: str, summary: str, *, paused: bool) -> Operation:
    return _operation(
        f"{verb}_subscription",
        "POST",
        f"/{{subscription_id}}/{verb}",
        summary,
        handler=pausing(paused=paused),
        body=Act,
        example={"why": "the receiver is being moved"},
        answered=Answered(type=SubscriptionBody, what="The subscription as it stands now."),
        refusals=(404, 409),
    )


OPERATIONS: Final = (
    _operation(
        "list_subscriptions",
        "GET",
        "",
        "List who is told of the outcomes of jobs.",
        handler=list_subscriptions,
        answered=Answered(type=SubscriptionList, what="All subscriptions, without their secrets."),
    ),
    _operation(
        "create_subscription",
        "POST",
        "",
        "Tell a URL of outcomes, signed. A secret that is drawn is in this answer and in no other.",
        handler=create_subscription,
        body=Subscribe,
        example={"url": "https://shop.example/hooks", "events": ["failed"], "secret": "env:SHOP_HOOK_SECRET"},
        answered=Answered(type=SubscriptionBody, status=201, what="The subscription with its secret."),
        replayable=False,
    ),
    _operation(
        "get_subscription",
        "GET",
        "/{subscription_id}",
        "Show a subscription.",
        handler=get_subscription,
        answered=Answered(type=SubscriptionBody, what="The subscription."),
        refusals=(304, 404),
    ),
    _operation(
        "rotate_subscription",
        "POST",
        "/{subscription_id}/rotate",
        "Make a new secret; the old one signs beside it for a while.",
        handler=rotate_secret,
        body=RotateSecret,
        example={"overlap": "24h"},
        answered=Answered(type=SubscriptionBody, what="The subscription with its new secret."),
        refusals=(404, 409),
        replayable=False,
    ),
    _operation(
        "test_subscription",
        "POST",
        "/{subscription_id}/test",
        "Deliver an event of type `test`.",
        handler=test_subscription,
        body=Act,
        example={"why": "after a change of the receiver"},
        answered=Answered(type=TestBody, status=201, what="The job that delivers it."),
        refusals=(404,),
    ),
    _steered("pause", "Tell nothing for now; what ends meanwhile is not told later.", paused=True),
    _steered("resume", "Tell again.", paused=False),
    _operation(
        "delete_subscription",
        "DELETE",
        "/{subscription_id}",
        "Tell no more; deliveries under way are cancelled.",
        handler=delete_subscription,
        query=WhyQuery,
        answered=Answered(type=SubscriptionBody, what="The subscription as it was."),
        refusals=(404, 409),
    ),
)
