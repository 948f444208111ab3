"""What the office set up: one pydantic schema, stored as TinyDB documents on a crash-safe medium.

`schema` and `check` say what a configuration may be, `validate` turns a document into one,
`migrate` brings old ones up to date; `storage` puts generations on the disk and `store` is the
face the core uses. `demo` is the configuration of `make run`.
"""
