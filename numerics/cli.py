"""The command line. Every verb is a thin layer over one function; bad input is one sentence and exit status 2."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table as RichTable

from numerics import simulation
from numerics.evidence import PROFILES, Run
from numerics.experiments import Experiment, Gradient
from numerics.files import StorageError, check_writable, write_whole
from numerics.largest_box import searched_shape
from numerics.ledger import write_ledger
from numerics.paper_document import write_paper
from numerics.paper_tables import checked_game, write_tables
from numerics.sampled import Credit
from numerics.simulation import simulate
from numerics.tables import Table
from numerics.threads import available
from numerics.verdicts import Ledger, unexpected, verify_game
from numerics.verdicts import verify as run_checks
from theory import updates
from theory.alignment import AlongDirection, align_along
from theory.claims import NOT_RUN
from theory.claims.own_game_model import NOT_APPLICABLE, as_read
from theory.derivation import derivation, derivation_json
from theory.errors import BadInput
from theory.exact import Undecided, rational
from theory.games import REGISTRY, AnyGame, DifferentiableGame
from theory.games.files import resolve_game
from theory.order import OrderInclusion, order_inclusion
from theory.regions import Dynamics, certify
from theory.regions.certify import KINDS
from theory.regions.check import main as check_files
from theory.repeated_alignment import RepeatedAlignment, is_repeated, repeated_alignment
from theory.sampling.estimators import Batches

app = typer.Typer(
    name="basin-entry",
    help="Verify the theory of equilibrium selection in multi-agent policy gradients: exact derivations, exact "
    "dynamics, and a ledger of claims with verdicts.\n\nStart with: basin-entry verify; basin-entry align stag-hunt; "
    "basin-entry simulate stag-hunt --success initial-cooperation:0.82",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
Format = Literal["text", "latex", "json"]
Policy = Literal["direct", "logit"]
GameName = Annotated[
    str,
    typer.Argument(metavar="GAME", help="A name from basin-entry games, or a path to a .toml or .nfg file."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Override a named game's parameter, exactly: R=4, gamma=24/25."),
]


LONGEST_LINE = 1000  # characters of a refusal
INTERRUPTED = 130  # the status that Typer gives for Ctrl-C

Workers = Annotated[
    int | None, typer.Option(help="How many share the work; as many as there are cores by default. No result changes.")
]


Cluster = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Share the work out to a Dask scheduler's workers. No result changes."),
]


def _workers(count: int | None, cluster: str | None) -> int:
    if count is not None and count < 1:
        raise BadInput("--workers: at least one is needed.")
    if count is not None and cluster is not None:
        raise BadInput("--workers: a cluster has its own, so it does not go with --cluster.")
    return count or available()


def _game(name: str, settings: list[str] | None) -> AnyGame:
    pairs = {}
    for setting in settings or []:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise BadInput(f"--set: {setting!r} is not NAME=VALUE.")
        pairs[key] = value
    return resolve_game(name, pairs)


@app.command()
def games() -> None:
    """List the named games with their parameters."""
    table = RichTable("name", "actions", "observations", "parameters", "target")
    table.columns[0].no_wrap = True
    for name, make in REGISTRY.items():
        game = make()
        values = ", ".join(f"{symbol.name} = {value}" for symbol, value in game.parameters)
        if isinstance(game, DifferentiableGame):
            table.add_row(name, "real parameters", "", values, "none")
        else:
            actions = " | ".join(", ".join(names) for names in game.actions)
            table.add_row(name, actions, " ".join(game.observations), values, ",".join(game.target or ("none",)))
    _wide_console().print(table)


@app.command()
def derive(
    game: GameName,
    policy: Annotated[Policy, typer.Option(help="Coordinates of the policies.")] = "direct",
    unroll: Annotated[int, typer.Option(metavar="L", help="Number of inner steps.")] = 1,
    rule: Annotated[str, typer.Option(help=f"Learning rule: {', '.join(updates.REGISTRY)}.")] = "meta",
    split: Annotated[
        updates.Split, typer.Option(help="What counts as own and as peer learning for L > 1.")
    ] = "terminal",
    output: Annotated[Format, typer.Option("--format", help="How to print it.")] = "text",
    settings: Settings = None,
) -> None:
    """Derive the terms of a learning rule, with the point at which each factor is evaluated.

    Example: basin-entry derive stag-hunt --rule meta --format latex
    """
    chosen = _game(game, settings)
    if output == "json":
        typer.echo(json.dumps(derivation_json(chosen, policy, unroll, rule, split), indent=1, ensure_ascii=False))
        return
    document = derivation(chosen, policy, unroll, rule, split)
    typer.echo(document.as_latex() if output == "latex" else document.as_text())


@app.command()
def align(
    game: GameName,
    policy: Annotated[Policy, typer.Option(help="Coordinates of the correction.")] = "direct",
    target: Annotated[str | None, typer.Option(metavar="PROFILE", help="One action per player: Stag,Stag.")] = None,
    direction: Annotated[
        str, typer.Option(metavar="to-target|VECTOR", help="A fixed direction instead: one number per player, 1,1/2.")
    ] = "to-target",
    output: Annotated[Format, typer.Option("--format", help="How to print it.")] = "text",
    settings: Settings = None,
) -> None:
    """Derive when the peer-learning correction points to the target, as exact inequalities in the payoffs.

    One-shot games with two actions each: at every policy. Repeated games, only symmetric ones with memory one and two
    actions: at AllD, AllC, TFT, Grim, WSLS.

    Example: basin-entry align stag-hunt --policy logit
    """
    chosen = _game(game, settings)
    result: OrderInclusion | AlongDirection | RepeatedAlignment
    if is_repeated(chosen):
        if target is not None or direction != "to-target":
            raise BadInput(
                "align: in repeated games the target is the cooperative set; leave --target and --direction."
            )
        result = repeated_alignment(chosen, policy)
    elif direction == "to-target":
        result = order_inclusion(chosen, policy, None if target is None else target.split(","))
    elif target is not None:
        raise BadInput("--direction: a vector replaces the target, so it does not go with --target.")
    else:
        result = align_along(chosen, [rational(entry, "--direction") for entry in direction.split(",")], policy)
    if output == "json":
        typer.echo(json.dumps(result.to_json(), indent=1, ensure_ascii=False))
    else:
        document = result.document()
        typer.echo(document.as_latex() if output == "latex" else document.as_text())


@app.command("certify")
def certify_command(
    game: GameName,
    out: Annotated[Path, typer.Option("-o", metavar="FILE", help="Where to write the certificate.")],
    target: Annotated[
        str | None, typer.Option(metavar="PROFILE", help="Stag,Stag; AllD, Grim, C:CDCD …; or cooperative-set.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help=f"{', '.join(KINDS)}; by default sign-box.")] = None,
    box: Annotated[
        list[str] | None,
        typer.Option(metavar="BOX", help="p1[CC]=37/40:39/40 or around:PROFILE:R, in probabilities; repeatable."),
    ] = None,
    large: Annotated[
        bool, typer.Option("--large", help="For sign-box: sides of different lengths, searched for volume.")
    ] = False,
    symmetric: Annotated[bool, typer.Option(help="For alignment: all players use one policy.")] = False,
    direction: Annotated[
        str, typer.Option(metavar="to-target|VECTOR", help="For alignment: one number per probability instead.")
    ] = "to-target",
    policy: Annotated[
        str, typer.Option(help="Dynamics: direct, replicator or logit, seen in probabilities.")
    ] = "direct",
    step: Annotated[
        str | None, typer.Option(metavar="H", help="Steps of this size instead of continuous time.")
    ] = None,
    tremble: Annotated[str, typer.Option(metavar="E", help="Probability of a slip.")] = "0",
    level: Annotated[
        str | None, typer.Option(metavar="C", help="For sublevel: squared radius; by default the largest.")
    ] = None,
    order: Annotated[
        int | None, typer.Option(help="For sublevel: exponent of the margin; 2 in direct gives an SOS ball.")
    ] = None,
    settings: Settings = None,
) -> None:
    """Prove that a region is one of attraction (or of alignment) and write a certificate; exit 1 if it is none.

    Example: basin-entry certify stag-hunt --target Stag,Stag --kind sublevel -o stag.json
    """
    dynamics = Dynamics(policy, None if step is None else rational(step, "--step"))  # type: ignore[arg-type]
    check_writable(out.parent)
    chosen = _game(game, settings)
    with _progress() as progress:
        shape = None
        if large:
            progress("searching for a large box", 0, 0)
            shape = searched_shape(chosen, target)
        progress("proving", 0, 0)
        certificate = certify(
            chosen,
            target,
            kind,
            box=box or (),
            symmetric=symmetric,
            direction=direction,
            dynamics=dynamics,
            tremble=tremble,
            level=level,
            order=order,
            shape=shape,
        )
        progress("checking", 0, 0)
        report = certificate.report
    write_whole(out, certificate.text)
    typer.echo(f"{certificate}.\n{out}: {report.outcome} by the checker: {report.reason}.")
    if certificate.verdict != "CERTIFIED" or report.outcome != "accepted":
        raise typer.Exit(1)


@app.command("check")
def check_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Certificates.")],
) -> None:
    """Check certificates again, from the game alone; exit 0 all accepted, 1 one rejected, 2 one unreadable.

    The checker needs nothing but Python: python3 theory/regions/check.py FILE… does the same.
    """
    status = check_files([str(file) for file in files])
    if status:
        raise typer.Exit(status)


@app.command("simulate")
def simulate_command(
    game: GameName,
    success: Annotated[
        str,
        typer.Option(
            help="initial-cooperation:X (each player's target action in the start state), mean-value:X, oracle (policy "
            "gradient from the end reaches the target), or region:FILE (the end lies in a certified region)."
        ),
    ],
    method: Annotated[list[str] | None, typer.Option(help=f"Repeatable: {' '.join(updates.REGISTRY)}.")] = None,
    gradient: Annotated[Gradient, typer.Option(help="Exact derivatives, or estimates from sampled play.")] = "exact",
    batch: Annotated[int, typer.Option(metavar="B", help="Sampled: trajectories in a batch.")] = 384,
    batches: Annotated[
        Batches, typer.Option(help="Sampled: one batch for all means, as published, or one for each.")
    ] = "shared",
    credit: Annotated[
        Credit, typer.Option(help="Sampled: whole returns, as published, or every reward with earlier actions alone.")
    ] = "trajectory",
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Sampled: subtract the average return of the other trajectories.")
    ] = False,
    form: Annotated[updates.Form, typer.Option(help="Corrections through the unroll, or all at φ₀.")] = "unrolled",
    split: Annotated[
        updates.Split, typer.Option(help="What counts as own and as peer learning for L > 1.")
    ] = "terminal",
    policy: Annotated[Policy, typer.Option(help="Coordinates of the policies.")] = "logit",
    unroll: Annotated[int, typer.Option(metavar="L", help="Number of inner steps.")] = 1,
    inner_lr: Annotated[str, typer.Option(metavar="A[,B…]", help="Inner step size, or one per player.")] = "0.1",
    own: Annotated[float, typer.Option(help="Coefficient of the own-learning correction.")] = 1.0,
    peer: Annotated[float, typer.Option(help="Coefficient of the peer-learning correction.")] = 1.0,
    lr: Annotated[float, typer.Option(help="Outer step size: lr/(n + offset)^power at step n = 0, 1, …")] = 0.1,
    lr_power: Annotated[float, typer.Option(help="Power of its decay.")] = 0.0,
    lr_offset: Annotated[float, typer.Option(help="Offset of its decay.")] = 1.0,
    clip: Annotated[str, typer.Option(metavar="none|B", help="Keep every parameter in [−B, B].")] = "none",
    steps: Annotated[int, typer.Option(help="Outer steps.")] = 1000,
    init: Annotated[
        str, typer.Option(help="normal:SD or uniform:LO:HI in parameters, grid:N:LO:HI in probabilities.")
    ] = "normal:1",
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="What a grid runs over: p1[CC] (after CC, own view) or p1; repeatable."),
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="PROFILE", help="Where a grid's other parameters stay: TFT, or C:CDCD;AllD.")
    ] = None,
    count: Annotated[int, typer.Option(help="Number of random starts.")] = 100,
    anneal: Annotated[
        str, typer.Option(help="none, or two-phase:STEPS:POWER:SCALE: after STEPS the coefficients decay.")
    ] = "none",
    seed: Annotated[int, typer.Option(help="Seed of the random starts.")] = 0,
    workers: Workers = None,
    cluster: Cluster = None,
    every: Annotated[int | None, typer.Option(metavar="K", help="With -o: keep paths, every K steps.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            metavar="DIR",
            help="Write simulation.npz and simulation.json here, and finished parts, from which a stopped run goes on.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")] = False,
    settings: Settings = None,
) -> None:
    """Run learning rules from common starts and count which reach success.

    Example: basin-entry simulate stag-hunt --success initial-cooperation:0.82 --method pg --method meta --count 1000
    """
    shared = _workers(workers, cluster)
    experiment = Experiment(
        game=_game(game, settings),
        success=success,
        methods=tuple(method or ("pg", "meta")),
        form=form,
        split=split,
        policy=policy,
        unroll=unroll,
        inner_lr=tuple(_number(entry, "--inner-lr") for entry in inner_lr.split(",")),
        own=own,
        peer=peer,
        lr=lr,
        lr_power=lr_power,
        lr_offset=lr_offset,
        clip=None if clip == "none" else _number(clip, "--clip"),
        steps=steps,
        init=init,
        count=count,
        seed=seed,
        anneal=anneal,
        vary=tuple(vary or ()),
        at=at,
        gradient=gradient,
        batch=batch,
        batches=batches,
        credit=credit,
        baseline=baseline,
    )
    if every is not None and (every < 1 or out is None):
        raise BadInput("--every: keep paths every K ≥ 1 steps, in the folder named by -o.")
    if out is not None:
        check_writable(out)
    with _progress() as progress:
        kept = None if out is None else out / "chunks"
        outcome = simulate(experiment, progress, every, kept, shared, cluster, keep=False)
    if out is not None:
        outcome.save(out)
    if as_json:
        typer.echo(json.dumps(outcome.to_json(), indent=1, ensure_ascii=False))
    else:
        _print(outcome.table())
        if outcome.paired:
            _print(outcome.differences())


def _number(text: str, option: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadInput(f"{option}: {text!r} is not a number.") from None


def _print(table: Table) -> None:
    shown = RichTable(*table.columns)
    for row in table.rows:
        shown.add_row(*map(escape, row))
    _wide_console().print(shown)


def _wide_console() -> Console:
    """A terminal keeps its width; a pipe or a log has none, and gets room for a table."""
    console = Console()
    return console if console.is_terminal else Console(width=140)


@app.command()
def verify(
    game: Annotated[
        str | None, typer.Argument(metavar="[GAME]", help="Check this game instead of the paper's claims.")
    ] = None,
    profile: Annotated[str, typer.Option(help=f"Sample sizes: {' or '.join(PROFILES)}.")] = "quick",
    claim: Annotated[list[str] | None, typer.Option(metavar="ID", help="Check only this claim; repeatable.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of all random starts.")] = 0,
    workers: Workers = None,
    cluster: Cluster = None,
    out: Annotated[Path, typer.Option(help="Folder for verdicts, ledger, evidence and figures.")] = Path("results"),
    settings: Settings = None,
) -> None:
    """Check every claim and print the ledger; exit 1 if a verdict differs from the profile's expectations.

    Example: basin-entry verify --claim C6 --claim C15
    """
    if profile not in PROFILES:
        raise BadInput(f"--profile: {profile!r} is not one of {', '.join(PROFILES)}.")
    if seed < 0:
        raise BadInput("--seed: the seed must be at least 0.")
    shared = _workers(workers, cluster)
    check_writable(out)
    asked = json.dumps([game, settings, profile, seed, sorted(claim or ())])
    unfinished = out / "unfinished" / sha256(asked.encode()).hexdigest()[:12]  # for this command alone
    if game is None and settings:
        raise BadInput("--set: it changes a named game, so name one: basin-entry verify GAME --set NAME=VALUE.")
    if game is not None:
        if cluster is not None:
            raise BadInput("--cluster: it shares out the paper's claims, so it does not go with a game.")
        chosen = _game(game, settings)
        with _progress() as progress:
            checked = verify_game(
                chosen,
                Run(profile, seed, progress, unfinished, shared),
                claim or (),
                lambda name: progress(f"checking {name}", 0, 0),
            )
        written = write_ledger(checked, out)
        _finish(unfinished)
        _print_ledger(checked)
        typer.echo(f"{len(written)} files in {out} (start with {out / 'ledger.md'}).")
        return
    with _progress() as progress:
        ledger = run_checks(
            Run(profile, seed, progress, unfinished, shared),
            claim or (),
            lambda name: progress(f"checking {name}", 0, 0),
            shared,
            cluster,
        )
    written = write_ledger(ledger, out)
    _finish(unfinished)
    written += write_tables(out)
    if not claim:
        from numerics.paper_figures import paper_figures  # see figures()

        written += paper_figures(out, shared)
        written += write_paper(out)
        from numerics.report.page import write_report  # see report()

        written.append(write_report(out))
    _print_ledger(ledger)
    typer.echo(f"{len(written)} files in {out} (start with {out / 'ledger.md'}).")
    surprises = unexpected(ledger, profile) if seed == 0 else []
    for line in surprises:
        typer.echo(f"unexpected verdict: {line}", err=True)
    if surprises:
        raise typer.Exit(1)


def _finish(folder: Path) -> None:
    """Remove a run's finished parts, once its ledger is written, and the folder above if nothing else is in it."""
    rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()


