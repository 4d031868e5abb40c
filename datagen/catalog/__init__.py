"""The company as data: one YAML file a subject, gathered in one typed and frozen tree."""

import hashlib
import json

from datagen.catalog.activities import Activities
from datagen.catalog.biology import Biology, Mortality, Water
from datagen.catalog.company import Company, Containers, Environment, Feeds, Grades, People, Sites
from datagen.catalog.finance import Finance
from datagen.catalog.health import Health, Lice, Treatments
from datagen.catalog.scenario import Scenarios, Suppliers
from datagen.catalog.spec import Spec


class Catalog(Spec):
    """A company; the field `sites` is read from `sites.yaml`, and so on: a further subject is a further line here."""

    company: Company
    sites: Sites
    containers: Containers
    environment: Environment
    feeds: Feeds
    grades: Grades
    people: People
    biology: Biology
    water: Water
    mortality: Mortality
    health: Health
    lice: Lice
    treatments: Treatments
    scenarios: Scenarios
    suppliers: Suppliers
    finance: Finance
    activities: Activities

    def content_hash(self) -> str:
        """A hash of the values, blind to comments, formatting and defaults written out."""
        values = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.blake2b(values.encode(), digest_size=16).hexdigest()


__all__ = ["Catalog"]
