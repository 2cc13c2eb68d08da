"""Command line: ``python -m sgdtheory verify | list | cite ID | ledger | diff OLD [NEW]``."""

import argparse
import gc
import os
import sys
from pathlib import Path

# Read as sympy is imported.  Its own thousand entries are soon pushed out by one another.
os.environ.setdefault("SYMPY_CACHE_SIZE", "50000")

from sgdtheory.theory import catalog  # noqa: E402
from sgdtheory.theory.statement import Report  # noqa: E402


def _verify(args) -> int:
    from sgdtheory.checks import verify

    try:
        statements = catalog.select(args.ids or None)
    except ValueError as error:
        return _refuse(error)
    print(f"{'':7} {'ID':9} {'status':12} {'steps':>7} {'mutants':>9} {'numbers':>8} "
          f"{'max pull':>9} {'seconds':>8}")  # fmt: skip
    reports: list[Report] = []

    def show(report: Report) -> None:
        reports.append(report)
        print(f"{len(reports):3}/{len(statements):<3} {_row(report)}", flush=True)
        for problem in report.problems:
            print(f"        {report.id}: {problem}", flush=True)

    verify(args.ids or None, cached=not args.fresh, progress=show)
    failed = [report.id for report in reports if not report.ok]
    if failed:
        print(f"{len(failed)} of {len(reports)} statements not as claimed: {', '.join(failed)}")
        return 1
    print(f"{len(reports)} statements, all as claimed.")
    return 0


def _row(report: Report) -> str:
    """One line of the table: what was found, and whether it is as claimed."""
    numbers = report.numbers or ()
    sampled = [abs(c.pull) for c in numbers if c.sampled]
    pull = f"{max(sampled):.1f} s.e." if sampled else ("exact" if numbers else "-")
    return (
        f"{report.id:9} {report.status:12} {len(report.steps):7} "
        f"{report.rejected:4}/{len(report.mutants):<4} {len(numbers):8} {pull:>9} "
        f"{report.seconds:8.1f}  {'ok' if report.ok else 'NOT AS CLAIMED'}"
    )


def _list(args) -> int:
    for statement in catalog.all():
        print(f"{statement.id:9} {statement.kind:12} {statement.status:12} {statement.title}")
    return 0


def _cite(args) -> int:
    try:
        print(catalog.cite(args.id, args.style))
    except ValueError as error:
        return _refuse(error)
    return 0


def _ledger(args) -> int:
    from sgdtheory.theory import ledger

    book = ledger.ledger()
    if args.verified:
        from sgdtheory.checks import verify

        for report in verify():
            book["statements"][report.id]["verified"] = {
                "ok": report.ok,
                "steps": len(report.steps),
                "mutants": [report.rejected, len(report.mutants)],
                "numbers": len(report.numbers or ()),
            }
    if args.save is None:
        print(ledger.dumps(book).decode(), end="")
        return 0
    from sgdtheory._files import write_atomic

    write_atomic(args.save, ledger.dumps(book, compressed=args.save.suffix == ".gz"))
    print(f"{args.save}: {len(book['statements'])} statements of version {book['version']}")
    return 0


def _diff(args) -> int:
    from sgdtheory.theory import ledger

    try:
        found = ledger.difference(
            ledger.load(args.old), ledger.load(args.new), (args.old, args.new)
        )
    except ValueError as error:
        return _refuse(error)
    print(found.markdown() if args.markdown else found.text())
    if not found.lawful:
        lost = ", ".join(name for name, _ in found.removed)
        print(f"error: IDs and aliases are for good, and these are gone: {lost}; "
              "put them back", file=sys.stderr)  # fmt: skip
    return 0 if found.lawful else 1


def _refuse(error: Exception) -> int:
    print(f"error: {error}", file=sys.stderr)
    return 2


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code is 0 when everything is as claimed."""
    parser = argparse.ArgumentParser(prog="python -m sgdtheory", description=__doc__)
    commands = parser.add_subparsers(required=True)
    verify = commands.add_parser("verify", help="check statements by symbols and by numbers")
    verify.add_argument("ids", nargs="*", metavar="ID", help="all statements if none is given")
    verify.add_argument("--fresh", action="store_true", help="ignore cached reports")
    verify.set_defaults(run=_verify)
    commands.add_parser("list", help="every statement, a line each").set_defaults(run=_list)
    cite = commands.add_parser("cite", help="a citation of one statement")
    cite.add_argument("id", metavar="ID")
    cite.add_argument("--style", default="bibtex", choices=("bibtex", "latex", "markdown"))
    cite.set_defaults(run=_cite)
    ledger = commands.add_parser("ledger", help="every claim and verdict, as JSON")
    ledger.add_argument(
        "--save", type=Path, metavar="FILE", help="into a file (.gz: compressed)"
    )
    ledger.add_argument("--verified", action="store_true", help="with what verification finds")
    ledger.set_defaults(run=_ledger)
    diff = commands.add_parser("diff", help="what changed between two ledgers")
    diff.add_argument("old", metavar="OLD", help="a version, or a file of `ledger --save`")
    diff.add_argument(
        "new", metavar="NEW", nargs="?", default="now", help="the same; now by default"
    )
    diff.add_argument("--markdown", action="store_true", help="for the changelog")
    diff.set_defaults(run=_diff)
    args = parser.parse_args(argv)
    return args.run(args)


if __name__ == "__main__":
    gc.set_threshold(50_000)  # algebra makes many small objects, few of them in circles
    sys.exit(main())
