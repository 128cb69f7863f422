// The items of one key, a page at a time.
export function request(ctx) {
  const limit = ctx.args.limit ?? SETTINGS.pageSize
  if (typeof limit !== 'number' || limit < 1 || limit > SETTINGS.largestPage || Math.floor(limit) !== limit) {
    util.error(`limit must be a whole number from 1 to ${SETTINGS.largestPage}`, 'BadRequest')
  }
  const names = {}
  const values = {}
  const parts = []
  for (const entry of Object.entries(keyOf(ctx, ctx.args))) {
    const place = parts.length
    names[`#k${place}`] = entry[0]
    values[`:k${place}`] = entry[1]
    parts.push(`#k${place} = :k${place}`)
  }
  const query = { operation: 'Query', limit: limit, nextToken: ctx.args.nextToken ?? null, scanIndexForward: !SETTINGS.newestFirst }
  query.query = {
    expression: parts.join(' AND '),
    expressionNames: names,
    expressionValues: util.dynamodb.toMapValues(values),
  }
  if (SETTINGS.index) {
    query.index = SETTINGS.index
  }
  return query
}

export function response(ctx) {
  if (ctx.error) {
    fail(ctx.error)
  }
  return { items: ctx.result.items, nextToken: ctx.result.nextToken }
}
