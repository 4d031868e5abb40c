"""Where fish live and feed is kept: geographies, stations, halls, sea areas, containers and their sensors."""

from django.db import models


class Geography(models.Model):
    """A region the company farms in; feed, weather and lice pressure are shared within it."""

    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "geographies"
        constraints = [
            models.UniqueConstraint(fields=["name"], name="infrastructure_geography_name_key"),
        ]

    def __str__(self) -> str:
        return self.name


class AreaGroup(models.Model):
    """Sea areas that are spoken of together, such as those of a coast; groups of groups are a tree."""

    geography = models.ForeignKey("Geography", models.PROTECT, related_name="area_groups", db_index=False)
    parent = models.ForeignKey("self", models.PROTECT, related_name="children", null=True, blank=True)
    name = models.CharField(max_length=100)
    code = models.CharField(max_length=32, blank=True, default="")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["geography", "parent", "name"], name="uniq_area_group_geo_parent_name"),
        ]

    def __str__(self) -> str:
        return self.name


class TransportCarrier(models.Model):
    """A truck or a vessel that fish are moved in, in tanks of its own."""

    class CarrierType(models.TextChoices):
        TRUCK = "TRUCK"
        VESSEL = "VESSEL"

    geography = models.ForeignKey("Geography", models.PROTECT, related_name="transport_carriers")
    name = models.CharField(max_length=100)
    carrier_type = models.CharField(max_length=20, choices=CarrierType)
    capacity_m3 = models.DecimalField(max_digits=10, decimal_places=2)
    license_plate = models.CharField(max_length=32, blank=True, default="")
    imo_number = models.CharField(max_length=20, blank=True, default="")
    captain_contact = models.CharField(max_length=255, blank=True, default="")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], name="infrastructure_transportcarrier_name_key"),
        ]

    def __str__(self) -> str:
        return self.name


class Area(models.Model):
    """A stretch of sea with a permit and a biomass limit, in which net rings are moored."""

    geography = models.ForeignKey("Geography", models.PROTECT, related_name="areas")
    name = models.CharField(max_length=100)
    latitude = models.DecimalField(max_digits=9, decimal_places=6)
    longitude = models.DecimalField(max_digits=9, decimal_places=6)
    max_biomass = models.DecimalField(max_digits=12, decimal_places=2)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class FreshwaterStation(models.Model):
    """A hatchery or broodstock building on land, fed with fresh water, that holds halls."""

    class StationType(models.TextChoices):
        FRESHWATER = "FRESHWATER"
        BROODSTOCK = "BROODSTOCK"

    geography = models.ForeignKey("Geography", models.PROTECT, related_name="stations")
    name = models.CharField(max_length=100)
    station_type = models.CharField(max_length=20, choices=StationType, default=StationType.FRESHWATER)
    latitude = models.DecimalField(max_digits=9, decimal_places=6)
    longitude = models.DecimalField(max_digits=9, decimal_places=6)
    description = models.TextField(blank=True, default="")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class Hall(models.Model):
    """A room of a freshwater station whose containers share water and light."""

    freshwater_station = models.ForeignKey("FreshwaterStation", models.PROTECT, related_name="halls")
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, default="")
    area_sqm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class ContainerType(models.Model):
    """A kind of container, such as a smolt tank or a sea ring, with its largest volume."""

    class Category(models.TextChoices):
        TANK = "TANK"
        PEN = "PEN"
        TRAY = "TRAY"
        OTHER = "OTHER"

    name = models.CharField(max_length=100)
    category = models.CharField(max_length=20, choices=Category)
    max_volume_m3 = models.DecimalField(max_digits=10, decimal_places=2)
    description = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class Container(models.Model):
    """A tray, tank or net ring that holds fish, standing either in a hall or in a sea area."""

    area = models.ForeignKey("Area", models.PROTECT, related_name="containers", null=True, blank=True)
    container_type = models.ForeignKey("ContainerType", models.PROTECT, related_name="containers")
    hall = models.ForeignKey("Hall", models.PROTECT, related_name="containers", null=True, blank=True)
    name = models.CharField(max_length=100)
    volume_m3 = models.DecimalField(max_digits=10, decimal_places=2)
    max_biomass_kg = models.DecimalField(max_digits=10, decimal_places=2)
    active = models.BooleanField(default=True)
    feed_recommendations_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(models.Q(area__isnull=True) & models.Q(hall__isnull=False))
                | (models.Q(area__isnull=False) & models.Q(hall__isnull=True)),
                name="container_in_either_hall_or_area",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Sensor(models.Model):
    """A probe mounted in a container that measures one property of its water."""

    class SensorType(models.TextChoices):
        TEMPERATURE = "TEMPERATURE"
        OXYGEN = "OXYGEN"
        PH = "PH", "pH"
        SALINITY = "SALINITY"
        CO2 = "CO2", "CO2"
        OTHER = "OTHER"

    container = models.ForeignKey("Container", models.CASCADE, related_name="sensors")
    name = models.CharField(max_length=100)
    sensor_type = models.CharField(max_length=20, choices=SensorType)
    serial_number = models.CharField(max_length=100, blank=True, default="")
    manufacturer = models.CharField(max_length=100, blank=True, default="")
    installation_date = models.DateField(null=True, blank=True)
    last_calibration_date = models.DateField(null=True, blank=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class FeedContainer(models.Model):
    """A silo or barge from which the containers of a hall or sea area are fed."""

    class ContainerType(models.TextChoices):
        SILO = "SILO"
        BARGE = "BARGE"
        TANK = "TANK"
        OTHER = "OTHER"

    area = models.ForeignKey("Area", models.PROTECT, related_name="feed_containers", null=True, blank=True)
    hall = models.ForeignKey("Hall", models.PROTECT, related_name="feed_containers", null=True, blank=True)
    name = models.CharField(max_length=100)
    container_type = models.CharField(max_length=20, choices=ContainerType, default=ContainerType.SILO)
    capacity_kg = models.DecimalField(max_digits=10, decimal_places=2)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(models.Q(area__isnull=True) & models.Q(hall__isnull=False))
                | (models.Q(area__isnull=False) & models.Q(hall__isnull=True)),
                name="feed_container_in_either_hall_or_area",
            ),
        ]

    def __str__(self) -> str:
        return self.name
