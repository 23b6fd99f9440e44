"""The command line, called in this process."""

from mendlite.cli import main


def run_main(monkeypatch, capsys, *arguments):
    """(exit code, standard output, standard error) of ``mendlite`` with these arguments."""
    monkeypatch.setattr("sys.argv", ["mendlite", *map(str, arguments)])
    code = 0
    try:
        main()
    except SystemExit as stop:
        code = stop.code or 0
    output = capsys.readouterr()
    return code, output.out, output.err