@app.command()
def tables(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that verify filled.")],
) -> None:
    """Write the paper's tables, formulas, macros and sample document from a folder that verify filled.

    For a game of one's own: its tables, macros and a document of them, without the paper's formulas and appendix.

    Example: basin-entry verify --out results, then basin-entry tables results
    """
    _report(write_tables(folder) + write_paper(folder), folder)


@app.command()
def figures(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to draw them.")],
) -> None:
    """Draw the paper's figures (PDF and PNG).

    Example: basin-entry figures results
    """
    from numerics.paper_figures import paper_figures  # matplotlib takes half a second that no other verb needs

    check_writable(folder)
    if (folder / "verdicts.json").is_file() and (game := checked_game(folder)) is not None:
        raise BadInput(
            f"figures: {folder} holds the ledger of the game {game}, and these figures are of the paper's games; name "
            "another folder (notebook 08_your_own_game draws one's own game)."
        )
    _report(paper_figures(folder, available()), folder)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that verify filled.")],
) -> None:
    """Write report.html: ledger, Stag Hunt explorer, tables, figures, formulas, on one page that fetches nothing.

    For a game of one's own: ledger, tables and provenance.

    Example: basin-entry verify --out results, then basin-entry report results
    """
    from numerics.report.page import write_report  # deriving the formulas takes seconds that no other verb needs

    _report([write_report(folder)], folder)


