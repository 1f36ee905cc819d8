"""What goes together on a plate: everyday combinations for each kind of meal.

Foods are named by their ids in the shipped database; one that a household's database has not is passed over.
Everything here is weighed as it is eaten, so nothing raw or dry but what is eaten so. The combinations are
Ladle's own, of what many kitchens have.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import time
from enum import StrEnum

from device.nutrition.names import words_of

SNACK_BELOW_KCAL = 250
BREAKFAST_UNTIL = time(10, 30)


class MealKind(StrEnum):
    """What sort of food a meal is made of; MAIN: lunch and dinner."""

    BREAKFAST = "breakfast"
    SNACK = "snack"
    MAIN = "main"


_NAMED = {
    MealKind.SNACK: frozenset({"snack"}),
    MealKind.BREAKFAST: frozenset({"breakfast", "brunch"}),
    MealKind.MAIN: frozenset({"lunch", "dinner", "supper"}),
}


def meal_kind(name: str, clock: time, kcal: float) -> MealKind:
    """The kind of a meal of the plan: by its name, else by its size and its time on the wall clock."""
    words = set(words_of(name))
    named = next((kind for kind, names in _NAMED.items() if words & names), None)
    if named is not None:
        return named
    if kcal < SNACK_BELOW_KCAL:
        return MealKind.SNACK
    return MealKind.BREAKFAST if clock <= BREAKFAST_UNTIL else MealKind.MAIN


@dataclass(frozen=True, slots=True)
class Part:
    """One place on a plate, for any one of `foods`, which are ids.

    foods: in groups; of the second is only for whom nothing of the first is, and so on.
    least, natural, most: in usual portions of the food; a part whose least is 0 may be left out.
    role: of a food that a person eats often, which may then stand here too; see habits.
    in_pieces: it is eaten whole, such as an egg or an apple; the portions are then counts of it.
    """

    foods: tuple[tuple[str, ...], ...]
    least: float
    natural: float
    most: float
    role: str | None = None
    in_pieces: bool = False


Plate = tuple[Part, ...]
"""What is eaten together; first what it is built on, at most four parts."""


def _of(ids: str, least: float, natural: float, most: float, role: str | None = None) -> Part:
    """ids: a bar stands before what is for whom nothing before it is."""
    return Part(_groups(ids), least, natural, most, role)


def _pieces(ids: str, least: int, natural: int, most: int) -> Part:
    return Part(_groups(ids), least, natural, most, in_pieces=True)


def _groups(ids: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(group.split()) for group in ids.split("|"))


def _optional(part: Part) -> Part:
    return replace(part, least=0)


# ------------------------------------------------------------------------------------- parts

_MILK = _of("milk_semi_skimmed_2 milk_whole milk_skimmed | soy_milk_unsweetened", 0.6, 0.8, 1.25)
_YOGHURT = _of("yogurt_greek_whole_milk yogurt_greek_nonfat yogurt_plain_whole_milk", 0.8, 1.2, 2)
_CEREAL = _of("muesli bran_flakes corn_flakes shredded_wheat", 0.8, 1.2, 2.2)
_OATS = _of("oats_rolled_dry", 0.8, 1.2, 2.5)
_FRUIT = _pieces("apple banana orange pear peach nectarine", 1, 1, 1)
_BERRIES = _of("strawberries blueberries raspberries grapes mango pineapple", 0.8, 1, 1.8)
_NUTS = _of("almonds walnuts hazelnuts cashews mixed_nuts_roasted", 0.3, 0.8, 1.5)
_SPREAD = _of("peanut_butter almond_butter", 0.8, 1.2, 2.2)
_LOAF = "wholemeal_bread_whole_wheat rye_bread white_bread multigrain_bread | gluten_free_white_bread"
_BREAD = _of(_LOAF, 0.9, 2, 5)
_SLICE = _of(_LOAF, 0.9, 1, 2)
_TOAST = _of("wholemeal_toast_whole_wheat white_toast | gluten_free_white_bread", 1.2, 2.4, 5)
_EGGS = _pieces("egg_boiled egg_poached egg_fried egg_scrambled", 1, 2, 4)
_SCRAMBLE = _of(
    "egg_scrambled omelette | egg_poached egg_fried | tofu_firm | cannellini_white_beans_cooked", 0.6, 1, 1.8
)
_CHEESE = _of("cheddar_cheese gouda mozzarella_whole_milk brie", 0.6, 1, 2)
_COTTAGE_CHEESE = _of("cottage_cheese_low_fat_2", 0.6, 1, 1.8)
_FILLING = _of(
    "chicken_breast_deli_slices turkey_deli_slices ham_sliced tuna_canned_in_water cheddar_cheese hummus"
    " smoked_salmon mozzarella_whole_milk",
    0.8,
    1.6,
    3,
)
_AVOCADO = _of("avocado", 0.25, 0.35, 0.6)
_SALAD = _of("tomato cucumber lettuce_romaine bell_pepper_red", 0.6, 1, 1.2)
_SLICES_OF_SALAD = _of("tomato cucumber", 0.4, 0.6, 1)
_RAW_STICKS = _of("carrot_raw cucumber bell_pepper_red", 0.8, 1.2, 2)
_COOKED_VEGETABLES = _of(
    "broccoli_cooked green_beans_cooked carrot_cooked spinach_cooked cauliflower_cooked peas_green_cooked"
    " zucchini_courgette_cooked cabbage_cooked mixed_vegetables_frozen_cooked asparagus_cooked",
    1,
    1.4,
    2.2,
    "vegetable",
)
_MEDITERRANEAN_VEGETABLES = _of(
    "zucchini_courgette_cooked eggplant_aubergine_cooked spinach_cooked tomato bell_pepper_red", 0.8, 1.2, 2
)
_WOK_VEGETABLES = _of(
    "broccoli_cooked bell_pepper_red snow_peas_cooked mushrooms_cooked carrot_cooked", 0.8, 1.3, 2
)
_POTATOES = _of("potato_boiled potato_baked_with_skin sweet_potato_baked", 0.5, 1, 2.2, "starch")
_GRAINS = _of("rice_white_cooked rice_brown_cooked couscous_cooked quinoa_cooked", 0.5, 0.9, 1.9, "starch")
_RICE = _of("rice_white_cooked rice_brown_cooked", 0.4, 0.9, 1.9)
_NOODLES = _of("egg_noodles_cooked rice_noodles_cooked", 0.4, 0.9, 1.8)
_PASTA = _of("pasta_cooked pasta_whole_wheat_cooked | pasta_gluten_free_cooked", 0.4, 0.9, 1.7)
_FAT = _optional(_of("olive_oil", 0, 0.5, 1.5))
_WOK_OIL = _optional(_of("sunflower_oil", 0, 0.5, 1.2))
_BUTTER = _optional(_of("butter_salted | olive_oil", 0, 0.5, 1.5))

# ------------------------------------------------------------------------------------- plates

_BREAKFASTS: tuple[Plate, ...] = (
    (_CEREAL, _MILK, _FRUIT, _optional(_NUTS)),
    (_CEREAL, _MILK, _BERRIES, _optional(_NUTS)),
    (_OATS, _MILK, _BERRIES, _optional(_NUTS)),
    (_OATS, _MILK, _FRUIT, _optional(_SPREAD)),
    (_YOGHURT, _of("muesli granola_homemade oats_rolled_dry", 0.5, 1, 2), _BERRIES, _optional(_NUTS)),
    (_EGGS, _TOAST, _FRUIT, _BUTTER),
    (_EGGS, _TOAST, _of("tomato mushrooms_cooked", 0.6, 1, 1.6), _BUTTER),
    (_EGGS, _TOAST, _AVOCADO, _of("tomato", 0.5, 0.8, 1.2)),
    (_pieces("egg_fried egg_poached", 1, 2, 4), _POTATOES, _of("tomato", 0.6, 1, 1.6), _FAT),
    (_CHEESE, _BREAD, _FRUIT, _BUTTER),
    (_COTTAGE_CHEESE, _BREAD, _BERRIES, _of("honey jam", 0.5, 0.8, 1.2)),
    (_of("ham_sliced turkey_deli_slices chicken_breast_deli_slices", 1, 2, 3.5), _BREAD, _FRUIT, _BUTTER),
    (_of("smoked_salmon", 0.7, 1, 1.8), _BREAD, _of("cream_cheese", 0.6, 1, 1.6), _FRUIT),
    (_SPREAD, _TOAST, _pieces("banana apple", 1, 1, 1), _YOGHURT),
    (_SPREAD, _TOAST, _pieces("banana apple", 1, 1, 1), _MILK),
    (_of("baked_beans_canned", 0.8, 1.2, 2), _TOAST, _EGGS),
    (_SCRAMBLE, _TOAST, _of("tomato mushrooms_cooked", 0.6, 1, 1.6), _FAT),
    (_SCRAMBLE, _POTATOES, _of("tomato spinach_cooked", 0.6, 1, 1.6), _FAT),
    (_YOGHURT, _FRUIT, _optional(_NUTS)),
    (_YOGHURT, _FRUIT, _BERRIES, _optional(_NUTS)),
)

_SNACKS: tuple[Plate, ...] = (
    (_YOGHURT, _FRUIT),
    (_YOGHURT, _BERRIES, _NUTS),
    (_COTTAGE_CHEESE, _BERRIES),
    (_COTTAGE_CHEESE, _SLICE, _SLICES_OF_SALAD),
    (_NUTS, _FRUIT),
    (_NUTS, _FRUIT, _MILK),
    (_FRUIT, _BERRIES),
    (_of("cheddar_cheese gouda brie", 0.6, 1, 2), _pieces("apple pear", 1, 1, 1)),
    (_CHEESE, _SLICE, _SLICES_OF_SALAD),
    (_SPREAD, _SLICE),
    (_of("ham_sliced turkey_deli_slices chicken_breast_deli_slices", 0.7, 1, 2), _SLICE, _SLICES_OF_SALAD),
    (_of("hummus", 0.8, 1.5, 3), _RAW_STICKS, _of("pita_bread pita_bread_whole_wheat", 0.4, 0.6, 1.2)),
    (_of("hummus", 0.8, 1.5, 3), _RAW_STICKS),
    (_MILK, _pieces("banana", 1, 1, 1)),
    (_of("edamame", 0.7, 1, 1.8), _FRUIT),
    (_pieces("egg_boiled", 1, 1, 2), _FRUIT),
    (_pieces("egg_boiled", 1, 1, 2), _SLICE, _SLICES_OF_SALAD),
)

_FISH = _of(
    "salmon_cooked cod_cooked haddock_cooked trout_cooked mackerel_cooked sea_bass_cooked", 0.5, 1.1, 2
)
_MEAT = _of(
    "chicken_breast_grilled chicken_breast_roasted_no_skin chicken_thigh_roasted_no_skin"
    " turkey_breast_roasted pork_tenderloin_roasted pork_chop_grilled sirloin_steak_grilled"
    " lamb_leg_roasted | textured_soy_meat_free_chicken",
    0.5,
    1,
    2,
    "protein",
)
_PULSES = _of(
    "lentils_cooked chickpeas_cooked black_beans_cooked kidney_beans_cooked_rajma"
    " cannellini_white_beans_cooked",
    0.6,
    1.2,
    2.2,
)
_WOK_PROTEIN = _of("tofu_firm prawns_shrimp_cooked chicken_breast_grilled", 0.6, 1.1, 2.2)
_SOUPS = _of("lentil_soup minestrone vegetable_soup tomato_soup chicken_noodle_soup", 0.9, 1.2, 1.8)
_CURRIES = _of(
    "chicken_curry fish_curry beef_curry vegetable_curry lentil_curry dal_lentil_dish palak_paneer",
    0.7,
    1.1,
    1.8,
)
_STEWS = _of("chili_con_carne_with_beans beef_stew", 0.7, 1.1, 1.8)
DISH = Part((), 0.6, 1, 1.6, "meal")
"""For any dish of the category "meal" that is known in many languages."""

_MAINS: tuple[Plate, ...] = (
    (_FISH, _POTATOES, _COOKED_VEGETABLES, _BUTTER),
    (_FISH, _RICE, _COOKED_VEGETABLES, _FAT),
    (_MEAT, _POTATOES, _COOKED_VEGETABLES, _BUTTER),
    (_MEAT, _GRAINS, _COOKED_VEGETABLES, _FAT),
    (_WOK_PROTEIN, _RICE, _WOK_VEGETABLES, _WOK_OIL),
    (_WOK_PROTEIN, _NOODLES, _WOK_VEGETABLES, _WOK_OIL),
    (_PULSES, _GRAINS, _MEDITERRANEAN_VEGETABLES, _FAT),
    (_PULSES, _GRAINS, _MEDITERRANEAN_VEGETABLES, _of("feta_cheese", 0.8, 1.2, 2)),
    (
        _of("beef_mince_90_lean_cooked tuna_canned_in_water", 0.5, 0.9, 1.8),
        _PASTA,
        _of("tomato_pasta_sauce_marinara", 0.6, 1, 1.4),
        _optional(_of("parmesan | olive_oil", 0, 1, 2)),
    ),
    (
        _of("chicken_breast_grilled prawns_shrimp_cooked salmon_cooked", 0.5, 0.9, 1.8),
        _PASTA,
        _of("spinach_cooked zucchini_courgette_cooked broccoli_cooked peas_green_cooked", 0.8, 1.2, 2),
        _FAT,
    ),
    (_of("omelette egg_scrambled", 0.7, 1.2, 2), _POTATOES, _SALAD, _FAT),
    (_of("omelette egg_scrambled", 0.7, 1.2, 2), _BREAD, _SALAD, _BUTTER),
    (_FILLING, _BREAD, _SALAD, _optional(_of("butter_salted mayonnaise", 0, 0.5, 1.5))),
    (_FILLING, _BREAD, _SALAD, _FRUIT),
    (_pieces("egg_boiled", 2, 2, 4), _BREAD, _SALAD, _BUTTER),
    (
        _of("tuna_canned_in_water cottage_cheese_low_fat_2 baked_beans_canned cheddar_cheese", 0.8, 1.3, 2.2),
        _of("potato_baked_with_skin sweet_potato_baked", 0.8, 1.4, 2.6),
        _SALAD,
        _BUTTER,
    ),
    (
        _of("tuna_canned_in_water", 0.7, 1, 2),
        _of("potato_boiled", 0.5, 0.9, 1.8),
        _of("green_beans_cooked", 0.8, 1.2, 2),
        _pieces("egg_boiled", 1, 1, 2),
    ),
    (
        _of("paneer_queso_blanco_proxy", 1, 1.8, 3),
        _of("rice_white_cooked chapati_roti naan_bread", 0.4, 0.9, 1.9),
        _of("spinach_cooked peas_green_cooked cauliflower_cooked", 0.8, 1.2, 2),
    ),
    (
        _of("pork_sausage_cooked | vegetarian_sausage", 1, 1.6, 3),
        _of("mashed_potato_with_milk_and_butter | potato_boiled", 0.6, 1, 1.8),
        _of("peas_green_cooked carrot_cooked cabbage_cooked", 0.8, 1.2, 2),
    ),
    (
        _of("falafel", 0.7, 1, 1.7),
        _of("pita_bread pita_bread_whole_wheat", 0.5, 1, 2),
        _SALAD,
        _of("hummus tzatziki", 0.8, 1.2, 2.5),
    ),
    (_FISH, _COOKED_VEGETABLES, _AVOCADO, _FAT),
    (_MEAT, _COOKED_VEGETABLES, _of("feta_cheese mozzarella_whole_milk", 0.6, 1, 2), _FAT),
    (_of("omelette egg_scrambled", 0.7, 1.2, 2.5), _SALAD, _CHEESE, _BUTTER),
    (_SOUPS, _BREAD, _CHEESE, _FRUIT),
    (_CURRIES, _of("rice_white_cooked rice_brown_cooked naan_bread chapati_roti", 0.4, 0.8, 1.7)),
    (_CURRIES, _RICE, _of("yogurt_plain_whole_milk yogurt_greek_nonfat", 0.4, 0.8, 1.4)),
    (_STEWS, _RICE, _SALAD),
    (_STEWS, _POTATOES, _SALAD),
    (_STEWS, _BREAD, _SALAD),
    (DISH, _SALAD),
    (DISH, _SALAD, _FRUIT),
    (DISH, _SALAD, _of("yogurt_greek_nonfat yogurt_plain_whole_milk", 0.6, 1, 1.4)),
)

PLATES = {MealKind.BREAKFAST: _BREAKFASTS, MealKind.SNACK: _SNACKS, MealKind.MAIN: _MAINS}
_PARTS = frozenset(part for plates in PLATES.values() for plate in plates for part in plate)
NAMED = frozenset(food for part in _PARTS for group in part.foods for food in group)
"""The ids of all foods that stand on a plate."""
COUNTED = frozenset(food for part in _PARTS if part.in_pieces for group in part.foods for food in group)
"""The ids of those that are eaten in pieces."""
