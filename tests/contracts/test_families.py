"""The table of families and what the databases say of themselves are one thing."""

import pytest

from cardioprint.datasets.catalogue import DATABASES
from cardioprint.datasets.development import DEVELOPMENT
from cardioprint.datasets.families import FAMILIES, MIXTURES

EVERY = {d.name: d for d in [*DEVELOPMENT.values(), *DATABASES.values()]}


@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_database_is_in_the_family_it_names_and_in_no_other(name):
    inside = [key for key, family in FAMILIES.items() if name in family.databases]
    assert inside == ([EVERY[name].family] if EVERY[name].family else [])


@pytest.mark.parametrize("key", sorted(FAMILIES))
def test_a_family_names_known_databases(key):
    family = FAMILIES[key]
    assert list(family.databases) == sorted(set(family.databases)) and len(family.databases) > 1
    assert {EVERY[name].family for name in family.databases} == {key}
    assert all(text.strip() for text in (family.title, family.overlap, family.source))


@pytest.mark.parametrize("key", sorted(FAMILIES))
def test_ids_are_comparable_where_databases_share_their_space(key):
    family = FAMILIES[key]
    spaces = {name: EVERY[name].space or name for name in family.databases}
    groups = [{n for n in spaces if spaces[n] == space} for space in sorted({*spaces.values()})]
    assert sorted(map(sorted, family.comparable)) == sorted(
        sorted(group) for group in groups if len(group) > 1
    )


def test_mixtures_name_known_databases():
    assert {*MIXTURES, *(part for parts in MIXTURES.values() for part in parts)} <= EVERY.keys()
