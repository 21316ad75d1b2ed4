"""Flows: projects, versions of flows, archiving and schedules, as write transactions.

Deploying a name into a project again makes the next version of the same group and archives the ones before it. A
schedule is only switched on and off here: this server makes no runs from schedules.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import RowMapping

from .context import Write
from .flowdoc import FlowDocument, read_flow
from .problems import ApiError, NotFound
from .states import read_state, record_state
from .tables import table
from .values import JSONValue, dump_json, load_json, new_id

__all__ = [
    "archive_flow",
    "create_flow",
    "create_project",
    "delete_project",
    "find_flow",
    "set_schedule",
]


def create_project(write: Write, name: str, description: str | None) -> str:
    """Make a project and return its identifier.

    Raises:
        ApiError: the name is empty or taken.
    """
    projects = table("project")
    if not name:
        raise ApiError("A project needs a name.")
    taken = write.connection.execute(
        select(projects.c.id).where(projects.c.tenant_id == write.tenant, projects.c.name == name)
    ).first()
    if taken is not None:
        raise ApiError(f"Uniqueness violation. A project named {name!r} exists already.")
    project = new_id()
    write.connection.execute(
        insert(projects).values(
            id=project, tenant_id=write.tenant, name=name, description=description, **write.stamps
        )
    )
    return project


def delete_project(write: Write, project_id: str) -> None:
    """Remove a project with its flows and their runs.

    Raises:
        ApiError: there is no such project.
    """
    projects = table("project")
    gone = write.connection.execute(
        delete(projects).where(projects.c.id == project_id, projects.c.tenant_id == write.tenant)
    )
    if gone.rowcount == 0:
        raise NotFound(f"Project {project_id} was not found.")


def find_flow(write: Write, flow_id: str) -> RowMapping:
    """Return the row of a flow version of the writer's tenant.

    Raises:
        ApiError: there is none.
    """
    flows = table("flow")
    found = write.connection.execute(
        select(flows).where(flows.c.id == flow_id, flows.c.tenant_id == write.tenant)
    )
    row = found.mappings().first()
    if row is None:
        raise NotFound(f"Flow {flow_id} was not found.")
    return row


def _group(write: Write, project_id: str, name: str) -> str:
    """Return the version group of a name in a project, the newest one's, or a new one."""
    flows = table("flow")
    found: str | None = write.connection.execute(
        select(flows.c.version_group_id)
        .where(flows.c.project_id == project_id, flows.c.name == name)
        .order_by(flows.c.created.desc(), flows.c.version.desc())
    ).scalar()
    return found or new_id()


def create_flow(
    write: Write,
    *,
    project_id: str,
    serialized: JSONValue,
    schedule_active: bool,
    group: str | None,
    description: str | None,
) -> str:
    """Store a flow version with its tasks and edges, archive the versions before it, return its identifier.

    Args:
        write: the transaction.
        project_id: project to deploy into.
        serialized: the flow document.
        schedule_active: whether its schedule, if it has one, is to be on; it stays off where required
            parameters have no default.
        group: version group to join; that of the same name in the project unless given.
        description: what the flow does; the document's own unless given.

    Raises:
        ApiError: no such project, or the document does not hold together.
    """
    projects, flows = table("project"), table("flow")
    owned = projects.c.tenant_id == write.tenant
    if (
        write.connection.execute(
            select(projects.c.id).where(projects.c.id == project_id, owned)
        ).first()
        is None
    ):
        raise NotFound(f"Project {project_id} was not found.")
    flow = read_flow(serialized)
    group_id = group or _group(write, project_id, flow.name)
    in_group = (flows.c.tenant_id == write.tenant, flows.c.version_group_id == group_id)
    last: int | None = write.connection.execute(
        select(func.max(flows.c.version)).where(*in_group)
    ).scalar()
    earlier = write.connection.execute(
        select(flows.c.id).where(*in_group, flows.c.archived.is_(False))
    ).scalars()
    for flow_id in earlier.all():
        archive_flow(write, flow_id)
    flow_id = new_id()
    active = schedule_active and flow.schedule is not None and not flow.unfilled
    document = flow.document

    def stored(key: str) -> str | None:
        value = document.get(key)
        return None if value is None else dump_json(value)

    write.connection.execute(
        insert(flows).values(
            id=flow_id,
            tenant_id=write.tenant,
            project_id=project_id,
            version_group_id=group_id,
            version=(last or 0) + 1,
            name=flow.name,
            description=flow.description if description is None else description,
            archived=False,
            core_version=flow.core_version,
            environment=stored("environment"),
            storage=stored("storage"),
            parameters=stored("parameters") or "[]",
            serialized_flow=dump_json(document),
            schedule=stored("schedule"),
            is_schedule_active=active,
            **write.stamps,
        )
    )
    _store_graph(write, flow_id, flow)
    return flow_id


