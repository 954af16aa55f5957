"""What a cell's docstring must hold, for every cell, and that the catalog reads it."""

import inspect
import re

import pytest
from rnnzoo import ArgumentError
from rnnzoo.zoo.catalog import USES, argument_texts, describe
from rnnzoo.zoo.cells import CELLS, WRAPPERS

EVERY_CELL = pytest.mark.parametrize("name", CELLS)


@EVERY_CELL
def test_its_docstring_is_complete(name):
    entry = describe(name)
    missing = [part for part, is_there in {
        "a summary line that ends in a full stop": re.match(r"\S.*\.\n\n", entry.page),
        "an equation in a ``` block after it": " = " in entry.equation,
        "a paragraph `Args:`": argument_texts(entry.page),
        "a paragraph `States:`": re.search(r"^States: `\[", entry.page, re.MULTILINE),
        "a paragraph `Reference:` or `References:`": entry.reference,
        "a year in parentheses in the reference": entry.year,
    }.items() if not is_there]  # fmt: skip
    assert not missing, f"the docstring of `{name}` lacks {', '.join(missing)}"
    assert 1943 < entry.year < 2100, f"`{name}`: {entry.year} is no year of a network"


@EVERY_CELL
def test_its_docstring_names_the_arguments_and_no_others(name):
    parameters = inspect.signature(CELLS[name].__init__).parameters
    taken = [p.name for p in parameters.values() if p.name != "self" and p.kind != p.VAR_KEYWORD]
    said = list(argument_texts(describe(name).page))
    assert said == taken, f"`{name}`: Args names {said}, the constructor takes {taken}"


@EVERY_CELL
def test_every_option_has_a_default_and_a_text(name):
    entry = describe(name)
    assert entry.width.name in ("units", "filters")
    assert entry.width.default is inspect.Parameter.empty
    for option in entry.options:
        assert option.default is not inspect.Parameter.empty, f"`{name}`: {option.name}"
        assert option.text.endswith("."), f"`{name}`: {option.name}: {option.text!r}"


@EVERY_CELL
def test_what_it_does_not_serve_has_a_reason(name):
    entry = describe(name)
    assert set(entry.serves) | set(entry.unsupported) == set(USES)
    assert not set(entry.serves) & set(entry.unsupported)
    assert all(entry.unsupported.values())


def test_a_page_is_read_in_full():
    gru = describe("gru")
    assert gru.title == "Gated recurrent unit"
    assert gru.equation.startswith("z = σ(W_z x_t")
    assert gru.equation.endswith("output h_t")
    assert gru.reference.startswith("Cho et al. (2014), Learning phrase")
    assert gru.reference.endswith("warp time?")
    assert gru.year == 2014
    options = ["reset", "chrono", "activation", "recurrent_activation"]
    assert [option.name for option in gru.options] == options
    assert gru.common[:4] == ("use_bias", "dropout", "recurrent_dropout", "seed")
    assert gru.common[-1] == "bias_constraint" and len(gru.common) == 13
    assert gru.options[0].default == "after"
    assert gru.options[0].text == '`"after"` or `"before"` the recurrent product, or `"none"`.'
    assert gru.serves == ("stateful", "closed_loop")


def test_a_page_names_what_every_cell_takes_where_this_one_does():
    assert describe("scrn").common == (
        *("dropout", "recurrent_dropout", "seed", "kernel_initializer", "recurrent_initializer"),
        *("kernel_regularizer", "recurrent_regularizer"),
        *("kernel_constraint", "recurrent_constraint"),
    )
    for name in ("rnn", "irnn"):  # its own, and not to be chosen
        assert "recurrent_initializer" not in describe(name).common
    assert "recurrent_dropout" not in describe("tdnn").common
    assert describe("residual").common == ()


@pytest.mark.parametrize("name", WRAPPERS)
def test_cells_around_cells_have_pages_too(name):
    entry = describe(name)
    assert entry.title and entry.equation and entry.reference and entry.year
    assert entry.width.name in ("cell", "cells") and entry.width.text
    assert (entry.parameters, entry.serves, entry.unsupported) == (None, (), {})


# kernels, recurrent kernels, biases, on one input channel
WEIGHTS = {
    "elman": 64 + 64 * 64 + 64,
    "lstm": 4 * (64 + 64 * 64 + 64),
    "gru": 3 * (64 + 64 * 64 + 64) + 64,
    "conv_lstm": 4 * (9 * 64 + 9 * 64 * 64 + 64),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_are_counted_at_64_units(name):
    assert describe(name).parameters == WEIGHTS[name]


def test_the_earliest_year_counts():
    assert describe("rnn").year == 1986
    assert describe("lstm").year == 1997


def test_an_unknown_cell_is_answered_with_the_nearest():
    with pytest.raises(ArgumentError, match=r"Received: cell='gruu'\. Did you mean gru"):
        describe("gruu")
