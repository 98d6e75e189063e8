"""What the REST service adds to a store: a part of the contract."""

from __future__ import annotations

from typing import Protocol

from beltline.store.answers import AnswerStore
from beltline.store.api_keys import ApiKeyStore
from beltline.store.bulk_actions import BulkActionStore
from beltline.store.revisions import RevisionStore
from beltline.store.subscriptions import SubscriptionStore
from beltline.store.totals import TotalStore


class ServiceStores(Protocol):
    """The verbs that only the service, and the command line in its place, use."""

    revisions: RevisionStore
    api_keys: ApiKeyStore
    answers: AnswerStore
    bulk_actions: BulkActionStore
    subscriptions: SubscriptionStore
    totals: TotalStore
