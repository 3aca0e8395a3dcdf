"""The API in its own words: OpenAPI 3.2 out of the route table and the models, nothing by hand.

Law: what is described is what is served. A route has its description in the table, a parameter in
the data that reads it, a field under the model; tests ask the served API for all of it.
"""

from __future__ import annotations

from app.web.openapi.document import describe

__all__ = ["describe"]
