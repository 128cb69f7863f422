// GET, passed on.
export function request(ctx) {
  const query = {}
  for (const name of SETTINGS.query) {
    const value = ctx.args[name] ?? null
    if (value !== null) {
      query[name] = `${value}`
    }
  }
  return { method: 'GET', resourcePath: pathOf(ctx.args), params: { headers: headersOf(ctx), query: query } }
}

export function response(ctx) {
  return answer(ctx)
}
