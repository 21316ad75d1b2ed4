"""The rules that documents are checked by, one a file, and what runs them. It parses, grades and prints nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .validator import Validator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql.type import GraphQLSchema

    from ..config import Target
    from ..diagnostics import Diagnostic
    from ..documents import Document

__all__ = ["Validator", "validate"]


def validate(
    schema: GraphQLSchema, documents: Sequence[Document], target: Target, *, complete: bool = True
) -> list[Diagnostic]:
    """Check documents against a schema once, see `Validator.validate`."""
    return Validator(target).validate(schema, documents, complete=complete)
