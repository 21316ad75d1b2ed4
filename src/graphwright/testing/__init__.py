"""For tests of code that uses a generated client: made-up results, and a transport that sends nothing.

Fixtures for pytest are in `graphwright.testing.pytest_plugin`; nothing else here needs pytest.
"""

from .answers import Answer, Call, MockAnswer, OperationKey, Script
from .faking import fake
from .mock import MockTransport, UnexpectedCall

__all__ = [
    "Answer",
    "Call",
    "MockAnswer",
    "MockTransport",
    "OperationKey",
    "Script",
    "UnexpectedCall",
    "fake",
]
