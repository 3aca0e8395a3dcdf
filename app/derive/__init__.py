"""Values computed from other topics, and from what the reflectors report.

Law: nothing here asks the cluster; what is computed is a function of what is known and of time.
"""
