"""The columns of Secrets, ConfigMaps and ServiceAccounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.demo.api.columns.cells import AGE, NAME, Column, Printer, age_of, name_of, part

if TYPE_CHECKING:
    from datetime import datetime

    from app.demo.api.kinds import Json


def print_secret(secret: Json, now: datetime) -> list[Any]:
    """The cells of a Secret: how many keys, never what is in them."""
    count = len(part(secret, "data"))
    return [name_of(secret), secret.get("type") or "", count, age_of(secret, now)]


def print_config_map(config_map: Json, now: datetime) -> list[Any]:
    """The cells of a ConfigMap."""
    count = len(part(config_map, "data")) + len(part(config_map, "binaryData"))
    return [name_of(config_map), count, age_of(config_map, now)]


def print_service_account(account: Json, now: datetime) -> list[Any]:
    """The cells of a ServiceAccount."""
    return [name_of(account), age_of(account, now)]


DATA = Column("Data", "How many keys there are.")
SECRETS = Printer((NAME, Column("Type", "What the Secret is for."), DATA, AGE), print_secret)
CONFIGMAPS = Printer((NAME, DATA, AGE), print_config_map)
SERVICE_ACCOUNTS = Printer((NAME, AGE), print_service_account)