def _store_graph(write: Write, flow_id: str, flow: FlowDocument) -> None:
    ids = {task.slug: new_id() for task in flow.tasks}
    below = {edge.downstream for edge in flow.edges}
    above = {edge.upstream for edge in flow.edges}
    mapped = {edge.downstream for edge in flow.edges if edge.mapped}
    common: dict[str, Any] = {"tenant_id": write.tenant, "flow_id": flow_id, **write.stamps}
    if flow.tasks:
        write.connection.execute(
            insert(table("task")),
            [
                {
                    "id": ids[task.slug],
                    "name": task.name,
                    "slug": task.slug,
                    "description": task.description,
                    "type": task.type,
                    "max_retries": task.max_retries,
                    "retry_delay": task.retry_delay,
                    "trigger": task.trigger,
                    "mapped": task.slug in mapped,
                    "auto_generated": task.auto_generated,
                    "cache_key": task.cache_key,
                    "is_root_task": task.slug not in below,
                    "is_terminal_task": task.slug not in above,
                    "is_reference_task": task.slug in flow.reference_slugs,
                    "tags": dump_json(task.tags),
                    **common,
                }
                for task in flow.tasks
            ],
        )
    if flow.edges:
        write.connection.execute(
            insert(table("edge")),
            [
                {
                    "id": new_id(),
                    "upstream_task_id": ids[edge.upstream],
                    "downstream_task_id": ids[edge.downstream],
                    "key": edge.key,
                    "mapped": edge.mapped,
                    **common,
                }
                for edge in flow.edges
            ],
        )


def archive_flow(write: Write, flow_id: str) -> None:
    """Retire a flow version: its runs made from a schedule go, other scheduled ones are cancelled.

    Raises:
        ApiError: there is no such flow.
    """
    flow = find_flow(write, flow_id)
    flows, runs = table("flow"), table("flow_run")
    write.connection.execute(
        update(flows)
        .where(flows.c.id == flow["id"])
        .values(archived=True, is_schedule_active=False, updated=write.now)
    )
    _drop_scheduled(write, flow_id)
    waiting = write.connection.execute(
        select(runs).where(runs.c.flow_id == flow_id, runs.c.state == "Scheduled")
    )
    message = "The flow was archived before this run started."
    document: JSONValue = {"type": "Cancelled", "message": message}
    state = read_state(document, write.now, write.settings.limits.state_bytes)
    for run in waiting.mappings().all():
        record_state(write, "flow_run", run, state)


def _drop_scheduled(write: Write, flow_id: str) -> None:
    runs = table("flow_run")
    write.connection.execute(
        delete(runs).where(
            runs.c.flow_id == flow_id, runs.c.auto_scheduled, runs.c.state == "Scheduled"
        )
    )


def set_schedule(write: Write, flow_id: str, active: bool) -> bool:
    """Switch a flow's schedule; return whether it has one.

    Raises:
        ApiError: no such flow, it is archived, or required parameters have no default.
    """
    flow = find_flow(write, flow_id)
    if flow["schedule"] is None:
        return False
    if active:
        if flow["archived"]:
            raise ApiError(f"Flow {flow_id} is archived; its schedule cannot be switched on.")
        unfilled = read_flow(load_json(flow["serialized_flow"])).unfilled
        if unfilled:
            raise ApiError(
                f"The schedule of flow {flow_id} cannot be switched on: these required parameters "
                f"have no default: {', '.join(unfilled)}"
            )
    else:
        _drop_scheduled(write, flow_id)
    flows = table("flow")
    write.connection.execute(
        update(flows)
        .where(flows.c.id == flow_id)
        .values(is_schedule_active=active, updated=write.now)
    )
    return True
