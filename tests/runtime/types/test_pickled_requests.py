"""Requests outlive pickling: they are equal, and sent as before, whether they were used or not."""

from __future__ import annotations

import copy
import pickle

import pytest

from graphwright import Operation
from tests.runtime.client import operations
from tests.runtime.client.operations import GetIssue, get_issue


@pytest.mark.parametrize("used", [False, True])
def test_a_request_is_what_it_was(used: bool) -> None:
    request = get_issue(id="7")
    body = request.body() if used else get_issue(id="7").body()
    for again in (pickle.loads(pickle.dumps(request)), copy.deepcopy(request), copy.copy(request)):
        assert again == request
        assert again.operation is request.operation
        assert again.body() == body


def test_a_request_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pickled = pickle.dumps(get_issue(id="7"))
    changed = Operation(GetIssue, "other", "query GetIssue($id:ID!){issue(id:$id){id}}")
    monkeypatch.setattr(operations, "_GET_ISSUE", changed)
    with pytest.raises(pickle.UnpicklingError, match="another version of that module"):
        pickle.loads(pickled)
