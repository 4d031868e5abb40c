"""The plants that slaughter: few for a geography, so that batches wait for each other, and closed at weekends."""

from collections import Counter
from dataclasses import dataclass, field

from datagen.case import Case


@dataclass
class Plants:
    """On which days of the record they work, and how many of them are taken: who asks first is served first."""

    count: int
    days_a_week: int
    first_weekday: int
    taken: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, case: Case) -> "Plants | None":
        """Those of a geography, if there are few."""
        spec = case.way.slaughter
        return None if spec is None else cls(spec.plants, spec.days_a_week, case.plan.first_day.weekday())

    def offered(self, wanted: int) -> int:
        """The first day from the wanted one on, on which they work and one is free."""
        day = wanted
        while (self.first_weekday + day) % 7 >= self.days_a_week or self.taken[day] >= self.count:
            day += 1
        return day

    def after(self, first: int, wanted: int) -> int:
        """The same in days after a first one."""
        return self.offered(first + wanted) - first
