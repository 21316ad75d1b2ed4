"""A made-up project over GitHub's schema: 128 files on eight topics, valid against the schemas of 2018 and of today."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CONFIGURATION", "FILES", "PER_TOPIC", "file_name", "write_project"]

FILES = 128

CONFIGURATION = """\
[tool.graphwright]
schema = "schema.graphql"
documents = "queries/**/*.graphql"
output = "api"

[tool.graphwright.scalars]
DateTime = "datetime.datetime"
GitObjectID = "str"
HTML = "str"
URI = "str"
"""

_PAGE = "totalCount pageInfo { hasNextPage endCursor }"
_ACTOR = "author { login avatarUrl }"
_TOPICS = {
    "issues": f"""\
    issues(first: $first, after: $after, states: [OPEN], orderBy: {{field: CREATED_AT, direction: DESC}}) {{
      {_PAGE}
      nodes {{ ...Part%d number title state createdAt url {_ACTOR}
        labels(first: 5) {{ nodes {{ name color }} }}
        milestone {{ title dueOn }} assignees(first: 3) {{ nodes {{ login name }} }} }}
    }}""",
    "pull_requests": f"""\
    pullRequests(first: $first, after: $after) {{
      {_PAGE}
      nodes {{ ...Part%d number title merged additions deletions headRefName {_ACTOR}
        mergeCommit {{ oid message }} reviews(first: 2) {{ nodes {{ state body submittedAt {_ACTOR} }} }} }}
    }}""",
    "milestones": f"""\
    milestones(first: $first, after: $after) {{
      {_PAGE}
      nodes {{ ...Part%d number title description dueOn state creator {{ login }}
        issues(first: 1) {{ totalCount }} }}
    }}""",
    "releases": f"""\
    releases(first: $first, after: $after) {{
      {_PAGE}
      nodes {{ ...Part%d name description isDraft isPrerelease publishedAt url
        author {{ login name }} releaseAssets(first: 4) {{ nodes {{ name downloadCount size url }} }} }}
    }}""",
    "labels": f"""\
    labels(first: $first, after: $after) {{
      {_PAGE}
      nodes {{ ...Part%d name color issues(first: 1) {{ totalCount nodes {{ title url }} }} }}
    }}""",
    "commits": f"""\
    defaultBranchRef {{ name target {{ oid
      ... on Commit {{ ...Part%d messageHeadline committedDate
        history(first: $first, after: $after) {{ {_PAGE}
          nodes {{ oid message author {{ name email date user {{ login }} }} }} }} }}
      ... on Tag {{ name message }} }} }}""",
    "stars": f"""\
    stargazers(first: $first, after: $after) {{
      {_PAGE}
      edges {{ starredAt cursor node {{ ...Part%d login name bio company location websiteUrl }} }}
    }}""",
    "forks": f"""\
    forks(first: $first, after: $after) {{
      {_PAGE}
      nodes {{ ...Part%d name nameWithOwner isPrivate pushedAt primaryLanguage {{ name color }}
        owner {{ login url ... on User {{ name }} ... on Organization {{ name email }} }} }}
    }}""",
}
_PARTS = {
    "issues": "Issue {{ id body closed }}",
    "pull_requests": "PullRequest {{ id body closed mergeable }}",
    "milestones": "Milestone {{ id createdAt closedAt }}",
    "releases": "Release {{ id createdAt tag {{ name }} }}",
    "labels": "Label {{ id url createdAt }}",
    "commits": "Commit {{ id abbreviatedOid changedFiles status {{ state }} }}",
    "stars": "User {{ id createdAt followers {{ totalCount }} }}",
    "forks": "Repository {{ id createdAt forkCount licenseInfo {{ name spdxId }} }}",
}
PER_TOPIC = FILES // len(_TOPICS)


def file_name(topic: str, number: int) -> str:
    """The file of a topic, `number` from 0 to below `PER_TOPIC`, without its ending."""
    return f"{topic}_{list(_TOPICS).index(topic) * PER_TOPIC + number:03}"


def write_project(root: Path, schema: str) -> None:
    """Write the whole project, with this schema."""
    (root / "queries").mkdir(parents=True)
    (root / "pyproject.toml").write_text(CONFIGURATION)
    (root / "schema.graphql").write_text(schema)
    for place, (topic, selection) in enumerate(_TOPICS.items()):
        for at in range(PER_TOPIC):
            number = place * PER_TOPIC + at
            text = (
                f"query Load{number}($owner: String!, $name: String!, $first: Int = 20, $after: String) {{\n"
                f"  repository(owner: $owner, name: $name) {{\n    id nameWithOwner createdAt url isPrivate\n"
                f"{selection % number}\n  }}\n  viewer {{ login email }}\n}}\n\n"
                f"fragment Part{number} on {_PARTS[topic].format()}\n"
            )
            (root / f"queries/{file_name(topic, at)}.graphql").write_text(text)
