"""One publisher, a thousand readers: what a delivery costs here and elsewhere.

Every contender is a server of its own on one core; the readers and the publisher share the other.
All get the same 300 bytes by the same POST. The contenders take turns within each round, so that
whatever the machine does meets all of them, and medians over the rounds are compared.
"""
