"""Commands of a runbook as they can be pasted: what only a deployment knows becomes a shell variable that a first command fills."""

from __future__ import annotations

import re
import shlex
from typing import Any

from prodready_constructs.evidence.assembly import Assembly, StackTemplate

_HASH = re.compile(r"[0-9A-F]{8}$")
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
#: What a shell would read something into between double quotes.
_IN_DOUBLE_QUOTES = re.compile(r'[\\\\"$`]')
_SUBSTITUTION = re.compile(r"\$\{(!?)([A-Za-z0-9:.]+)\}")


class Shell:
    """One page's commands: resolves values of the assembly's metadata, and gathers the commands that fill the variables.

    Args:
        assembly: all stacks, for references between them.
        home: the stack of the construct the page is about; a logical id is looked for there first.
        near: the stack that recorded the page, looked at next.
    """

    def __init__(self, assembly: Assembly, home: StackTemplate, near: StackTemplate) -> None:
        others = [stack for stack in assembly.stacks if stack not in (home, near)]
        self._stacks = (home, near, *others)
        self._home = home
        #: Source of a value -> its variable; the command that fills each variable, in order.
        self._variables: dict[str, str] = {}
        self._fills: list[str] = []

    @property
    def preamble(self) -> list[str]:
        """Commands that fill the variables used so far; the first one says which region they speak to."""
        region = (
            f"export AWS_REGION={self._home.region}"
            if self._home.region
            else "export AWS_REGION=${AWS_REGION:?set it to the region of the stack}"
        )
        return [region, *self._fills]

    def text(self, value: Any) -> str:
        """*value* as one command or sentence: literal where known, ``${VARIABLE}`` where only the deployment knows."""
        parts = self._parts(value)
        written = ""
        for literal, part in parts:
            if literal:
                written += part
            else:
                # A variable does not expand between single quotes: leave them for its length.
                written += f"'\"{part}\"'" if _in_single_quotes(written) else part
        return written

    def word(self, value: Any) -> str:
        """*value* as exactly one word of a command, whatever is in it: spaces, quotes, dollar signs."""
        parts = self._parts(value)
        if all(literal for literal, _ in parts):
            return shlex.quote("".join(part for _, part in parts))
        return '"' + "".join(_IN_DOUBLE_QUOTES.sub(r"\\\g<0>", part) if literal else part for literal, part in parts) + '"'

    def _parts(self, value: Any) -> list[tuple[bool, str]]:
        if isinstance(value, list):
            return [part for item in value for part in self._parts(item)]
        if not isinstance(value, dict):
            return [(True, str(value))]
        if len(value) != 1:
            return [(True, str(value))]
        ((function, argument),) = value.items()
        if function == "Fn::Join":
            joined: list[tuple[bool, str]] = []
            for index, item in enumerate(argument[1]):
                joined += [(True, argument[0])] if index and argument[0] else []
                joined += self._parts(item)
            return joined
        if function == "Fn::Sub":
            return self._substituted(argument)
        return [self._reference(function, argument)]

    def _substituted(self, argument: Any) -> list[tuple[bool, str]]:
        text, names = (argument, {}) if isinstance(argument, str) else argument
        parts: list[tuple[bool, str]] = []
        end = 0
        for match in _SUBSTITUTION.finditer(text):
            parts.append((True, text[end : match.start()]))
            end = match.end()
            literal, name = match.groups()
            if literal:
                parts.append((True, f"${{{name}}}"))
            elif name in names:
                parts += self._parts(names[name])
            elif "." in name:
                parts.append(self._reference("Fn::GetAtt", name.split(".", 1)))
            else:
                parts.append(self._reference("Ref", name))
        return [*parts, (True, text[end:])]

    def _reference(self, function: str, argument: Any) -> tuple[bool, str]:
        if function == "Ref":
            return self._pseudo(argument) if str(argument).startswith("AWS::") else (False, self._physical(str(argument)))
        if function == "Fn::GetAtt":
            logical_id, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
            return False, self._attribute(str(logical_id), str(attribute))
        if function == "Fn::GetStackOutput":
            stack, output = argument["StackName"], argument["OutputName"]
            region = f" --region {argument['Region']}" if argument.get("Region") else ""
            query = f"Stacks[0].Outputs[?OutputKey==`{output}`].OutputValue"
            fill = f"$(aws cloudformation describe-stacks{region} --stack-name {stack} --query '{query}' --output text)"
            return False, self._variable(_words(output), fill)
        if function == "Fn::ImportValue":
            name = self.text(argument)
            fill = f"$(aws cloudformation list-exports --query 'Exports[?Name==`{name}`].Value' --output text)"
            return False, self._variable(_words(name), fill)
        if function == "Fn::Select" and isinstance(argument[1], dict) and "Fn::Split" in argument[1]:
            delimiter, whole = argument[1]["Fn::Split"]
            source = self.text(whole)
            fill = f"$(echo \"{source}\" | awk -F '{delimiter}' '{{print ${int(argument[0]) + 1}}}')"
            return False, self._variable(f"{_words(source)}_PART_{int(argument[0]) + 1}", fill)
        return False, self._variable("LOOK_UP", f"'...'  # {function}: look it up in the console")

    def _pseudo(self, name: str) -> tuple[bool, str]:
        home = self._home
        region = home.region or ""
        known = {
            "AWS::StackName": home.name,
            "AWS::Region": region,
            "AWS::AccountId": home.account,
            "AWS::Partition": {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws"),
            "AWS::URLSuffix": "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com",
        }.get(name)
        if known:
            return True, known
        if name == "AWS::Region":
            return False, "${AWS_REGION}"
        if name == "AWS::AccountId":
            return False, self._variable("ACCOUNT", "$(aws sts get-caller-identity --query Account --output text)")
        fill = f"$(aws cloudformation describe-stacks --stack-name {home.name} --query 'Stacks[0].StackId' --output text)"
        return False, self._variable("STACK_ID", fill)

    def _owner(self, logical_id: str) -> StackTemplate:
        """The stack that has *logical_id*: a reference across stacks is written in metadata as if it were a local one."""
        return next((stack for stack in self._stacks if logical_id in stack.resources), self._home)

    def _physical(self, logical_id: str) -> str:
        owner = self._owner(logical_id)
        name = _words(_HASH.sub("", logical_id))
        if logical_id in owner.template.get("Parameters", {}):
            query = f"Stacks[0].Parameters[?ParameterKey==`{logical_id}`].ParameterValue"
            return self._variable(name, f"$(aws cloudformation describe-stacks{self._at(owner)} --query '{query}' --output text)")
        return self._variable(
            name,
            f"$(aws cloudformation describe-stack-resource{self._at(owner)} --logical-resource-id {logical_id} "
            "--query StackResourceDetail.PhysicalResourceId --output text)",
        )

    def _attribute(self, logical_id: str, attribute: str) -> str:
        physical = self._physical(logical_id)
        owner = self._owner(logical_id)
        kind = owner.resources[logical_id].type if logical_id in owner.resources else "UNKNOWN"
        region = f" --region {owner.region}" if owner.region != self._home.region and owner.region else ""
        return self._variable(
            f"{physical[2:-1]}_{_words(attribute)}",
            f'$(aws cloudcontrol get-resource{region} --type-name {kind} --identifier "{physical}" '
            f"--query ResourceDescription.Properties --output text | jq -r '.{attribute}')",
        )

    def _at(self, stack: StackTemplate) -> str:
        region = f" --region {stack.region}" if stack.region != self._home.region and stack.region else ""
        return f"{region} --stack-name {stack.name}"

    def _variable(self, name: str, fill: str) -> str:
        if fill not in self._variables:
            taken = set(self._variables.values())
            wanted, number = name, 2
            while wanted in taken:
                wanted, number = f"{name}_{number}", number + 1
            self._variables[fill] = wanted
            self._fills.append(f"{wanted}={fill}")
        return f"${{{self._variables[fill]}}}"


def _words(name: str) -> str:
    """``OrdersInstance`` as ``ORDERS_INSTANCE``."""
    return "_".join(_WORDS.findall(name)).upper() or "VALUE"


def _in_single_quotes(command: str) -> bool:
    """Whether a shell that has read *command* is between single quotes."""
    single = double = False
    for character in command:
        if character == "'" and not double:
            single = not single
        elif character == '"' and not single:
            double = not double
    return single
