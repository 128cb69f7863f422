// POST, passed on with the input as JSON.
export function request(ctx) {
  const input = ctx.args[SETTINGS.inputArgument]
  if (!input || typeof input !== 'object') {
    util.error(`${SETTINGS.inputArgument} is missing`, 'BadRequest')
  }
  const headers = headersOf(ctx)
  headers['content-type'] = 'application/json'
  return { method: 'POST', resourcePath: pathOf(ctx.args), params: { headers: headers, body: JSON.stringify(input) } }
}

export function response(ctx) {
  return answer(ctx)
}
