"""The two ways in which a company lives, planned and lived: each is blocks that stand for a departure from the book."""

from typing import Literal

from datagen.catalog.spec import Spec
from datagen.catalog.ways.deaths import LivedMortality
from datagen.catalog.ways.living import Containers, Conversion, Currents, Halls, SeaAppetite, SeaGrowth, SingleFish
from datagen.catalog.ways.recording import Recording, SensorService
from datagen.catalog.ways.work import (
    Delousing,
    Grading,
    Mixing,
    Orders,
    Portions,
    Quality,
    SeaTransfer,
    Thinning,
    TransferPlans,
)

WayName = Literal["planned", "lived"]
Imperfections = Literal["none", "usual", "many"]


class Way(Spec):
    """A way to live; a block that is left out is off, and then costs nothing and draws nothing."""

    mortality: LivedMortality | None = None
    orders: Orders | None = None
    recording: Recording | None = None
    quality: Quality | None = None
    single_fish: SingleFish | None = None
    containers: Containers | None = None
    sea_growth: SeaGrowth | None = None
    sea_appetite: SeaAppetite | None = None
    conversion: Conversion | None = None
    delousing: Delousing | None = None
    slaughter: Portions | None = None
    transfer_plans: TransferPlans | None = None
    sea_transfer: SeaTransfer | None = None
    grading: Grading | None = None
    thinning: Thinning | None = None
    sensor_service: SensorService | None = None
    halls: Halls | None = None
    currents: Currents | None = None
    mixing: Mixing | None = None


class Ways(Spec):
    """The guide's own calendar, complete and exact, and a farm as it is lived."""

    planned: Way = Way()
    lived: Way = Way()
