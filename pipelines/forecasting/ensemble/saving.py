"""A fitted ensemble as plain values and lists of arrays, and back."""

from typing import Any

from ...evaluation.conformal import ErrorMemory
from ..saving import from_plain, to_plain
from .fitted import AGGREGATIONS, FittedEnsemble

KIND = "ensemble"


def ensemble_to_plain(fitted: FittedEnsemble) -> tuple[dict[str, Any], dict[str, list]]:
    """All members with their states, and the errors of their combination."""
    manifests: list[dict[str, Any]] = []
    arrays: dict[str, list] = {}
    for k, member in enumerate(fitted.members):
        manifest, own = to_plain(member)
        manifests.append(manifest)
        arrays |= {f"{name}-{k}": values for name, values in own.items()}
    arrays |= {"errors": fitted.errors.to_arrays(), "held_out": fitted.held_out.to_arrays()}
    return {"aggregation": fitted.aggregation, "members": manifests}, arrays


def ensemble_from_plain(manifest: dict[str, Any], arrays: dict[str, list]) -> FittedEnsemble:
    """The ensemble that `ensemble_to_plain` returned as plain values.

    Raises:
        KeyError, TypeError, ValueError: the values are of something else.
    """
    members = []
    for k, member in enumerate(manifest["members"]):
        ending = f"-{k}"
        own = {n.removesuffix(ending): v for n, v in arrays.items() if n.endswith(ending)}
        members.append(from_plain(member, own))
    if manifest["aggregation"] not in AGGREGATIONS or not members:
        raise ValueError("it has no members, or another aggregation")
    errors, held_out = (ErrorMemory.from_arrays(arrays[name]) for name in ("errors", "held_out"))
    shapes = {one.counts.shape for one in (errors, held_out, *(m.errors for m in members))}
    if len(shapes) > 1 or len({tuple(member.ids) for member in members}) > 1:
        raise ValueError("its members or errors are of other series or leads")
    first = members[0]
    same = (first.schema, first.last_times, first.fitted_until)
    if any((one.schema, one.last_times, one.fitted_until) != same for one in members):
        raise ValueError("its members have read other rows")
    return FittedEnsemble.of(members, manifest["aggregation"], errors, held_out)
