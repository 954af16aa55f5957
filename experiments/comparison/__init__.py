"""Models compared over their seeds, from a study in memory or from the tracking store.

`paired`: scores and errors of a model, and the test against a baseline. `models`: one `Comparison`,
which decides the order, the best baseline, and who is better. `runs`, `groups`, `summaries`: the
tracking store's runs, which of them may be compared, and what their models cost. `wording`,
`format`: the same in words and numbers.
"""