def _report(written: list[Path], folder: Path) -> None:
    typer.echo(f"{len(written)} files in {folder}: {', '.join(str(path.relative_to(folder)) for path in written)}.")


def _print_ledger(ledger: Ledger) -> None:
    table = RichTable("claim", "verdict", "statement and what was found", show_lines=True)
    colours = {"PROVED": "green", "CERTIFIED": "green", "SUPPORTED": "cyan", "REFUTED": "red", "UNDECIDED": "yellow"}
    colours[NOT_APPLICABLE] = "dim"
    counted: Counter[str] = Counter()
    for entry in ledger.entries:
        if entry.finding == NOT_RUN:  # left out by --claim
            continue
        verdict, reason = as_read(entry.finding.verdict, entry.finding.reason)
        found = [reason, *(f"• {evidence.summary}" for evidence in entry.finding.evidence)]
        told = [f"[italic]{escape(entry.claim.statement)}[/]", *map(escape, found)]
        table.add_row(entry.claim.id, f"[{colours[verdict]}]{verdict}[/]", "\n".join(told))
        counted[verdict] += 1
    _wide_console().print(table)
    sums = ", ".join(f"{counted[verdict]} {verdict}" for verdict in colours if counted[verdict])
    typer.echo(f"{counted.total()} verdicts: {sums}.")


