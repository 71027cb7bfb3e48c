"""Fictional states of known truth, and repeated surveys of them: the material of the coverage study."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely
from coverage_summary import FUSED_DIMENSIONS

from fusion_core.demo import BLOCK, PAIR, ready_made
from fusion_core.demo.build import write_geography
from fusion_core.demo.samples.codebook import FUSION_QUESTIONS
from fusion_core.demo.samples.donor import donor_weights, draw_donor
from fusion_core.demo.samples.recipient import draw_recipient
from fusion_core.demo.world._boundaries import KILOMETRE, draw_state
from fusion_core.demo.world.places import Places, make_places
from fusion_core.demo.world.population import Population, populate
from fusion_core.demo.world.settings import DemoSize, stream
from fusion_core.estimates import Statistic, survey_estimates
from fusion_core.fusion import TrainSettings, fuse, read_implicates, train, write_implicates
from fusion_core.geography.spatial import read_spatial_tables
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.prepare import choose_predictors
from fusion_core.prepare.assemble import assemble
from fusion_core.workspace.layout import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_core.fusion import Implicates
    from fusion_core.surveys.model import Survey
    from fusion_core.surveys.weight_design import WeightDesign

SIZE: Final = DemoSize((5, 3), 12, 96_000, 5_000, 2_000)
IMPLICATES: Final = 20
# Boosting in few, large steps: a repeat takes seconds. What it costs in accuracy, margins must cover.
SETTINGS: Final = TrainSettings.preset("quick").replace(
    learning_rate=0.25, early_stopping_rounds=8, quantiles=(0.25, 0.75)
)
MINIMUM_SIMILARITY: Final = 0.8
FUSED: Final = ("sqft", "main_ac", "gas_therms", "elec_kwh", BLOCK, "insecure")
FLAT: Final = tuple(
    name for item in FUSED for name in (item if isinstance(item, tuple) else (item,))
)
DIMENSIONS: Final = ("puma", "state", "region", "income", "tenure", "race", "size", "home")
"""What the groups are formed by: areas first, then kinds of households in the whole state."""
STATISTICS: Final = (
    Statistic("mean", "sqft"),
    Statistic("median", "sqft"),
    Statistic("mean", "elec_kwh"),
    Statistic("total", "elec_kwh"),
    Statistic("median", "elec_kwh"),
    Statistic("ratio", "elec_kwh", denominator="sqft"),
    Statistic("share_above", "elec_kwh", threshold=15_000),
    Statistic("mean", "gas_therms"),
    Statistic("total", "gas_therms"),
    Statistic("share_above", "gas_therms", threshold=0),
    Statistic("share", "main_ac"),
    Statistic("count", "main_ac", level="Central air conditioning"),
    Statistic("share", "insecure", level="Yes"),
    *(Statistic("mean", name) for name in BLOCK),
)


def statistics_within(columns: tuple[str, ...]) -> list[Statistic]:
    """Return the statistics that say something of groups formed by these columns."""
    return [item for item in STATISTICS if item.variable not in columns]


def group_label(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.Series[str]:
    """Return one text per row of a table that names its group."""
    return table[list(columns)].astype(str).agg(" | ".join, axis=1)


_UNSEEN: Final = ("kwh_effect", "gas_effect", "insecure_effect")


@dataclass(frozen=True, slots=True)
class WorldPlan:
    """One fictional state to study.

    Attributes
    ----------
    name
        Short name, also of its files.
    seed
        Seed of the state, and by another stream of the surveys.
    climate_inside
        Whether climate and prices vary inside the regions the donor publishes.
    purpose
        What the world is for, in words.
    spatial
        Whether areas have predictors of their own: climate, prices, density.
    stacked
        Whether implicates are drawn as production does, not as `quick`.
    """

    name: str
    seed: int
    climate_inside: bool
    purpose: str
    spatial: bool = True
    stacked: bool = False

    @property
    def drawn_stacked(self) -> WorldPlan:
        """The same state and surveys, with implicates drawn as production does."""
        return dataclasses.replace(
            self,
            name=f"{self.name}, stacked",
            purpose=f"as “{self.name}”, drawn as production does",
            stacked=True,
        )

    @property
    def withheld(self) -> WorldPlan:
        """The same state and surveys, with the predictors of areas withheld."""
        return dataclasses.replace(
            self,
            name=f"{self.name}, withheld",
            purpose=f"as “{self.name}”, the predictors of areas withheld",
            spatial=False,
        )


_STATES: Final = (
    WorldPlan("development", 20240601, False, "used while the margins were worked out"),
    WorldPlan(
        "held-out",
        7_310_902,
        False,
        "another state; how earlier margins did in it was known, but every choice was made in the first",
    ),
    WorldPlan("fresh", 5_921_847, False, "a state drawn when the margins were settled"),
    WorldPlan(
        "climate-inside",
        4_480_115,
        True,
        "a state whose climate and prices vary inside the regions the donor publishes",
    ),
)
STACKED: Final = tuple(plan.drawn_stacked for plan in (_STATES[2], _STATES[3]))
"""States of neither kind of choice, drawn as production does: one with climate inside regions."""
WORLDS: Final = {
    plan.name: plan
    for plan in (*(plan for state in _STATES for plan in (state, state.withheld)), *STACKED)
}


@dataclass(frozen=True)
class World:
    """A state with its truth and a workspace for its harmonies and geography.

    Attributes
    ----------
    plan, population, workspace
        As named.
    home_region
        Region that holds most of each PUMA.
    """

    plan: WorldPlan
    population: Population
    workspace: Workspace
    home_region: dict[str, str]

    @classmethod
    def build(cls, plan: WorldPlan, folder: Path) -> World:
        """Build the state; its workspace is written to an empty folder."""
        outline = draw_state(SIZE, stream(plan.seed, "boundaries"))
        places = make_places(SIZE, outline, plan.seed)
        if plan.climate_inside:
            places = with_climate_inside(places, plan.seed)
        population = populate(places, plan.seed)
        workspace = Workspace.create(folder, title="Coverage study", synthetic=True)
        write_geography(workspace, places)
        HarmonyStore(folder, PAIR).save_all(ready_made(), author="study")
        largest = places.intersections.sort_values("share").drop_duplicates("puma", keep="last")
        return cls(
            plan, population, workspace, dict(zip(largest.puma, largest.region, strict=True))
        )

    def unseen(self) -> pd.DataFrame:
        """Return `truth` with `unseen`: by how much areas differ for reasons no predictor shows.

        The state is populated again by the same random numbers, without the effects of areas that
        belong to no predictor; a shift of all areas alike is taken out, for it can be learned.
        """
        table = self.population.places.table
        places = dataclasses.replace(
            self.population.places, table=table.assign(**dict.fromkeys(_UNSEEN, 0.0))
        )
        without = dataclasses.replace(self, population=populate(places, self.plan.seed)).truth()
        truth = self.truth()
        cell = ["dimension", "group", "variable", "level", "statistic"]
        other = truth[cell].merge(without[[*cell, "value"]], on=cell, how="left", validate="1:1")
        # A rare kind of household that only one of the two states has was not moved by anything known.
        moved = (truth["value"] - other["value"]).fillna(0.0)
        alike = [truth[name] for name in ("dimension", "variable", "level", "statistic")]
        return truth.assign(unseen=moved - moved.groupby(alike).transform("mean"))

    def donor_homes(self, number: int) -> list[str]:
        """Return the PUMA each donor household of a repeat lives in, which the survey keeps secret."""
        rng = self.stream_of(number)
        draw_recipient(self.population, SIZE.recipient_households, rng)
        drawn, _ = donor_weights(self.population, SIZE.donor_households, rng)
        rows = drawn.row[drawn.responded]
        place = self.population.households["place"].to_numpy()[rows[rng.permutation(len(rows))]]
        return [str(puma) for puma in self.population.places.table["puma"].to_numpy()[place]]

    def stream_of(self, number: int) -> np.random.Generator:
        """Return the source of randomness of a repeat's surveys."""
        return stream(self.plan.seed, f"coverage {number}")

    def recipient_of(self, number: int) -> Survey:
        """Return the recipient survey of a repeat."""
        rng = self.stream_of(number)
        return draw_recipient(self.population, SIZE.recipient_households, rng)

    def spatial_predictors(self) -> set[str]:
        """Return the names of the predictors that are joined by PUMA."""
        tables = read_spatial_tables(self.workspace)
        return {f"{table.name}.{name}" for table in tables for name in table.predictors}

    def truth(self) -> pd.DataFrame:
        """Return the true value of every statistic in every group: `dimension`, `group`, … `value`."""
        everyone = self.population.households
        puma = self.population.places.table["puma"].to_numpy()[everyone["place"].to_numpy()]
        answers = {
            item.name: item.column(everyone[item.name].to_numpy()) for item in FUSION_QUESTIONS
        }
        table = pd.DataFrame(answers)
        groups = grouped(
            puma=pd.Series(puma),
            regions=self.home_region,
            income=everyone["hincp"],
            owner=everyone["ten"] <= 1,
            race=everyone["reference_rac1p"].map(_race),
            size=everyone["np"],
            detached=everyone["bld"] == 1,
        )
        parts = []
        for dimension in DIMENSIONS:
            own = table.assign(**{dimension: groups[dimension]})
            part = survey_estimates(own, None, list(STATISTICS), by=dimension, weight=None)
            part = part.rename(columns={dimension: "group", "estimate": "value"})
            part.insert(0, "dimension", dimension)
            parts.append(part)
        for dimension, columns in FUSED_DIMENSIONS.items():
            own = table.assign(home=groups["home"])
            part = survey_estimates(
                own, None, statistics_within(columns), by=columns, weight=None
            ).rename(columns={"estimate": "value"})
            part.insert(0, "dimension", dimension)
            parts.append(part.assign(group=group_label(part, columns)))
        truth = pd.concat(parts, ignore_index=True)
        return truth[["dimension", "group", "variable", "level", "statistic", "n", "value"]]


