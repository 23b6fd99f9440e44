"""Values that flow through mendlite: frozen, slotted, keyword-only; arrays read-only."""
