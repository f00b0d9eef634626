"""How the tests look at annotations."""

from beartype import BeartypeConf, beartype

#: A whole number is a number (PEP 484), so that `temperature=1` will do where a float is annotated.
checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
