"""GraphQL and event APIs on AppSync: known callers, parsed schema, exact grants, resolvers that do not leak."""
