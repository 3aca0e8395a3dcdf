"""How names, labels and keys may be written, and what the API server says of others."""

from __future__ import annotations

import re

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
NAME_PART = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")

LONGEST_LABEL = 63
LONGEST_SUBDOMAIN = 253

LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
QUALIFIED_TEXT = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
LABEL_VALUE_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
CONFIG_KEY_TEXT = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
    "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)


def config_key_fault(text: str) -> str | None:
    """What is wrong with the key of a Secret or ConfigMap, None if nothing is."""
    if len(text) > LONGEST_SUBDOMAIN:
        return f"must be no more than {LONGEST_SUBDOMAIN} bytes"
    if not CONFIG_KEY.fullmatch(text):
        return CONFIG_KEY_TEXT
    if text in (".", ".."):
        return f"must not be '{text}'"
    return "must not start with '..'" if text.startswith("..") else None


def is_dns_label(text: str) -> bool:
    """A name without dots, of at most 63 characters."""
    return len(text) <= LONGEST_LABEL and DNS_LABEL.fullmatch(text) is not None


def is_subdomain(text: str) -> bool:
    """Names with dots between them."""
    return SUBDOMAIN.fullmatch(text) is not None


def is_qualified(text: str) -> bool:
    """A label's or annotation's key: `name`, or `example.com/name`."""
    prefix, slash, name = text.rpartition("/")
    if slash and not (is_subdomain(prefix) and len(prefix) <= LONGEST_SUBDOMAIN):
        return False
    return len(name) <= LONGEST_LABEL and NAME_PART.fullmatch(name) is not None


def is_label_value(text: str) -> bool:
    """A label's value, which may be empty."""
    return len(text) <= LONGEST_LABEL and LABEL_VALUE.fullmatch(text) is not None