@dataclass(frozen=True)
class Repeat:
    """One pair of surveys and what was fused from them.

    Attributes
    ----------
    donor, recipient
        As prepared for a fusion; the recipient with the columns of `DIMENSIONS`.
    predictors
        Predictors used.
    implicates
        The fused variables.
    donor_design, recipient_design
        How the two surveys' weights replicate.
    """

    donor: pd.DataFrame
    recipient: pd.DataFrame
    predictors: tuple[str, ...]
    implicates: Implicates
    donor_design: WeightDesign
    recipient_design: WeightDesign

    @classmethod
    def draw(cls, world: World, number: int) -> Repeat:
        """Draw both surveys anew, prepare them as a run would, train and fuse."""
        rng = world.stream_of(number)
        recipient = draw_recipient(world.population, SIZE.recipient_households, rng)
        donor = draw_donor(world.population, SIZE.donor_households, rng)
        pool = assemble(world.workspace, PAIR, seed=number, surveys=(donor, recipient))
        chosen = choose_predictors(pool.table, FLAT, minimum_similarity=MINIMUM_SIMILARITY)
        withheld = set() if world.plan.spatial else world.spatial_predictors()
        kept = tuple(
            name for name in chosen.loc[chosen["kept"], "predictor"] if name not in withheld
        )
        left = pd.concat([pool.donor, donor.household[list(FLAT)]], axis=1)
        settings = SETTINGS.replace(method="stacked") if world.plan.stacked else SETTINGS
        model = train(left, FUSED, kept, weight="weight", seed=number, settings=settings)
        implicates = fuse(pool.recipient, model, implicates=IMPLICATES, seed=number)
        return cls(
            left,
            _with_groups(world, pool.recipient, recipient),
            kept,
            implicates,
            donor.description.design,
            recipient.description.design,
        )

    def save(self, folder: Path) -> None:
        """Write what was drawn, so that margins can be computed again without drawing it again."""
        folder.mkdir(parents=True, exist_ok=True)
        self.donor.to_parquet(folder / "donor.parquet", compression="zstd")
        self.recipient.to_parquet(folder / "recipient.parquet", compression="zstd")
        pd.Series(self.predictors).to_frame("predictor").to_parquet(folder / "predictors.parquet")
        write_implicates(self.implicates, folder / "implicates")

    @classmethod
    def load(cls, folder: Path, designs: tuple[WeightDesign, WeightDesign]) -> Repeat:
        """Read what `save` wrote."""
        return cls(
            pd.read_parquet(folder / "donor.parquet"),
            pd.read_parquet(folder / "recipient.parquet"),
            tuple(pd.read_parquet(folder / "predictors.parquet")["predictor"]),
            read_implicates(folder / "implicates"),
            *designs,
        )


