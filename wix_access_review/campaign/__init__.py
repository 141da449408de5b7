"""A campaign: what is to be certified is frozen, decisions come back, a plan is made of them, and later reads prove it.

A campaign is a folder of plain files. `folder` keeps them and the log that chains them; `freeze` opens a campaign,
`reviewers` says who certifies what, `workbook` writes what reviewers fill in, `filled` reads it back and `decide` takes
it; `progress` reports how far it is, `plan` writes what people are to do, `prove` looks whether it was done, and
`evidence` makes the folder one that can be verified. Nothing here sends a request to anywhere.
"""
