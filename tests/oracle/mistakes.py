"""Schedules that nobody should write: most are refused, and all have to be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.schedules import DESCRIPTORS

if TYPE_CHECKING:
    from tests.oracle.schedules import Generator

PLAIN = "0123456789*/-,?+LW#@. \t\"'\\TZ=abc"
FOREIGN = "\u00a0\u2003\x1c\x7f\u00fc\u017f\u0130\u212a\u20ac\u200b\U0001f550"
LETTERS = PLAIN + FOREIGN
UNITS = ("h", "m", "s", "ms", "us", "\u00b5s", "\u03bcs", "ns", "d", "H", "", " ", "\u00fc", "h ")
UNKNOWN = ("Nowhere/Land", "berlin", "europe/berlin", "CET+1", "..", "../etc/passwd", "/etc/passwd")
ODD_ZONES = (*UNKNOWN, "\\Berlin", "Atlantis/\u00dcber", "", "UTC", "Local", "Z" * 100, '"')
PLACES = (
    *("{} * * * *", "* * * * {}", "{}", "@every {}h", "@every 0.{}h"),
    *("TZ={} 1 1 * * *", "TZ=UTC {}"),
)


def mistaken(generator: Generator) -> str:
    """One of many kinds of doubtful schedules."""
    kinds = (damaged, damaged, numbered, every, every, descriptor, zoned, counted, long)
    return generator.random.choice(kinds)(generator)


def damaged(generator: Generator) -> str:
    """A good one in which a few letters were exchanged, dropped or put in."""
    random = generator.random
    text = list(generator.schedule())
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(text))
        text[at : at + random.randint(0, 1)] = random.choice((random.choice(LETTERS), "", " "))
        text = text or ["*"]
    return "".join(text)


def numbered(generator: Generator) -> str:
    """A good one with a field outside its bounds, or of too many digits."""
    random = generator.random
    fields = generator.schedule().split()
    number = str(random.choice((0, 7, 13, 24, 32, 59, 60, 100, 2**63 - 1, 2**63, 10**25)))
    odd = random.choice(
        ("{}", "{}-{}", "*/{}", "1-{}", "{}-1", "1/{}", "-{}", "0{}", "{}/0", "*{}")
    )
    fields[random.randrange(5)] = odd.replace("{}", number)
    return " ".join(fields)


def every(generator: Generator) -> str:
    """A fixed delay in Go's notation, more or less."""
    random = generator.random
    if random.random() < 0.5:
        count, unit = random.randint(1, 200), random.choice("hms")
        return f"@every {count}{unit}"
    parts = []
    for _ in range(random.randint(1, 3)):
        whole = random.choice(
            ("", "0", "1", "007", "90", str(2**63 // 10**9), str(2**63), "9" * 30)
        )
        fraction = random.choice(
            ("", "", ".", ".5", ".999999999999", ".0" + "9" * 25, ".3333333333")
        )
        parts.append(
            whole + fraction + random.choice(UNITS[:8] if random.random() < 0.8 else UNITS)
        )
    sign = random.choice(("", "", "", "-", "+", "--"))
    return (
        random.choice(("@every ", "@every ", "@every ", "@every", "@Every "))
        + sign
        + "".join(parts)
    )


def descriptor(generator: Generator) -> str:
    """One with a name, or nearly so."""
    random = generator.random
    name = random.choice((*DESCRIPTORS, *DESCRIPTORS, "@reboot", "@never", "@"))
    return random.choice(("{}", "{}", "{}", " {}", "{} ", "{} *")).format(
        random.choice((name, name, name, name.upper()))
    )


def zoned(generator: Generator) -> str:
    """With a zone before it."""
    random = generator.random
    zone = generator.zone() if random.random() < 0.7 else random.choice(ODD_ZONES)
    rest = random.choice(
        (generator.schedule, lambda: every(generator), lambda: descriptor(generator))
    )
    space = random.choice((" ", " ", " ", "  ", "\t", " \u2003", ""))
    return random.choice(("TZ=", "TZ=", "CRON_TZ=", "tz=", "TZ ")) + zone + space + rest()


def counted(generator: Generator) -> str:
    """Not five fields, or five between odd spaces, or lists of nothing."""
    random = generator.random
    fields = generator.schedule().split()
    if random.random() < 0.5:
        fields = (fields * 2)[: random.choice((0, 1, 3, 4, 6, 7))]
    elif random.random() < 0.2:
        fields[random.randrange(5)] = random.choice((",", ",,", "1,,2", ",1"))
    return random.choice((" ", "  ", "\t", "\n", "\u3000")).join(fields)


def long(generator: Generator) -> str:
    """Up to ten thousand letters, of one kind or the other."""
    random = generator.random
    text = random.choice(("1,2,", "*", "9", "0", "*/2,", " ", "@", "-", "\u00fc", "1 2 "))
    place = random.choice(PLACES)
    # A longer zone is too long a name for a file, which the system says in its own words.
    size = 200 if place.startswith("TZ={}") else random.choice((50, 500, 500, 10_000))
    return place.replace("{}", text * (size // len(text.encode())))
