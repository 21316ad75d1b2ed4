"""The intermediate representation: what the operations of one target mean, free of any syntax tree."""
