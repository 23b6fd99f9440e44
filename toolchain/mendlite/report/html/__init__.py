"""``report.html``: one page without scripts and network; one small file per plot and section."""
