// One item by its key.
export function request(ctx) {
  return { operation: 'GetItem', key: util.dynamodb.toMapValues(keyOf(ctx, ctx.args)), consistentRead: SETTINGS.consistent }
}

export function response(ctx) {
  if (ctx.error) {
    fail(ctx.error)
  }
  return ctx.result
}
