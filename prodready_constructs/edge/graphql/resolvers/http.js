// One value in a path: text that cannot climb to another path.
function segment(values, name) {
  const value = part(null, values, name)
  if (value === '.' || value === '..') {
    util.error(`${name} is not a name`, 'BadRequest')
  }
  return util.urlEncode(`${value}`)
}

function pathOf(args) {
  const made = []
  for (const piece of SETTINGS.path.split('/')) {
    made.push(piece.startsWith('{') ? segment(args, piece.slice(1, piece.length - 1)) : piece)
  }
  return made.join('/')
}

// The service behind judges the caller by the caller's own token.
function headersOf(ctx) {
  const headers = { accept: 'application/json' }
  if (SETTINGS.forwardsCaller) {
    const token = ctx.request.headers.authorization
    if (!token) {
      util.unauthorized()
    }
    headers.authorization = token
  }
  return headers
}

function answer(ctx) {
  if (ctx.error) {
    fail(ctx.error)
  }
  const status = ctx.result.statusCode
  if (status === 204) {
    return null
  }
  if (status >= 200 && status < 300) {
    return JSON.parse(ctx.result.body)
  }
  if (status === 401 || status === 403) {
    util.unauthorized()
  }
  if (status === 404) {
    return null
  }
  if (status === 409 || status === 412) {
    util.error('It was changed by somebody else', 'Conflict')
  }
  if (status === 400 || status === 422) {
    util.error('The request was not accepted', 'BadRequest')
  }
  fail({ type: `Http:${status}` })
}
