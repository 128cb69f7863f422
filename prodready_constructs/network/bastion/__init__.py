"""The bastion: how a person reaches what is private, without a door that others could try."""
