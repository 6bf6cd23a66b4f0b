"""Deliveries: bring a CRM system up to the export tables, changed records only, however often a run is killed (docs/crm.md).

``config`` says where to, ``plan`` what has changed, ``ledger`` what a destination has acknowledged, ``deliver`` sends, and each module
of ``destinations`` speaks to one kind of system.
"""
