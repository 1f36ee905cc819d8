"""How fast the food database loads and finds, with the shipped foods and with ten thousand.

The ten thousand are the shipped ones again and again, with a word such as "smoky" before every name and
alias, so that common words lead to as many foods as they would in a large database.

load_s_*      from the file to the database, the middle of the runs
lookup_ms_*   one `find`: what 95 % of the phrases take no longer than; `_p50` and `_worst` beside it. Each
              phrase is found several times and its best time counts, so that what else the machine does at
              that moment is not taken for ours
"""

from __future__ import annotations

import copy
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from device.config import shipped_directory
from device.nutrition.foods import FoodDatabase

MANY = 10_000
ADJECTIVES = (
    "smoky", "rustic", "classic", "golden", "spicy", "creamy", "simple", "hearty", "tangy", "country",
    "royal", "sunny", "winter", "village", "garden",
)  # fmt: skip
UNKNOWN = (
    "lemon water", "quokka", "the weather tomorrow", "xylophone sandwich", "zxqv", "sprnach", "chikcen brest",
    "coke zero sugar rocket", "milk cow whole fresh raw", "smoky golden unicorn", "cheese", "chicken", "soup",
    "raw cooked fried", "blah " * 50, "x" * 500,
)  # fmt: skip

Figures = dict[str, Any]


def food_figures(*, quick: bool) -> Figures:
    """The figures of this module's docstring, with 650 and with 10,000 foods; `quick` for fewer phrases."""
    shipped = shipped_directory() / "foods.yaml"
    runs = 2 if quick else 5
    with tempfile.TemporaryDirectory(prefix="ladle-bench-") as name:
        many = Path(name) / "foods.yaml"
        many.write_text(_many_foods(shipped, MANY), encoding="utf-8")
        few_s, few = _loaded(shipped, runs)
        many_s, larger = _loaded(many, runs)
    phrases = 300 if quick else 1500
    return {
        **_lookup_ms("lookup_ms_650", few, phrases, runs),
        **_lookup_ms("lookup_ms_10000", larger, phrases, runs),
        "load_s_650": few_s,
        "load_s_10000": many_s,
    }


def _loaded(path: Path, runs: int) -> tuple[float, FoodDatabase]:
    durations = []
    for _ in range(runs):
        started = time.perf_counter()
        foods = FoodDatabase.load(path)
        durations.append(time.perf_counter() - started)
    return statistics.median(durations), foods


def _lookup_ms(name: str, foods: FoodDatabase, phrases: int, runs: int) -> Figures:
    durations = sorted(
        1000 * min(_timed(lambda text=text: foods.find(text)) for _ in range(runs))  # type: ignore[misc]
        for text in _phrases(foods, phrases)
    )
    return {
        name: durations[int(len(durations) * 0.95)],
        f"{name}_p50": statistics.median(durations),
        f"{name}_worst": durations[-1],
    }


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _phrases(foods: FoodDatabase, count: int) -> Iterator[str]:
    """Names, names with a word too many or too few or misspelt, aliases, and what is no food."""
    chance = random.Random(5)
    yield from UNKNOWN
    for _ in range(count):
        food = chance.choice(foods.foods)
        aliases = [name for names in food.aliases.values() for name in names]
        words = chance.choice([food.name, food.name, *aliases]).split()
        change = chance.randrange(4)
        if change == 1:
            words.insert(
                chance.randrange(len(words) + 1), chance.choice(chance.choice(foods.foods).name.split())
            )
        elif change == 2 and len(words) > 1:
            words.pop(chance.randrange(len(words)))
        elif change == 3:
            words = [_misspelt(word, chance) for word in words]
        yield " ".join(words)


def _misspelt(word: str, chance: random.Random) -> str:
    at = chance.randrange(len(word))
    return word[:at] + chance.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :]


def _many_foods(shipped: Path, count: int) -> str:
    entries: dict[str, Any] = yaml.load(shipped.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)["foods"]
    foods = dict(entries)
    for adjective in ADJECTIVES:
        for food_id, entry in entries.items():
            if len(foods) < count:
                foods[f"{adjective}_{food_id}"] = _variant(food_id, entry, adjective)
    return yaml.dump(
        {"foods": foods},
        Dumper=yaml.CSafeDumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=None,
        width=110,
    )


def _variant(food_id: str, entry: dict[str, Any], adjective: str) -> dict[str, Any]:
    name = entry.get("name", food_id.replace("_", " "))
    aliases = {
        language: [f"{adjective} {alias}" for alias in names]
        for language, names in entry.get("aliases", {}).items()
    }
    changed = {"name": f"{adjective} {name}", "aliases": aliases, "usual_for": []}
    return copy.deepcopy(entry) | changed
