// Away with an item, when it is still the one the caller has seen.
export function request(ctx) {
  const seen = seenVersion(ctx.args[SETTINGS.versionArgument])
  return {
    operation: 'DeleteItem',
    key: util.dynamodb.toMapValues(keyOf(ctx, ctx.args)),
    condition: {
      expression: '#version = :seen',
      expressionNames: { '#version': 'version' },
      expressionValues: util.dynamodb.toMapValues({ ':seen': seen }),
    },
  }
}

export function response(ctx) {
  if (ctx.error) {
    fail(ctx.error)
  }
  return ctx.result
}
