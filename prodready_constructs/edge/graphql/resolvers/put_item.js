// A new item, or the next version of one: never over somebody else's change.
export function request(ctx) {
  const input = ctx.args[SETTINGS.inputArgument]
  if (!input || typeof input !== 'object' || Array.isArray(input)) {
    util.error(`${SETTINGS.inputArgument} is missing`, 'BadRequest')
  }
  const key = keyOf(ctx, input)
  const item = {}
  for (const entry of Object.entries(input)) {
    if (!Object.hasOwn(key, entry[0]) && !SETTINGS.ours.includes(entry[0])) {
      item[entry[0]] = entry[1]
    }
  }
  const seen = SETTINGS.versionArgument ? (ctx.args[SETTINGS.versionArgument] ?? null) : null
  const isNew = seen === null
  item.version = isNew ? 1 : seenVersion(seen) + 1
  item.updatedAt = util.time.nowISO8601()
  const condition = isNew
    ? { expression: 'attribute_not_exists(#key)', expressionNames: { '#key': Object.keys(key)[0] } }
    : {
        expression: '#version = :seen',
        expressionNames: { '#version': 'version' },
        expressionValues: util.dynamodb.toMapValues({ ':seen': seen }),
      }
  return {
    operation: 'PutItem',
    key: util.dynamodb.toMapValues(key),
    attributeValues: util.dynamodb.toMapValues(item),
    condition: condition,
  }
}

export function response(ctx) {
  if (ctx.error) {
    fail(ctx.error)
  }
  return ctx.result
}