def with_climate_inside(places: Places, seed: int) -> Places:
    """Let climate and prices follow latitude, sea and city instead of the donor's regions."""
    rng = stream(seed, "climate inside regions")
    table = places.table
    count, north = len(table), table["y"].to_numpy() / 430.0
    sea = shapely.distance(shapely.centroid(places.map.pumas), places.map.coast) / KILOMETRE
    coast, urbanity = np.exp(-sea / 70.0), table["urbanity"].to_numpy()
    heating = 3300 + 2600 * north + 1100 * (1 - coast) - 250 * urbanity + rng.normal(0, 130, count)
    cooling = 1650 - 950 * north + 650 * (1 - coast) - 420 * coast + 90 * urbanity
    utility = np.select([coast > 0.45, north > 0.6], [17.5, 12.0], 14.2)
    changed = table.assign(
        hdd=heating,
        cdd=np.maximum(cooling + rng.normal(0, 70, count), 60.0),
        price=utility + rng.normal(0, 0.8, count),
    )
    return dataclasses.replace(places, table=changed)


def grouped(
    *,
    puma: pd.Series[Any],
    regions: dict[str, str],
    income: pd.Series[Any],
    owner: pd.Series[Any],
    race: pd.Series[Any],
    size: pd.Series[Any],
    detached: pd.Series[Any],
) -> pd.DataFrame:
    """Return the group of each household in every dimension, as text."""
    thirds = np.digitize(income, (45_000, 95_000))
    return pd.DataFrame(
        {
            "puma": puma.to_numpy(),
            "state": "state",
            "region": puma.map(regions).to_numpy(),
            "income": np.array(["below $45,000", "$45,000 to $94,999", "$95,000 or more"])[thirds],
            "tenure": np.where(owner, "owned", "not owned"),
            "race": race.to_numpy(),
            "size": np.array(["1 person", "2 persons", "3 or more"])[np.clip(size, 1, 3) - 1],
            "home": np.where(detached, "detached house", "another home"),
        }
    )


def _with_groups(world: World, recipient: pd.DataFrame, survey: Survey) -> pd.DataFrame:
    answers = survey.household
    if answers is None or not (answers["household_id"] == recipient["household_id"]).all():
        raise ValueError("the prepared recipient is not in survey order")
    groups = grouped(
        puma=answers["puma"],
        regions=world.home_region,
        income=answers["hincp"],
        owner=answers["ten"].cat.codes <= 1,
        race=recipient["raceresp__rac1p"].map(_race_group),
        size=answers["np"],
        detached=answers["bld"].cat.codes == 1,
    )
    return recipient.assign(**{name: groups[name] for name in DIMENSIONS})


def _race(code: int) -> str:
    return {0: "White", 1: "Black"}.get(code, "another race")


def _race_group(label: str) -> str:
    return label if label in {"White", "Black"} else "another race"
