"""The company as data: one YAML file a subject, gathered in one typed and frozen tree."""

import hashlib
import json

from datagen.catalog.activities import Activities
from datagen.catalog.biology import Biology, Mortality, Water
from datagen.catalog.books import Books
from datagen.catalog.broodstock import Broodstock
from datagen.catalog.company import Carriers, Company, Containers, Environment, Feeds, Grades, People, Sites
from datagen.catalog.finance import Finance
from datagen.catalog.health import Health, Lice, Treatments
from datagen.catalog.scenario import Scenarios, Suppliers
from datagen.catalog.spec import Spec
from datagen.catalog.ways import Ways


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
    ways: Ways = Ways()
    broodstock: Broodstock = Broodstock()
    carriers: Carriers = Carriers()
    books: Books = Books()

    def producing(self) -> list[str]:
        """Geographies in which fish are kept."""
        housed = {layout.name for layout in self.containers.station_layouts if any(hall.stage for hall in layout.halls)}
        used = {site.geography for site in self.sites.stations if site.in_production and site.layout in housed}
        used |= {site.geography for site in self.sites.areas if site.in_production}
        return [geography.name for geography in self.company.geographies if geography.name in used]

    def content_hash(self) -> str:
        """A hash of the values, blind to comments, formatting and defaults, written out or not."""
        values = json.dumps(self.model_dump(mode="json", exclude_defaults=True), sort_keys=True)
        return hashlib.blake2b(values.encode(), digest_size=16).hexdigest()


__all__ = ["Catalog"]
