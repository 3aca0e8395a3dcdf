"""The parameters that several routes share, each as `app.web.parameters` reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.model import PAGE_SIZE_LIMIT
from app.web.openapi.about import Parameter
from app.web.openapi.stream import ID, TOPIC
from app.web.parameters import DEFAULT_PAGE_SIZE, LONGEST_QUERY, MOST_EVENTS, MOST_PAGES

if TYPE_CHECKING:
    from app.web.listings import Listing

NAMESPACE = Parameter(
    "namespace",
    "Namespaces; left out, all that are watched.",
    {"type": "string"},
    many=True,
)
"""Where the namespaces are listed by name, the document lists them."""

PAGE = Parameter(
    "page",
    "Which page, from 1.",
    {"type": "integer", "minimum": 1, "maximum": MOST_PAGES, "default": 1},
)
PAGE_SIZE = Parameter(
    "pageSize",
    "Values of one page.",
    {
        "type": "integer",
        "minimum": 1,
        "maximum": PAGE_SIZE_LIMIT,
        "default": DEFAULT_PAGE_SIZE,
    },
)
MATCH = Parameter(
    "If-None-Match",
    "The ETag of an answer that is still there: 304 when it is good.",
    {"type": "string"},
    where="header",
)
OBJECT = (
    Parameter("namespace", "The object's namespace.", {"type": "string"}, where="path"),
    Parameter("name", "The object's name.", {"type": "string"}, where="path"),
)
STREAM = (
    Parameter("topics", "Topics; left out, all that the audience may read.", TOPIC, many=True),
    NAMESPACE,
    Parameter(
        "since",
        "The id of the last event that the reader has. One that cannot be honoured, or is none, "
        "means a snapshot.",
        {"type": "string", "examples": ID["examples"]},
    ),
    Parameter(
        "maxEvents",
        "End the stream in good order after so many events of any kind.",
        {"type": "integer", "minimum": 1, "maximum": MOST_EVENTS},
    ),
    Parameter(
        "Last-Event-ID",
        "As `since`, which it wins over: a browser sends it when it comes back.",
        {"type": "string"},
        where="header",
    ),
)


def of_listing(listing: Listing) -> tuple[Parameter, ...]:
    """What a page of a topic can be asked with."""
    orders = [order.name for order in listing.orders]
    usual = f"-{orders[0]}" if listing.first_downwards else orders[0]
    return (
        NAMESPACE,
        *(
            Parameter(
                each.name,
                each.about,
                {"type": "string"} | ({"enum": list(each.words)} if each.words else {}),
                many=True,
                usual=each.default,
            )
            for each in listing.filters
        ),
        Parameter(
            "q",
            f"A part of {listing.text_is}, in any case.",
            {"type": "string", "maxLength": LONGEST_QUERY},
        ),
        Parameter(
            "sort",
            "The order; with `-` before it the greatest come first. What has no place in it comes "
            "last, equal ones in the order of their keys.",
            {
                "type": "string",
                "enum": [*orders, *(f"-{order}" for order in orders)],
                "default": usual,
            },
        ),
        PAGE,
        PAGE_SIZE,
        MATCH,
    )
