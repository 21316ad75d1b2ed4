"""The published schemas that packages are generated from: where they are, how their scalars are mapped and sent."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from tests.support.executing import Wire, json_value, text

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Project:
    """A schema of the corpora with operations.

    Args:
        schema: below the corpora.
        operations: a folder below the corpora, or one of ours beside this file.
        least: how many operations there have to be.
        scalars: the target's mapping.
        wire: what the server sends for a scalar.
    """

    schema: str
    operations: str
    least: int
    scalars: Mapping[str, str]
    wire: Mapping[str, Wire] = field(default_factory=dict[str, Wire])

    def place(self, corpora: Path, root: Path) -> tuple[str, str]:
        """Make a project folder of links at `root`; gives the schema and the documents for a target."""
        own = HERE / self.operations
        root.mkdir()
        schema = f"schema{Path(self.schema).suffix}"
        (root / schema).symlink_to(corpora / self.schema)
        (root / "queries").symlink_to(own if own.is_dir() else corpora / self.operations)
        return schema, "queries/*.graphql"


def _moment(random: Random) -> datetime:
    return datetime(2015, 1, 1, tzinfo=UTC) + timedelta(seconds=random.randint(0, 10**9))


def moment(random: Random) -> str:
    """A date and time, in one of the spellings of RFC 3339."""
    when = _moment(random)
    if random.random() < 0.3:
        when = when.replace(microsecond=random.randint(0, 999) * 1000)
    written = when.isoformat()
    return written if random.random() < 0.3 else written.replace("+00:00", "Z")


def moment_with_offset(random: Random) -> str:
    """A date and time at some offset from UTC."""
    return _moment(random).isoformat().replace("+00:00", random.choice(["-07:00", "+05:30"]))


def day(random: Random) -> str:
    """A date."""
    return _moment(random).date().isoformat()


def decimal(random: Random) -> str:
    """A decimal number, as text."""
    return f"{random.randint(-(10**12), 10**12)}.{random.randint(0, 99):02}"


def decimal_number(random: Random) -> float:
    """A decimal number, as a number."""
    return random.randint(0, 10**6) / 100


def big(random: Random) -> int:
    """An integer, sometimes beyond 64 bits."""
    return random.choice([0, -5, 2**53 + 1, 2**63 - 1, 2**64 + 1, -(2**70)])


def big_text(random: Random) -> str:
    """An integer, as text."""
    return str(abs(big(random)))


def count(random: Random) -> int:
    """A small number."""
    return random.randint(0, 100)


def identifier(random: Random) -> str:
    """A UUID."""
    return str(UUID(int=random.getrandbits(128)))


def content(random: Random) -> str:
    """Bytes in base 64."""
    return b64encode(random.randbytes(random.randint(0, 9))).decode()


PROJECTS: Mapping[str, Project] = {
    "github": Project(
        "github/schema.graphql",
        "github",
        12,
        {
            "Base64String": "builtins.bytes",
            "BigInt": "graphwright.scalars.BigInt",
            "Date": "datetime.date",
            "DateTime": "datetime.datetime",
            "GitObjectID": "builtins.str",
            "GitTimestamp": "datetime.datetime",
            "HTML": "builtins.str",
            "PreciseDateTime": "datetime.datetime",
            "URI": "builtins.str",
        },
        {
            "Base64String": content,
            "BigInt": big_text,
            "Date": day,
            "DateTime": moment,
            "GitObjectID": text,
            "GitTimestamp": moment_with_offset,
            "HTML": text,
            "PreciseDateTime": moment,
            "URI": text,
        },
    ),
    "shopify": Project(
        "shopify-storefront/schema.json",
        "shopify",
        8,
        {
            "Color": "builtins.str",
            "DateTime": "datetime.datetime",
            "Decimal": "decimal.Decimal",
            "HTML": "builtins.str",
            "ISO8601DateTime": "datetime.datetime",
            "JSON": "graphwright.scalars.JSON",
            "URL": "builtins.str",
            "UnsignedInt64": "graphwright.scalars.BigInt",
        },
        {
            "Color": text,
            "DateTime": moment,
            "Decimal": decimal,
            "HTML": text,
            "ISO8601DateTime": moment,
            "JSON": json_value,
            "URL": text,
            "UnsignedInt64": big_text,
        },
    ),
    "saleor": Project(
        "saleor-storefront/schema.graphql",
        "saleor-storefront/queries",
        50,
        {
            "Date": "datetime.date",
            "DateTime": "datetime.datetime",
            "Decimal": "decimal.Decimal",
            "GenericScalar": "graphwright.scalars.JSON",
            "JSON": "graphwright.scalars.JSON",
            "JSONString": "builtins.str",
            "Metadata": "graphwright.scalars.JSON",
            "PositiveDecimal": "decimal.Decimal",
            "PositiveInt": "builtins.int",
            "UUID": "uuid.UUID",
            "Upload": "graphwright.scalars.Upload",
            "WeightScalar": "builtins.float",
        },
        {
            "Date": day,
            "DateTime": moment,
            "Decimal": decimal,
            "JSONString": text,
            "PositiveDecimal": decimal_number,
            "PositiveInt": count,
            "UUID": identifier,
            "WeightScalar": decimal_number,
        },
    ),
    "flyctl": Project(
        "flyctl/schema.graphql",
        "flyctl/queries",
        20,
        {
            "BigInt": "graphwright.scalars.BigInt",
            "ISO8601DateTime": "datetime.datetime",
            "JSON": "graphwright.scalars.JSON",
        },
        {"BigInt": big, "ISO8601DateTime": moment},
    ),
    "buildkite": Project(
        "buildkite/schema.graphql",
        "buildkite/queries",
        10,
        {
            "DateTime": "datetime.datetime",
            "JSInt": "builtins.int",
            "PipelineSelector": "builtins.str",
            "TeamSelector": "builtins.str",
            "UserSelector": "builtins.str",
            "XML": "builtins.str",
            "YAML": "builtins.str",
        },
        {
            "DateTime": moment,
            "JSInt": count,
            "PipelineSelector": text,
            "TeamSelector": text,
            "UserSelector": text,
            "XML": text,
            "YAML": text,
        },
    ),
}
