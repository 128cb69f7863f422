import { util } from '@aws-appsync/utils'

// The longest text a key may be: DynamoDB takes 1,024 bytes in a sort key.
const LONGEST_KEY = 1024

// What a caller hears of a failure is its kind. What the data source said goes no further than the name of its error in the log.
function fail(error) {
  const type = error.type ?? 'Unknown'
  console.error(`data source failed: ${type}`)
  if (type.includes('ConditionalCheckFailed')) {
    util.error('The item is there already, or was changed by somebody else', 'Conflict')
  }
  util.error('The request could not be served', 'InternalFailure')
}

// The caller as the identity provider knows them; callers by key or by IAM signature have no such name.
function caller(ctx) {
  const subject = ctx.identity ? ctx.identity.sub : null
  if (!subject) {
    util.unauthorized()
  }
  return subject
}

// One value of a key: from an argument, or the caller.
function part(ctx, values, from) {
  if (from === '$caller') {
    return caller(ctx)
  }
  const value = values[from]
  if (typeof value === 'number') {
    return value
  }
  if (typeof value !== 'string' || value.trim() === '' || value.length > LONGEST_KEY) {
    util.error(`${from} is missing, empty or too long`, 'BadRequest')
  }
  return value
}

// The whole key: attribute -> value.
function keyOf(ctx, values) {
  const key = {}
  for (const entry of Object.entries(SETTINGS.key)) {
    key[entry[0]] = part(ctx, values, entry[1])
  }
  return key
}

// The version that the caller has seen: a whole number from 1 up.
function seenVersion(value) {
  if (typeof value !== 'number' || value < 1 || Math.floor(value) !== value) {
    util.error(`${SETTINGS.versionArgument} must be a whole number from 1 up`, 'BadRequest')
  }
  return value
}