@contextmanager
def _progress() -> Iterator[simulation.Progress]:
    """Progress on standard error: a bar where a person watches, a line per task elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        seen: set[str] = set()

        def note(label: str, done: int, total: int) -> None:
            if label not in seen:
                seen.add(label)
                console.print(f"{label} …", highlight=False)

        yield note
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task("starting", total=None)
        yield lambda label, done, total: bars.update(task, description=label, completed=done, total=total or None)


def main() -> None:
    """Entry point of ``basin-entry``."""
    if sys.stdout is None:
        sys.exit(_refuse("the output cannot be written: standard output is closed."))
    number = signal.SIGINT

    def end(ending: int, _: object) -> None:
        nonlocal number
        number = signal.Signals(ending)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)  # how schedulers end a job
    try:
        status = _status()
    except KeyboardInterrupt:
        status = INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)
    if status == INTERRUPTED:
        _refuse("interrupted; finished parts are kept where -o or --out says, and the same command goes on from there.")
        status = 128 + number
    sys.exit(status)


def _status() -> int:
    """Exit status of the command that was given."""
    sys.set_int_max_str_digits(100_000)  # exact results may be long
    if isinstance(sys.stdout, io.TextIOWrapper):  # a file's name may have what the terminal has not
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = app(sys.argv[1:] or ["--help"], standalone_mode=False)
        sys.stdout.flush()
    except Undecided as error:
        return _refuse(f"undecided: {error}.")
    except (BadInput, StorageError) as error:
        return _refuse(str(error))
    except MemoryError:
        return _refuse("there is not enough memory for this.")
    except typer.TyperException as error:
        return _refuse(error.format_message())
    except BrokenExecutor:
        return _refuse("a worker process was killed, as when memory runs out; the same command goes on from there.")
    except (OSError, SystemExit) as error:  # Typer and Rich exit where nobody reads the output
        sys.stdout = io.StringIO()  # what is left of the output would be tried once more at the end
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else os.strerror(errno.EPIPE)
        return _refuse(f"the output cannot be written: {reason}.")
    return status if isinstance(status, int) else 0


def _refuse(sentence: str) -> int:
    try:
        line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in " ".join(sentence.split()))
        if len(line) > LONGEST_LINE:  # what was given is quoted, whatever its length
            line = f"{line[: LONGEST_LINE // 2]} … {line[-LONGEST_LINE // 2 :]}"
        print(f"basin-entry: {line}", file=sys.stderr, flush=True)
    except OSError:  # nobody reads it
        sys.stderr = io.StringIO()
    return 2
