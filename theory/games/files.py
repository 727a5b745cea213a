"""The one place where a game's name or path on the command line is understood.

* ``.toml``: a one-shot or repeated game (:mod:`theory.games.toml_repeated`), or a general stochastic game, which has
  ``states`` (:mod:`theory.games.toml_stochastic`). Both modules show the format.
* ``.nfg``: a one-shot game in Gambit's format (:mod:`theory.games.gambit`).

From Python :func:`theory.games.normal_form` and :func:`theory.games.memory_one` build the same games.

A file is data: nothing in it is executed, and files of unreasonable size are refused before any work is done. All
numbers are read exactly. Every refusal is one sentence with file, key (or line) and reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from theory.errors import BadInput
from theory.games import REGISTRY, AnyGame
from theory.games.entries import document_of, number
from theory.games.gambit import load_nfg
from theory.games.model import Game
from theory.games.reading import printable, quoted
from theory.games.toml_repeated import repeated_game
from theory.games.toml_stochastic import STOCHASTIC_KEYS, stochastic_game


def resolve_game(text: str, settings: Mapping[str, str]) -> AnyGame:
    """The game meant by a name or path, with a named game's parameters set.

    Args:
        text: a registered name, or the path of a ``.toml`` or ``.nfg`` file.
        settings: parameters of a named game by name, in the number syntax of game files.

    Raises:
        BadInput: the name is unknown, the file cannot be used, or a setting does not apply.
    """
    if text in REGISTRY:
        place = f"game {text!r}, parameter"
        return REGISTRY[text]().with_parameters(
            {name: number(value, f"{place} {printable(name)}") for name, value in settings.items()}
        )
    if not text.endswith((".toml", ".nfg")):
        known = ", ".join(REGISTRY)
        raise BadInput(f"game {quoted(text)}: neither a known game ({known}) nor a path that ends in .toml or .nfg.")
    if settings:
        names = printable(", ".join(settings))
        raise BadInput(f"{printable(text)}: {names} cannot be set, because a game file has no named parameters.")
    return load_game(Path(text))


def load_game(path: Path | str) -> Game:
    """Read a game file: Gambit's format if its name ends in ``.nfg``, else TOML.

    Raises:
        BadInput: the file cannot be read or does not describe a game; one sentence with file, key and reason.
    """
    path = Path(path)
    if path.suffix == ".nfg":
        return load_nfg(path)
    document = document_of(path)
    if document.has("states"):
        return stochastic_game(document)
    for key in STOCHASTIC_KEYS:
        if document.has(key):
            raise document.child(key).refusal(
                "only a stochastic game has this key, and then also 'states' (a repeated game's discount belongs in"
                " 'repeated')"
            )
    return repeated_game(document)
