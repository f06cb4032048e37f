"""The engine's half for rules that hide conflicts."""

from collections.abc import Collection

from inspector.catalog import conflicts as conflict_rows
from inspector.catalog import decisions as decision_rows
from inspector.catalog import ignore_rules as rule_rows
from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.database import Database
from inspector.engine.standing import known_storage
from inspector.model.errors import UsageError
from inspector.model.ignore_rules import IgnoreRule, check_rule
from inspector.model.kinds import KINDS


class HidingRules:
    """The rules of one catalog that hide conflicts. Front ends reach it as a part of `engine.repairs`."""

    _database: Database

    def ignore_rules(self, storage_ids: Collection[str] | None = None) -> list[IgnoreRule]:
        """The rules for these storages, those for all storages included; every rule where None. Oldest first."""
        return rule_rows.ignore_rules(self._database.connection, storage_ids)

    def ignored_by_rule(self) -> dict[int, int]:
        """How many conflicts each rule hides, by the rule's id; one that hides none is left out."""
        return rule_rows.hidden_by(self._database.connection)

    def rule_of(self, conflict_id: str) -> IgnoreRule | None:
        """The rule that hides a conflict, or None where none does."""
        return rule_rows.rule_of(self._database.connection, conflict_id)

    def count_ignorable(self, rule: IgnoreRule) -> int:
        """How many open conflicts a rule would hide, to be said before it is made.

        Raises:
            UsageError: where the rule says nothing, or its pattern cannot be read.
        """
        check_rule(rule)
        storages = (rule.storage_id,) if rule.storage_id is not None else None
        chosen = ConflictFilter(storages, (rule.kind,) if rule.kind else ())
        connection = self._database.connection
        open_ones = [one.id for one in conflict_rows.all_conflicts(connection, chosen) if rule.hides(one)]
        return len(open_ones) - len(decision_rows.staged_of(connection, open_ones))

    def count_spared(self, rule: IgnoreRule) -> int:
        """How many open conflicts a rule leaves as they may mean lost data, and it does not name their kind."""
        chosen = ConflictFilter((rule.storage_id,) if rule.storage_id is not None else None)
        return sum(map(rule.spares, conflict_rows.all_conflicts(self._database.connection, chosen)))

    def add_ignore_rule(self, rule: IgnoreRule) -> IgnoreRule:
        """Make a rule and hide the conflicts that it is about, now and after every scan; returns it with its id.

        Conflicts with a staged decision stay open until that is withdrawn. A rule that is there already stays as it is.

        Raises:
            UsageError: where the rule says nothing, its pattern cannot be read, or its storage or kind is not known.
        """
        check_rule(rule)
        if rule.storage_id is not None:
            known_storage(self._database, rule.storage_id)
        if rule.kind and rule.kind not in KINDS:
            raise UsageError(f"'{rule.kind}' is no kind of conflict", advice="'inspector check --help' tells more.")
        with self._database.transaction() as connection:
            return rule_rows.add_rule(connection, rule)

    def remove_ignore_rule(self, identity: int) -> IgnoreRule:
        """Forget a rule, which is returned; what it alone hides is open again.

        Raises:
            UsageError: where there is none of this id.
        """
        with self._database.transaction() as connection:
            rule = rule_rows.ignore_rule(connection, identity)
            if rule is None:
                raise UsageError(f"no rule is known as {identity}", advice="'inspector ignore --list' lists them.")
            rule_rows.drop_rule(connection, identity)
        return rule
