"""Resources that nobody can be billed, or asked, for."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings
from prodready_constructs.evidence.assembly import Resource, flat


@functools.cache
def taggable_types() -> Mapping[str, str]:
    """Resource type -> the property with its tags (``tools/replacement_data.py`` writes the data)."""
    return json.loads((Path(__file__).parents[1] / "taggable.json").read_text())


def own_tags(resource: Resource) -> dict[str, str]:
    """The tags that *resource* has of itself, in whichever form its type wants them."""
    tags = resource.get(taggable_types().get(resource.type, "Tags"))
    if isinstance(tags, dict):
        return {key: flat(value) for key, value in tags.items()}
    return {str(tag.get("Key", tag.get("TagKey"))): flat(tag.get("Value", tag.get("TagValue"))) for tag in mappings(tags)}


def tags_of(resource: Resource) -> dict[str, str]:
    """All tags of *resource*, those of its stack among them."""
    return dict(resource.stack.tags) | own_tags(resource)


def _find(subject: Subject) -> Iterator[Hit]:
    wanted = set(subject.required_tags)
    for stack in subject.assembly.stacks:
        missing = wanted - set(stack.tags)
        if not missing:
            continue
        tagged = {one: missing - set(own_tags(one)) for one in stack.resources.values() if one.type in taggable_types()}
        # What no resource of the stack has is one mistake, not hundreds.
        everywhere = frozenset.intersection(*map(frozenset, tagged.values())) if tagged else frozenset()
        if everywhere:
            note = f"No resource of the stack has {', '.join(sorted(everywhere))}."
            yield Hit(path=stack.path, stack=stack, detail=",".join(sorted(everywhere)), note=note)
        for resource, lacking in tagged.items():
            if rest := sorted(lacking - everywhere):
                yield hit(resource, detail=",".join(rest), note=f"It has no tag {', '.join(rest)}.")


RULE = Rule(
    name="MissingTags",
    controls=("COST-2",),
    why="Nobody can say whose resource this is, what it costs whom, or which data it holds.",
    fix='Tags.of(app).add("owner", "...") for every required key, or tags= on the stack; guard(required_tags=...) says which are required',
    find=_find,
)
