"""The rules file: what it may say, and what is wrong with one."""

from unifier.rules.rules import (
    Action,
    IdentifierRule,
    Playbook,
    Rules,
    RulesError,
    Steps,
    default_rules,
    load_model,
    load_rules,
)

__all__ = [
    "Action",
    "IdentifierRule",
    "Playbook",
    "Rules",
    "RulesError",
    "Steps",
    "default_rules",
    "load_model",
    "load_rules",
]
